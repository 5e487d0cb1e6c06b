"""A second implementation of Fedledger's audit, after docs/protocol, with Python's standard library alone.

Usage: audit.py DUMP, a JSON file with
  chainId, federation, taskId
  logs       the federation's logs as eth_getLogs gives them
  blocks     timestamp and mixHash (prevrandao) of blocks, by their numbers in the hexadecimal form of the logs
  stored     the task's words in the federation's storage: modelRoot, historyHead, accumulator
  blobs      bytes in hexadecimal, by content id
  groupKeys  optional: secret keys of encrypted rounds in hexadecimal, by round
Prints what it found as JSON; exit code 0 if nothing is wrong, else 1.
"""

import json
import sys

import abi
from commitments import MODES, RULES, update_root
from content_id import content_id
from encrypted import cipher_bytes, cipher_sum, opened
from initial_model import parameter_count
from lanes import bytes_of, chunk_tree_root, lanes_of, trimmed_mean, weighted_mean
from masking import masked_mean
from proofs import Record
from public_metric import public_metric
from round_state import Block


def unhex(text):
    return bytes.fromhex(text.removeprefix("0x"))


def read_record(dump):
    """The record of the task, folded from the logs, and compared with what the contract stores."""

    def mix_of(number):
        block = dump["blocks"].get(hex(number))
        return block and unhex(block["mixHash"])

    record = Record(dump["chainId"], unhex(dump["federation"]), dump["taskId"], mix_of)
    for log in sorted(dump["logs"], key=lambda each: (int(each["blockNumber"], 16), int(each["logIndex"], 16))):
        decoded = abi.decode_log([unhex(topic) for topic in log["topics"]], unhex(log["data"]))
        if decoded is None or decoded[1].get("taskId", record.task_id) != record.task_id:
            continue
        block = Block(int(log["blockNumber"], 16), int(dump["blocks"][log["blockNumber"]]["timestamp"], 16))
        record.add(*decoded, block, log["transactionHash"])
    stored = {name: unhex(word) for name, word in dump["stored"].items()}
    record.check(stored["historyHead"] == record.head, "stored history head")
    record.check(stored["modelRoot"] == record.model_root, "stored model root")
    if record.in_flight() and record.rounds[-1].commitments:
        record.check(stored["accumulator"] == record.rounds[-1].accumulator, "stored accumulator")
    return record


class Bytes:
    """Checks blobs against the record, and recomputes each round's model."""

    def __init__(self, record, blobs, keys):
        self.record, self.blobs, self.keys, self.rules = record, blobs, keys, record.rules
        self.mode = MODES[self.rules["mode"]]
        self.wrong, self.recomputed, self.looked_at, self.metrics = [], 0, 0, {}
        # the models that stand, by their roots
        self.models = {chunk_tree_root(bytes_of(record.initial_lanes)): record.initial_lanes}

    def blob(self, number, what, entry, root, bound=lambda root: root):
        """The lanes that an entry of the record names, if they are here and are what it says."""
        data = self.blobs.get(entry["contentId"])
        if data is None:
            self.wrong.append(f"round {number}: {what} is missing")
            return None
        self.looked_at += 1
        if content_id(data)[0] != entry["contentId"]:
            self.wrong.append(f"round {number}: content id of {what}")
        elif len(data) != self.length(what) or bound(chunk_tree_root(data)) != root:
            self.wrong.append(f"round {number}: root of {what}")
        else:
            return lanes_of(data)
        return None

    def length(self, what):
        """Bytes of a blob: updates of encrypted tasks are ciphertexts."""
        encrypted = self.mode == "encrypted" and what != "model"
        return cipher_bytes(self.rules["parameterCount"]) if encrypted else 4 * self.rules["parameterCount"]

    def update(self, number, commitment):
        lanes = self.blob(number, f"update of slot {commitment['slot']}", commitment, commitment["updateRoot"],
                          lambda root: update_root(commitment["participant"], root))
        # under its mask, or encrypted, an update's lanes are anything
        if lanes and self.mode == "transparent" and any(abs(lane) > self.rules["clipLanes"] for lane in lanes):
            self.wrong.append(f"round {number}: update of slot {commitment['slot']} beyond the clip")
        return lanes

    def open_sum(self, number, played, base, ciphers, weight):
        """The model that the sum of the ciphertexts gives, where there is the key; the sum itself is compared in any case."""
        total = cipher_sum(ciphers)
        if content_id(total)[0] != played.openings:
            self.wrong.append(f"round {number}: the sum is not that of the ciphertexts")
        if number not in self.keys:
            return None
        lanes = opened(self.keys[number], total)[: self.rules["parameterCount"]]
        return masked_mean(base, lanes, weight, self.rules["clipLanes"], self.rules["serverRateQ16"])

    def check_round(self, number, played):
        proposal, base = played.proposal, self.models.get(played.opening["baseModelRoot"])
        counted = [each for each in played.commitments if not proposal["excluded"] >> each["slot"] & 1]
        updates = [self.update(number, each) for each in counted]
        model = self.blob(number, "model", proposal, proposal["modelRoot"])
        if proposal["totalWeight"] != sum(each["weight"] for each in counted):
            self.wrong.append(f"round {number}: the total weight is not that of its updates")
        if None not in updates and base:
            mean = self.mean(number, played, base, counted, updates) or model
            self.recomputed += mean is not None
            data = bytes_of(mean or [])
            if (chunk_tree_root(data), content_id(data)[0]) != (proposal["modelRoot"], proposal["contentId"]):
                self.wrong.append(f"round {number}: the model is not the mean of its updates")
            model = model or mean
        if model:
            self.models[proposal["modelRoot"]] = model
            self.measure(number, model)

    def measure(self, number, lanes):
        """What a model reaches on the public test set, where the task names one and it is here."""
        named = self.record.spec.get("testSet")
        data = self.blobs.get(unhex(named["contentId"])) if named else None
        if data is None:
            return
        model = self.record.spec["model"]
        if content_id(data)[0] != unhex(named["contentId"]):
            self.wrong.append(f"round {number}: content id of the test set")
            return
        self.metrics[number] = public_metric(model, self.rules["fractionBits"], lanes[: parameter_count(model)], data)

    def mean(self, number, played, base, counted, updates):
        """What the rule makes of the updates; None where that takes a key that is not here."""
        weights = [each["weight"] for each in counted]
        rule, rate, clip = RULES[self.rules["rule"]], self.rules["serverRateQ16"], self.rules["clipLanes"]
        if self.mode == "encrypted":
            return self.open_sum(number, played, base, [bytes_of(lanes) for lanes in updates], sum(weights))
        if self.mode == "masked":
            if played.opened.false_slots():
                self.wrong.append(f"round {number}: a false opening")
            total = played.opened.sum({each["slot"]: lanes for each, lanes in zip(counted, updates, strict=True)})
            return masked_mean(base, total, sum(weights), clip, rate)
        if rule == "weighted-mean":
            return weighted_mean(base, updates, weights, rate)
        return trimmed_mean(rule, base, updates, self.rules["trim"], rate)


def audit(dump):
    record = read_record(dump)
    keys = {int(number): unhex(key) for number, key in dump.get("groupKeys", {}).items()}
    read = Bytes(record, {unhex(key): unhex(value) for key, value in dump["blobs"].items()}, keys)
    for played in record.rounds:
        # what was proven wrong, or stood on it, is void
        if played.phase == "accepted" and not played.void:
            read.check_round(played.number, played)
    return {
        "rounds": len(record.rounds),
        "recomputed": read.recomputed,
        "blobs": read.looked_at,
        "metrics": read.metrics,
        "commitments": sum(len(played.commitments) for played in record.rounds),
        "accepted": record.accepted,
        "void": sum(played.void and played.phase == "accepted" for played in record.rounds),
        "signatures": record.signatures,
        "historyHead": "0x" + record.head.hex(),
        "modelRoot": "0x" + record.model_root.hex(),
        "wrong": record.wrong + read.wrong,
    }


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        report = audit(json.load(file))
    print(json.dumps(report))
    sys.exit(1 if report["wrong"] else 0)
