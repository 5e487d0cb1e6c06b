"""Masks of docs/protocol/masks.md: the keys, the streams, what a proposal opens, and the sum that is left."""

import struct
from hashlib import blake2b

from attestations import G, N, P, times
from keccak import keccak256


def share_threshold(drawn, percent):
    """How many of a member's fellows open its mask."""
    return max(2, -(-(drawn - 1) * percent // 100))


def stream(key, count, start=0):
    """Lanes start to start + count - 1 of the mask under a key, as int32."""
    first, last = start // 16, -(-(start + count) // 16)
    blocks = b"".join(blake2b(i.to_bytes(8, "little"), key=key, digest_size=64).digest() for i in range(first, last))
    lanes = struct.unpack(f"<{len(blocks) // 4}i", blocks)
    return lanes[start - 16 * first : start - 16 * first + count]


def lift(x):
    """The point with this x and an even y; None where there is none."""
    square = (x**3 + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if x >= P or y * y % P != square:
        return None
    return x, y if y % 2 == 0 else P - y


def mask_key_of(secret):
    """The public key of a secret one as it is advertised; None where the secret is no scalar, or its point's y is odd."""
    scalar = int.from_bytes(secret, "big")
    if not 0 < scalar < N:
        return None
    x, y = times(scalar, G)
    return x.to_bytes(32, "big") if y % 2 == 0 else None


def seed_hash(seed):
    return keccak256(b"\x05" + seed)


def share_hash(kind, sender, receiver, share):
    """What a share is known by: of a seed (kind 0) or a secret key (1)."""
    return keccak256(b"\x08" + bytes([kind]) + sender + receiver + share)


def pair_seed(task_id, round_number, a, b, secret, mask_key):
    """The key of the stream that two slots share, a < b, from the secret key of one and the advertised key of the other."""
    x, y = times(int.from_bytes(secret, "big"), lift(int.from_bytes(mask_key, "big")))
    account = keccak256(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[12:]
    place = task_id.to_bytes(4, "big") + round_number.to_bytes(4, "big") + bytes([a, b])
    return keccak256(b"\x06" + place + account)


def signed(value):
    """Modulo 2^32, as int32."""
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


class Opened:
    """What a masked round's proposal opens. `keys`: the advertisements by slot; `committed`: the slots that committed."""

    def __init__(self, task_id, round_number, keys, committed, openings):
        self.task_id, self.round, self.keys, self.committed = task_id, round_number, keys, sorted(committed)
        self.dropped = sorted(set(keys) - set(committed))
        words = [openings[i : i + 32] for i in range(0, len(openings), 32)]
        self.complete = len(openings) == 32 * len(keys)
        self.seeds = dict(zip(self.committed, words))
        self.secrets = dict(zip(self.dropped, words[len(self.committed) :]))

    def false_slots(self):
        """The slots whose seed or secret key is not the advertised one."""
        if not self.complete:
            return list(self.keys)
        seeds = [slot for slot, seed in self.seeds.items() if seed_hash(seed) != self.keys[slot]["seedHash"]]
        return seeds + [slot for slot, key in self.secrets.items() if mask_key_of(key) != self.keys[slot]["maskKey"]]

    def sum(self, updates):
        """The sum of weight times update over the survivors, from their masked updates by slot."""
        count = len(next(iter(updates.values())))
        total = [sum(lanes) for lanes in zip(*updates.values(), strict=True)]
        for seed in self.seeds.values():
            total = [value - mask for value, mask in zip(total, stream(seed, count), strict=True)]
        for gone, secret in self.secrets.items():
            for slot in self.committed:
                a, b = min(slot, gone), max(slot, gone)
                mask = stream(pair_seed(self.task_id, self.round, a, b, secret, self.keys[slot]["maskKey"]), count)
                sign = 1 if gone > slot else -1
                total = [value - sign * lane for value, lane in zip(total, mask, strict=True)]
        return [signed(value) for value in total]


def masked_mean(base, total, weight, clip_lanes, rate_q16):
    """The new model's lanes from the sum, which is cut to what updates within the clip can add up to."""
    bound, divisor = weight * clip_lanes, weight << 16
    return [
        max(-(1 << 31), min((1 << 31) - 1, lane + max(-bound, min(bound, value)) * rate_q16 // divisor))
        for lane, value in zip(base, total, strict=True)
    ]
