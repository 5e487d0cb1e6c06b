"""docs/data.md: cells under declared transforms, and the groups of rows that are alike."""

import calendar
import hmac
import json
import re
from collections import Counter

DATES = {
    "ymd": r"(?P<y>\d{4})(?:([-/.])(?P<m>\d{1,2})(?:\2(?P<d>\d{1,2})(?:[T ]\d{2}:\d{2}.*)?)?)?",
    "dmy": r"(?P<d>\d{1,2})([-/.])(?P<m>\d{1,2})\2(?P<y>\d{4})",
    "mdy": r"(?P<m>\d{1,2})([-/.])(?P<d>\d{1,2})\2(?P<y>\d{4})",
}


class Refused(Exception):
    """A cell that a transform gives nothing for."""


def text_of(cell):
    if isinstance(cell, str):
        return cell
    return str(int(cell)) if cell == int(cell) else repr(cell)


def number_of(cell):
    if isinstance(cell, str) and not re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", cell):
        raise Refused
    return float(cell)


def replace(cell, step, _):
    for known, to in step["table"]:
        if known == text_of(cell):
            return to
    if "otherwise" not in step:
        raise Refused
    return step["otherwise"]


def hashed(cell, step, salts):
    if text_of(cell).strip() == "":
        raise Refused
    message = json.dumps(["fedledger/hash/1", "c", text_of(cell)], ensure_ascii=False, separators=(",", ":"))
    head = int.from_bytes(hmac.digest(salts[step["salt"]], message.encode(), "sha256")[:6], "big")
    return head % step["buckets"] if "buckets" in step else head >> (48 - step["bits"])


def in_range(cell, step, _):
    value, edges = number_of(cell), step["edges"]
    for place, (low, high) in enumerate(zip(edges, edges[1:])):
        if low <= value < high or (value == high == edges[-1]):
            middle = low / 2 + high / 2
            return place if step["to"] == "place" else middle if middle < high else low
    raise Refused


def year(cell, step, _):
    found = re.fullmatch(DATES[step.get("order", "ymd")], text_of(cell).strip(), re.DOTALL)
    if not found:
        raise Refused
    parts = {name: int(text or 1) for name, text in found.groupdict().items()}
    if parts["y"] < 1 or not 1 <= parts["m"] <= 12:
        raise Refused
    if not 1 <= parts["d"] <= calendar.monthrange(parts["y"], parts["m"])[1]:
        raise Refused
    return parts["y"]


STEPS = {
    "replace": replace,
    "hash": hashed,
    "erase": lambda cell, step, _: step["to"],
    "ranges": in_range,
    "year": year,
    "top-code": lambda cell, step, _: min(number_of(cell), step["most"]),
    "bottom-code": lambda cell, step, _: max(number_of(cell), step["least"]),
}


def masked(cell, transforms, salts):
    """The cell after the transforms of its column `c`; None where one refuses it."""
    try:
        for step in transforms:
            cell = STEPS[step["kind"]](cell, step, salts)
        return cell
    except Refused:
        return None


def salt_check(salt):
    return hmac.digest(salt, b"fedledger/salt-check/1", "sha256")[:8].hex()


def groups(rows, k):
    """The smallest group, how many groups have how many rows, and the rows in groups below k."""
    counts = Counter(tuple(row) for row in rows)
    sizes = sorted(Counter(counts.values()).items())
    return sizes[0][0], [list(size) for size in sizes], [i for i, row in enumerate(rows) if counts[tuple(row)] < k]
