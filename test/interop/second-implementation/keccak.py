"""Ethereum's keccak256: Keccak of FIPS 202 with the padding it had before the standard, which hashlib does not have."""

MASK = (1 << 64) - 1
RATE_BYTES = 136


def _round_constants():
    constants, state = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if state & 1:
                constant |= 1 << ((1 << j) - 1)
            state = (state << 1) ^ (0x171 if state & 0x80 else 0)
        constants.append(constant)
    return constants


def _moves():
    """Rho and pi as one walk: (index written to, rotation) in order, from lane (1, 0)."""
    moves, x, y = [], 1, 0
    for t in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        moves.append((x + 5 * y, (t + 1) * (t + 2) // 2 % 64))
    return moves


ROUND_CONSTANTS = _round_constants()
MOVES = _moves()


def _permute(a):
    for constant in ROUND_CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        for x in range(5):
            right = c[(x + 1) % 5]
            d = c[x - 1] ^ ((right << 1 | right >> 63) & MASK)
            for y in range(0, 25, 5):
                a[x + y] ^= d
        moved = a[1]
        for index, turn in MOVES:
            a[index], moved = (moved << turn | moved >> (64 - turn)) & MASK, a[index]
        for y in range(0, 25, 5):
            row = a[y : y + 5]
            for x in range(5):
                a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
        a[0] ^= constant


def keccak256(data):
    """The 32-byte hash of bytes."""
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % RATE_BYTES)
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), RATE_BYTES):
        for i in range(RATE_BYTES // 8):
            state[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])
