"""Encrypted updates of docs/protocol/encrypted.md: the sum of ciphertexts, and what a secret key opens it to. No library of lattices."""

N, Q, T = 4096, 2**48 - 16383, 2**30
COEFFICIENT_BYTES, BLOCK_BYTES = 6, 2 * 4096 * 6


def cipher_bytes(parameter_count):
    """Length of an update of so many parameters."""
    return -(-parameter_count // N) * BLOCK_BYTES


def coefficients(data):
    """The numbers of 6 bytes each; each must be below q."""
    numbers = [int.from_bytes(data[i : i + COEFFICIENT_BYTES], "little") for i in range(0, len(data), COEFFICIENT_BYTES)]
    assert len(data) % BLOCK_BYTES == 0 and all(number < Q for number in numbers)
    return numbers


def cipher_sum(ciphers):
    """The bytes of the sum, coefficient by coefficient modulo q."""
    total = [sum(numbers) % Q for numbers in zip(*map(coefficients, ciphers), strict=True)]
    return b"".join(number.to_bytes(COEFFICIENT_BYTES, "little") for number in total)


def secret(key):
    """The coefficients of a secret key: 0, 1, or 2 for -1; no 3."""
    bits = [byte >> shift & 3 for byte in key for shift in (0, 2, 4, 6)]
    assert len(bits) == N and 3 not in bits
    return [-1 if b == 2 else b for b in bits]


def times(polynomial, zeros_and_ones):
    """The product modulo x^N + 1 over the integers, by one multiplication of large numbers: 8 bytes a coefficient hold N·q."""
    packed = [sum_of(values, 8) for values in (polynomial, zeros_and_ones)]
    product = (packed[0] * packed[1]).to_bytes(16 * N, "little")
    numbers = [int.from_bytes(product[i : i + 8], "little") for i in range(0, 16 * N, 8)]
    return [numbers[i] - numbers[N + i] for i in range(N)]


def sum_of(values, size):
    return int.from_bytes(b"".join(value.to_bytes(size, "little") for value in values), "little")


def opened(key, cipher):
    """The lanes of all blocks, padding included."""
    s, lanes = secret(key), []
    plus, minus = [int(c == 1) for c in s], [int(c == -1) for c in s]
    for at in range(0, len(cipher), BLOCK_BYTES):
        numbers = coefficients(cipher[at : at + BLOCK_BYTES])
        c0, c1 = numbers[:N], numbers[N:]
        for a, b, c in zip(c0, times(c1, plus), times(c1, minus), strict=True):
            phase = (a + b - c) % Q
            lane = (2 * T * phase + Q) // (2 * Q) % T
            lanes.append(lane - T if lane >= T // 2 else lane)
    return lanes
