"""Section 6 of docs/protocol.md: who is drawn for a round."""

from functools import lru_cache

from keccak import keccak256


def drawn_count(rules, enrolled):
    share = -(-enrolled * rules["participationBps"] // 10_000)
    return min(rules["maxUpdates"], max(rules["minUpdates"], share), enrolled)


@lru_cache(maxsize=1 << 16)  # the network's function has few arguments, and is asked for each place
def _hash_of(*parts):
    return int.from_bytes(keccak256(b"".join(value.to_bytes(size, "big") for value, size in parts)), "big")


def slot_of(index, enrolled, drawn, seed):
    """The slot of the participant at a place; it is drawn if the slot is below the number drawn."""
    if drawn == enrolled:
        return index
    return _shuffled(index, enrolled, seed) if enrolled <= 16 else _walked(index, enrolled, seed)


def _shuffled(x, enrolled, seed):
    table = _hash_of((seed, 9))
    for i in range(enrolled - 1, 0, -1):
        j = (table >> 16 * i) % (1 << 16) % (i + 1)
        if x == i:
            x = j
        elif x == j:
            x = i
    return x


def _walked(x, enrolled, seed):
    half = ((enrolled - 1).bit_length() + 1) // 2
    while True:
        left, right = x >> half, x % (1 << half)
        for r in range(8):
            left, right = right, left ^ _hash_of((seed, 9), (r, 1), (right, 4)) % (1 << half)
        x = left << half | right
        if x < enrolled:
            return x
