"""docs/protocol/bytes.md: lanes, fixed point, the weighted mean; and the chunk tree of section 2."""

import array
import math
import struct
import sys

from keccak import keccak256

CHUNK_BYTES = 256
INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1


def lanes_of(data):
    """The int32 lanes in little-endian bytes."""
    lanes = array.array("i")
    assert lanes.itemsize == 4
    lanes.frombytes(data)
    if sys.byteorder == "big":
        lanes.byteswap()
    return list(lanes)


def bytes_of(lanes):
    """The little-endian bytes of lanes."""
    return struct.pack(f"<{len(lanes)}i", *lanes)


def encode_parameter(value, fraction_bits):
    """The lane of a float32 parameter. Raises ValueError where the protocol refuses it."""
    if not math.isfinite(value):
        raise ValueError("not finite")
    lane = math.floor(value * 2.0**fraction_bits + 0.5)
    if not INT32_MIN <= lane <= INT32_MAX:
        raise ValueError("outside int32")
    return lane


def encode_update(value, base_lane, fraction_bits, clip_lanes):
    """The lane of an update, cut to the clip, and whether it was cut."""
    if not math.isfinite(value):
        raise ValueError("not finite")
    lane = math.floor((value * 2.0**fraction_bits - base_lane) + 0.5)
    cut = max(-clip_lanes, min(clip_lanes, lane))
    return cut, cut != lane


def weighted_mean(base, updates, weights, rate_q16):
    """The new model's lanes, in integers without limit."""
    divisor = sum(weights) << 16
    lanes = []
    for i, lane in enumerate(base):
        total = sum(weight * update[i] for weight, update in zip(weights, updates, strict=True))
        lanes.append(max(INT32_MIN, min(INT32_MAX, lane + total * rate_q16 // divisor)))
    return lanes


def kept_values(rule, values, trim):
    """What the trimmed mean (`trim` given) or the median keeps of a lane's values, ascending."""
    dropped = (len(values) - 1) // 2 if rule == "coordinate-median" else trim
    return sorted(values)[dropped : len(values) - dropped]


def trimmed_mean(rule, base, updates, trim, rate_q16):
    """The new model's lanes."""
    lanes = []
    for lane, values in zip(base, zip(*updates, strict=True), strict=True):
        kept = kept_values(rule, values, trim)
        change = sum(kept) * rate_q16 // (len(kept) << 16)
        lanes.append(max(INT32_MIN, min(INT32_MAX, lane + change)))
    return lanes


def chunks_of(data):
    """The bytes of lanes as chunks, the last one padded with zeros."""
    padded = data + bytes(-len(data) % CHUNK_BYTES)
    return [padded[at : at + CHUNK_BYTES] for at in range(0, len(padded), CHUNK_BYTES)]


def leaf_hash(index, chunk):
    return keccak256(b"\x00" + index.to_bytes(4, "big") + chunk)


def node_hash(left, right):
    return keccak256(b"\x01" + left + right)


def root_hash(parameter_count, top):
    return keccak256(b"\x02" + parameter_count.to_bytes(4, "big") + top)


def chunk_tree_root(data):
    """The root of the lanes' bytes (4 bytes for each lane)."""
    level = [leaf_hash(i, chunk) for i, chunk in enumerate(chunks_of(data))]
    level += [bytes(32)] * ((1 << (len(level) - 1).bit_length()) - len(level))
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return root_hash(len(data) // 4, level[0])


def proof_holds(root, parameter_count, index, chunk, siblings):
    """Whether a proof shows that this is chunk `index` of the lanes with this root."""
    count = -(-parameter_count // 64)
    used = min(CHUNK_BYTES, 4 * parameter_count - CHUNK_BYTES * index)
    if not 0 <= index < count or len(chunk) != CHUNK_BYTES or any(chunk[used:]):
        return False
    if len(siblings) != (count - 1).bit_length():
        return False
    top = leaf_hash(index, chunk)
    for height, sibling in enumerate(siblings):
        top = node_hash(sibling, top) if index >> height & 1 else node_hash(top, sibling)
    return root_hash(parameter_count, top) == root
