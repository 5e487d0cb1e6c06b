"""Sections 5 and 8 of docs/protocol.md: which rules a task may have, and the canonical form of its specification (RFC 8785)."""

import json

# greatest value of each field that starts at 1
GREATEST = {
    "fractionBits": 30,
    "attempts": 16,
    "parameterCount": 1 << 30,
    "clipLanes": (1 << 31) - 1,
    "maxWeight": (1 << 32) - 1,
    "serverRateQ16": 1 << 20,
    "rounds": 65535,
    "maxUpdates": 64,
    "participationBps": 10_000,
    "attestationQuorum": 65535,
    "commitWindowS": 31_536_000,
    "aggregateWindowS": 31_536_000,
    "challengeWindowS": 31_536_000,
}


def rules_valid(rules):
    return (
        mode_valid(rules)
        and rules["rule"] in (0, 1, 2)
        and (rules["trim"] > 0) == (rules["rule"] == 2)
        and 2 * rules["trim"] < rules["minUpdates"]
        and (rules["holders"] == 0 or 3 * (rules["holders"] - 1) < rules["minUpdates"])
        and bonds_valid(rules)
        and all(1 <= rules[field] <= greatest for field, greatest in GREATEST.items())
        and 1 <= rules["minUpdates"] <= rules["maxUpdates"]
    )


def mode_valid(rules):
    """The rules that go with the mode: limits of the sum, time for keys, and the masks of masked tasks."""
    total = rules["maxUpdates"] * rules["maxWeight"] * rules["clipLanes"]
    if rules["mode"] == 0:
        return rules["thresholdPercent"] == rules["neighbours"] == rules["keyWindowS"] == 0 and total < 1 << 52
    if rules["mode"] not in (1, 2) or rules["rule"] != 0 or rules["pipelined"] or rules["keyWindowS"] < 1:
        return False
    if rules["mode"] == 2:
        return rules["thresholdPercent"] == rules["neighbours"] == rules["holders"] == 0 and total < 1 << 29
    return (
        51 <= rules["thresholdPercent"] <= 100
        and rules["neighbours"] % 2 == 0
        and rules["minUpdates"] >= 3
        and total < 1 << 31
    )


def bonds_valid(rules):
    """Each is none or at least the least one, and the window is shorter than 14 days."""
    bonds = [bond for bond in (rules["aggregatorBondGwei"], rules["participantBondGwei"]) if bond]
    depth = (-(-rules["parameterCount"] // 64) - 1).bit_length()
    reach = min(rules["neighbours"] or 64, rules["maxUpdates"] // 2)
    mask_gas = rules["maxUpdates"] * (192 * 40 + 10_000 + reach * 8_500 // 2) if rules["mode"] == 1 else 0
    least_gwei = 3 * 100 * (250_000 + 40 * rules["maxUpdates"] * (416 + 32 * depth) + mask_gas)
    return not bonds or (min(bonds) >= least_gwei and rules["challengeWindowS"] < 14 * 86_400)


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
