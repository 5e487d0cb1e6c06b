"""Checks this implementation against test/vectors/*.json, every case of every file. Usage: check_vectors.py FOLDER"""

import json
import struct
import sys
from pathlib import Path

import commitments as c
import masking as masks
import sealed
from attestations import digest, signer, whole
from content_id import content_id
from data_masking import groups, masked, salt_check
from draw import draw_seed, drawn_count, next_round, ring_length, slot_of, turn
from encrypted import cipher_sum, opened
from initial_model import initial_lanes, parameter_count
from keccak import keccak256
from lanes import bytes_of, chunk_tree_root, chunks_of, encode_parameter, encode_update, kept_values, lanes_of, proof_holds
from lanes import trimmed_mean, weighted_mean
from public_metric import public_metric
from rules import rules_fault


def unhex(text):
    digits = text.removeprefix("0x")
    return bytes.fromhex(digits)


def floats_of(text):
    return [value for (value,) in struct.iter_unpack("<f", unhex(text))]


def fixed_point(case):
    bits = case["fractionBits"]
    if "values" in case:
        return bytes_of([encode_parameter(value, bits) for value in floats_of(case["values"])]) == unhex(case["lanes"])
    base = lanes_of(unhex(case["base"]))
    pairs = [encode_update(v, t, bits, case["clipLanes"]) for v, t in zip(floats_of(case["local"]), base, strict=True)]
    lanes = bytes_of([lane for lane, _ in pairs])
    return lanes == unhex(case["lanes"]) and sum(cut for _, cut in pairs) == case["clipped"]


def chunk_tree(case):
    root, count = unhex(case["root"]), case["parameterCount"]
    index, chunk, proof = case["index"], unhex(case["chunk"]), [unhex(sibling) for sibling in case["proof"]]
    flipped = bytes([chunk[0] ^ 1]) + chunk[1:]
    return (
        len(unhex(case["bytes"])) == 4 * count
        and chunk_tree_root(unhex(case["bytes"])) == root
        and proof_holds(root, count, index, chunk, proof)
        and not proof_holds(root, count, index, flipped, proof)
    )


def content(case):
    pattern = bytes(range(251)) * (case["lengthBytes"] // 251 + 1)
    return content_id(pattern[: case["lengthBytes"]]) == (unhex(case["contentId"]), case["cid"])


def mean(case):
    base, updates = lanes_of(unhex(case["base"])), [lanes_of(unhex(update)) for update in case["updates"]]
    return bytes_of(weighted_mean(base, updates, case["weights"], case["serverRateQ16"])) == unhex(case["expected"])


def trimmed(case):
    rule, trim = case["rule"], case["trim"]
    base, updates = lanes_of(unhex(case["base"])), [lanes_of(unhex(update)) for update in case["updates"]]
    kept = [kept_values(rule, values, trim) for values in zip(*updates, strict=True)]
    bounds = bytes_of([values[0] for values in kept]) + bytes_of([values[-1] for values in kept])
    result = bytes_of(trimmed_mean(rule, base, updates, trim, case["serverRateQ16"]))
    return len(kept[0]) == len(updates) - 2 * trim and bounds == unhex(case["bounds"]) and result == unhex(case["expected"])


def draw(case):
    enrolled, drawn, seed = case["enrolled"], case["drawn"], int(case["seed"], 16)
    slots = [slot_of(index, enrolled, drawn, seed) for index in range(enrolled)]
    return drawn_count(case, enrolled) == drawn and slots == case["slots"]


def numbered(rules):
    return {**rules, "mode": c.MODES.index(rules["mode"]), "rule": c.RULES.index(rules["rule"])}


def deep_bytes(value):
    """Hexadecimal texts of whole bytes as bytes, others as numbers, texts of attributes as words."""
    if isinstance(value, dict):
        return {key: deep_bytes(each) for key, each in value.items()}
    if isinstance(value, list):
        return [deep_bytes(each) for each in value]
    if not isinstance(value, str) or not value.startswith("0x"):
        return value
    return unhex(value) if len(value) in (2, 42, 66, 130) else int(value, 16)


def words_of(value):
    """Texts as the words that the contract has for them."""
    if isinstance(value, list):
        return [words_of(each) for each in value]
    return value.encode().ljust(32, b"\0") if isinstance(value, str) else value


def commitment(case):
    v, name = deep_bytes(case), case["name"].split()[0]
    task = (v.get("taskId"), v.get("round"))
    got = {
        "rulesHash": lambda: c.rules_hash(numbered(v["rules"])),
        "accessHash": lambda: c.access_hash({key: words_of(each) for key, each in v["access"].items()}),
        "attributesHash": lambda: c.attributes_hash({key: words_of(each) for key, each in v["attributes"].items()}),
        "updateRootOf": lambda: c.update_root(v["participant"], v["root"]),
        "startValue": lambda: c.start_value(v["chainId"], v["federation"], v["taskId"], v["historyHead"], v, v["seed"]),
        "extendAnchor": lambda: c.extend_anchor(v["anchor"], v),
        "extendAccumulator": lambda: c.extend_accumulator(v["accumulator"], v),
        "proposalHash": lambda: c.proposal_hash(*task, v["accumulator"], v["openings"], v["proposal"]),
        "wordHash": lambda: c.word_hash(v["inputs"], v["proposalHash"], v["attesters"]),
        "roundWord": lambda: c.round_word(v["wordHash"], v["acceptedAtS"]),
    }[name]()
    return got == v["expected"]


def history(case):
    v = deep_bytes(case)
    if "entry" not in v:
        access = {key: words_of(each) for key, each in v["access"].items()}
        identity = (v["chainId"], v["federation"], v["taskId"])
        return c.initial_head(*identity, numbered(v["rules"]), v["modelRoot"], v["spec"].encode(), access) == v["expected"]
    number, fields = c.ENTRIES[v["entry"]["kind"]]
    numbers = {"reason": c.REASONS, "proof": c.PROOFS}
    values = [numbers[name].index(v["entry"][name]) if name in numbers else v["entry"][name] for name in fields.split()]
    return c.extend_head(v["head"], number, *values) == v["expected"]


def turns(case):
    if "places" in case:
        marks = {".": "", "i": "idle", "l": "leaving", "b": "leaving"}
        places = [marks[mark] for mark in case["places"]][: case["count"]]
        place = turn(case["round"], case["attempt"], places)
        return (-1 if place is None else place) == case["expected"]
    if "accepted" in case:
        until = {round_ % ring_length(case): until_s for round_, until_s in case["accepted"]}
        number = next_round(case, case["newest"], case["nowS"], until)
        return (0 if number is None else number) == case["expected"]
    if "length" in case:
        return ring_length(case) == case["length"] and case["round"] % case["length"] == case["expected"]
    v = deep_bytes(case)
    return draw_seed(v["mixHash"], v["federation"], v["taskId"], v["round"]) == int(case["expected"], 16)


def rules(case):
    return rules_fault(numbered(case["rules"])) == case["expected"]


def initial_model(case):
    data = bytes_of(initial_lanes(case["model"], case["initialSeed"], case["fractionBits"]))
    return (
        parameter_count(case["model"]) == case["parameterCount"]
        and chunk_tree_root(data) == unhex(case["root"])
        and ("lanes" not in case or data == unhex(case["lanes"]))
    )


def bytes_in(values):
    """The fields with hexadecimal texts as bytes."""
    return {key: unhex(v) if isinstance(v, str) and v.startswith("0x") else v for key, v in values.items()}


def masking(case):
    kind, v = case["kind"], bytes_in(case) if case["kind"] != "round" else {}
    if kind == "stream":
        return struct.pack("<64i", *masks.stream(v["key"], 64, 64 * case["chunk"])) == v["lanes"]
    if kind == "threshold":
        return masks.share_threshold(case["drawn"], case["thresholdPercent"]) == case["expected"]
    if kind == "grant":
        r, s, v_ = v["signature"][:32], int.from_bytes(v["signature"][32:64], "big"), v["signature"][64]
        compact = r + (s | (v_ - 27) << 255).to_bytes(32, "big")
        role = 1 + ("participant", "aggregator").index(case["role"])
        return case["epoch"].to_bytes(4, "big") + bytes([role]) + compact == v["expected"]
    if kind == "secrets":
        keys = (masks.mask_key_of(v["secretKey"]), masks.mask_key_of(v["oddKey"]))
        return masks.seed_hash(v["seed"]) == v["seedHash"] and keys == (v["maskKey"], None)
    if kind == "seedHash":
        return masks.seed_hash(v["seed"]) == v["expected"]
    if kind == "pair":
        secrets, keys = ([unhex(each) for each in case[name]] for name in ("secretKeys", "maskKeys"))
        pairs = [(secrets[0], keys[1]), (secrets[1], keys[0])]
        got = {masks.pair_seed(case["taskId"], case["round"], *sorted(case["slots"]), *pair) for pair in pairs}
        return got == {v["expected"]}
    if kind == "share":
        return masks.share_hash(("seed", "key").index(v["of"]), v["from"], v["to"], v["share"]) == v["expected"]
    return kind == "round" and masked_round(case)


def masked_round(case):
    keys = {key["slot"]: bytes_in(key) for key in case["advertisements"]}
    updates = {each["slot"]: lanes_of(unhex(each["masked"])) for each in case["updates"]}
    opened = masks.Opened(case["taskId"], case["round"], keys, updates.keys(), unhex(case["openings"]))
    total = opened.sum(updates)
    weight = sum(each["weight"] for each in case["updates"])
    model = masks.masked_mean(lanes_of(unhex(case["base"])), total, weight, case["clipLanes"], case["serverRateQ16"])
    bound = weight * case["clipLanes"]
    return (
        opened.false_slots() == []
        and weight == case["totalWeight"]
        and bytes_of([max(-bound, min(bound, lane)) for lane in total]) == unhex(case["sum"])
        and bytes_of(model) == unhex(case["model"])
        and b"".join(chunks_of(bytes_of(model))) == b"".join(unhex(chunk) for chunk in case["chunks"])
    )


def signatures(case):
    v, values = bytes_in(case), bytes_in(case["value"])
    got = digest(v["chainId"], v["federation"], v["type"], values)
    return got == v["digest"] and whole(v["r"], v["vs"]) == v["signature"] and signer(got, v["signature"]) == v["signer"]


def sealed_blob(case):
    v = bytes_in(case)
    keys = sealed.blob_keys(v) == (v["key"], v["nonce"])
    return keys and sealed.secret_check(v) == v["check"] and sealed.sealed(v) == v["sealed"]


def encrypted(case):
    """Inputs by the formulas of scripts/vector-cases/encrypted.ts: the bytes of a ciphertext may be any."""
    word, blocks = (1 << 64) - 1, -(-case["parameterCount"] // 4096)

    def cipher(k):
        mixed = ((i + 1) * (k + 1) * 0x9E3779B97F4A7C15 & word for i in range(2 * 4096 * blocks))
        return b"".join(((m >> 16) % (2**48 - 16383)).to_bytes(6, "little") for m in mixed)

    bits = [((i + 1) * 0xD1B54A32D192ED03 & word) >> 62 for i in range(4096)]
    key = bytes(sum((b % 3) << 2 * j for j, b in enumerate(bits[i : i + 4])) for i in range(0, 4096, 4))
    total = cipher_sum(cipher(k) for k in range(case["addends"]))
    lanes = bytes_of(opened(key, total)[: case["parameterCount"]])
    return (
        keccak256(key) == unhex(case["secretKeyHash"])
        and keccak256(total) == unhex(case["sumHash"])
        and lanes[:64] == unhex(case["firstLanes"])
        and keccak256(lanes) == unhex(case["lanesHash"])
    )


def data_masking(case):
    if "check" in case:
        return salt_check(unhex(case["salt"])) == case["check"]
    if "rows" in case:
        return groups(case["rows"], case["k"]) == (case["smallest"], case["sizes"], case["below"])
    salts = {name: unhex(salt) for name, salt in case["salts"].items()}
    return [masked(cell, case["transforms"], salts) for cell in case["cells"]] == case["results"]


def test_set(case):
    """The bytes' content id, and what the lanes reach on them, to the last bit of each sum."""
    data = unhex(case["testSet"])
    told = public_metric(case["model"], case["fractionBits"], lanes_of(unhex(case["lanes"])), data)
    expected = {key: int(case[key]) for key in ("examples", "correct", "r2Q24", "lossQ24") if key in case}
    return content_id(data)[0] == unhex(case["contentId"]) and told == expected


CHECKS = {
    "chunk-tree": chunk_tree,
    "commitment": commitment,
    "content-id": content,
    "data-masking": data_masking,
    "draw": draw,
    "encrypted": encrypted,
    "fixed-point": fixed_point,
    "history": history,
    "initial-model": initial_model,
    "masking": masking,
    "rules": rules,
    "sealed-blobs": sealed_blob,
    "signatures": signatures,
    "test-set": test_set,
    "trimmed-mean": trimmed,
    "turns": turns,
    "weighted-mean": mean,
}

# numbers that another library has given already
FOREIGN = {"accountant"}


def main(folder):
    files = {path.stem: json.loads(path.read_text("utf8"))["cases"] for path in sorted(Path(folder).glob("*.json"))}
    wrong = [f"{name}: no check" for name in files.keys() - CHECKS.keys() - FOREIGN]
    for name, check in CHECKS.items():
        wrong += [f"{name}: {case['name']}" for case in files[name] if not check(case)]
    print(json.dumps({"cases": {name: len(cases) for name, cases in files.items()}, "wrong": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
