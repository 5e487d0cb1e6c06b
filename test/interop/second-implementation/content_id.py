"""docs/protocol/bytes.md: the content id of a blob, by the byte layout given there."""

import base64
import hashlib

BLOCK_BYTES = 1 << 20
LINKS_PER_NODE = 1024
RAW, DAG_PB = 0x55, 0x70


def _varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _bytes_field(number, value):
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _int_field(number, value):
    return _varint(number << 3) + _varint(value)


def cid_bytes(codec, digest):
    """CIDv1 with a SHA-256 digest."""
    return bytes([1, codec, 0x12, 0x20]) + digest


def _leaf(block):
    """(codec, digest, bytes of the file below it, bytes of all blocks below and with it)."""
    return RAW, hashlib.sha256(block).digest(), len(block), len(block)


def _parent(children):
    links = b"".join(
        _bytes_field(2, _bytes_field(1, cid_bytes(codec, digest)) + _bytes_field(2, b"") + _int_field(3, total))
        for codec, digest, _, total in children
    )
    sizes = [size for _, _, size, _ in children]
    unixfs = _int_field(1, 2) + _int_field(3, sum(sizes)) + b"".join(_int_field(4, size) for size in sizes)
    node = links + _bytes_field(1, unixfs)
    return DAG_PB, hashlib.sha256(node).digest(), sum(sizes), len(node) + sum(total for *_, total in children)


def root_of(leaves):
    """The top of the tree over these leaves."""
    level = leaves
    while len(level) > 1:
        level = [_parent(level[at : at + LINKS_PER_NODE]) for at in range(0, len(level), LINKS_PER_NODE)]
    return level[0]


def content_id(data):
    """The content id of bytes, and the CID in text."""
    codec, digest, *_ = root_of([_leaf(data[at : at + BLOCK_BYTES]) for at in range(0, len(data), BLOCK_BYTES)])
    text = base64.b32encode(cid_bytes(codec, digest)).decode().lower().rstrip("=")
    return digest, "b" + text
