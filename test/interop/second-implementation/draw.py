"""Who is drawn for a round, whose turn it is to aggregate, and where a round's word stands (docs/protocol/bytes.md, record.md)."""

from functools import lru_cache

from keccak import keccak256


# numbers that an opening may pass over
MOST_PASSED = 64


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
    table = _hash_of((seed, 8))
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
            left, right = right, left ^ _hash_of((seed, 8), (r, 1), (right, 4)) % (1 << half)
        x = left << half | right
        if x < enrolled:
            return x


def draw_seed(mix_hash, federation, task_id, round_number):
    """The seed of a draw, from the randomness of the block that the opening fixed."""
    words = (mix_hash, federation.rjust(32, b"\0"), task_id.to_bytes(32, "big"), round_number.to_bytes(32, "big"))
    return int.from_bytes(keccak256(b"".join(words))[:8], "big")


def turn(round_number, attempt, places):
    """The place that is assigned, of the first so many places, each "leaving", "idle" or neither; None where it is nobody's turn."""
    order = [(round_number + attempt + i) % len(places) for i in range(len(places))]
    there = [place for place in order if places[place] != "leaving"]
    return next((place for place in there if places[place] != "idle"), there[0] if there else None)


def next_round(rules, newest, time_s, until):
    """The number that a round opened at this second has; `until` tells by place when its word's window ends. None for none."""
    length = ring_length(rules)
    reach = range(newest + 1, newest + 2 + MOST_PASSED)
    return next((number for number in reach if until.get(number % length, -1) < time_s), None)


def ring_length(rules):
    """Of the ring of words."""
    needed, length = min(rules["rounds"], rules["challengeWindowS"] // 48), 64
    while length < needed and length < 4096:
        length *= 2
    return length
