"""Which rules a task may have (docs/protocol/record.md), and the canonical form of its specification (RFC 8785)."""

import json

DAYS_14, GWEI = 14 * 86_400, 10**9
# greatest values, in the order in which fields are looked at; each is at least 1
GREATEST = {
    "fractionBits": 30,
    "attempts": 16,
    "parameterCount": 1 << 30,
    "clipLanes": (1 << 31) - 1,
    "maxWeight": (1 << 32) - 1,
    "serverRateQ16": 1 << 20,
    "rounds": 65_535,
    "maxUpdates": 64,
    "participationBps": 10_000,
    "commitWindowS": (1 << 24) - 1,
    "aggregateWindowS": (1 << 24) - 1,
    "attestWindowS": (1 << 24) - 1,
}
ORDER = (
    "rule fractionBits attempts parameterCount clipLanes maxWeight serverRateQ16 rounds minUpdates maxUpdates participationBps "
    "trim thresholdPercent attestationQuorum commitWindowS aggregateWindowS attestWindowS keyWindowS drawDelayBlocks"
).split()


def rules_fault(rules):
    """What the contract would say of the rules: "valid", "InvalidRule" with the field, or another error."""
    fields = [field for field in ORDER if not field_valid(field, rules)]
    bonds = [bond for bond in (rules["aggregatorBondGwei"], rules["participantBondGwei"]) if bond]
    least, most = (3_600, DAYS_14) if bonds else (60, (1 << 24) - 1)
    if not least <= rules["challengeWindowS"] <= most:
        fields.append("challengeWindowS")
    if fields:
        return f"InvalidRule {fields[0]}"
    attempt = rules["aggregateWindowS"] + rules["attestWindowS"]
    if bonds and rules["keyWindowS"] + rules["commitWindowS"] + rules["attempts"] * attempt > DAYS_14:
        return "RoundTooLong"
    if bonds and min(bonds) * GWEI < 3 * proof_wei(rules, "wrong-chunk"):
        return "InvalidBond"
    total = rules["maxUpdates"] * rules["maxWeight"] * rules["clipLanes"]
    return "valid" if total < 1 << (52, 31, 29)[rules["mode"]] else "WeightOverflow"


def field_valid(field, rules):
    value, mode = rules[field], rules["mode"]
    if field in GREATEST:
        return 1 <= value <= GREATEST[field]
    return {
        "rule": lambda: mode == 0 or value == 0,
        "minUpdates": lambda: (1, 3, 2)[mode] <= value <= rules["maxUpdates"],
        "trim": lambda: (value > 0) == (rules["rule"] == 2) and 2 * value < rules["minUpdates"],
        "thresholdPercent": lambda: 51 <= value <= 100 if mode == 1 else value == 0,
        "attestationQuorum": lambda: 1 <= value <= rules["minUpdates"],
        "keyWindowS": lambda: (value == 0) == (mode == 0),
        "drawDelayBlocks": lambda: 4 <= value <= 4096 if value else rules["participationBps"] == 10_000,
    }[field]()


def proof_wei(rules, kind):
    """What a proof of a kind is reckoned to cost under these rules; of a wrong chunk, what the dearest does."""
    if kind == "equivocation":
        return 100 * GWEI * 300_000
    if kind == "invalid-update":
        return 100 * GWEI * (300_000 + rules["maxUpdates"] * 40 * 160)
    depth = (-(-rules["parameterCount"] // 64) - 1).bit_length()
    masked = rules["mode"] == 1
    each = 40 * (160 + 256 + 32 * depth) + 9_000 + 32 * 40 + (40 * 224 + 10_000 if masked else 0)
    pairs = rules["maxUpdates"] ** 2 // 4 if masked else 0
    return 100 * GWEI * (300_000 + rules["maxUpdates"] * each + 8_500 * pairs)


def number_text(value):
    """A number as ECMAScript writes it: the shortest digits that read back, without exponent from 1e-6 to below 1e21."""
    if isinstance(value, int) and abs(value) < 10**21:
        return str(value)
    mantissa, _, exponent = repr(float(value)).partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if not digits:
        return "0"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if 0 < point <= 21:
        return sign + (digits.ljust(point, "0") if len(digits) <= point else f"{digits[:point]}.{digits[point:]}")
    mark = "+" if point > 0 else "-"
    return f"{sign}{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{mark}{abs(point - 1)}"


def canonical(value):
    """JSON in the canonical form of RFC 8785."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)
