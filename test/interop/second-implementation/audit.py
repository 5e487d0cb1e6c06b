"""A second implementation of Fedledger's audit, after docs/protocol.md, with Python's standard library alone.

Usage: audit.py DUMP, a JSON file with
  chainId, federation, taskId
  logs          the federation's logs as eth_getLogs gives them
  transactions  input of each transaction with logs of the task, by hash
  blocks        timestamp and mixHash (prevrandao) of each block, by its number in the hexadecimal form of the logs
  taskState     what eth_call of taskState(taskId) returned
  blobs         bytes in hexadecimal, by content id
  groupKeys     optional: secret keys of encrypted rounds in hexadecimal, by round
Prints what it found as JSON; exit code 0 if nothing is wrong, else 1.
"""

import json
import sys

import abi
from attestations import whole
from commitments import MODES, RULES, update_root
from content_id import content_id
from encrypted import cipher_bytes, cipher_sum, opened
from lanes import bytes_of, chunk_tree_root, lanes_of, trimmed_mean, weighted_mean
from masking import masked_mean
from record import Block, Record


PROPOSALS = {"propose": abi.PROPOSE, "proposeOpened": abi.PROPOSE_OPENED}


def unhex(text):
    return bytes.fromhex(text.removeprefix("0x"))


def attestations_in(calldata):
    """(evaluation, signature) of each attestation in a call of finalize."""
    if calldata[:4] != abi.signature_hash("finalize", abi.FINALIZE)[:4]:
        return []
    arguments = abi.decode(abi.FINALIZE, calldata[4:])
    return [(each["evaluation"], whole(each["r"], each["vs"])) for each in arguments["attestations"]]


def words_in(calldata):
    """(slots, signature) of each word on availability in a call of propose or proposeOpened."""
    calls = {abi.signature_hash(name, kind)[:4]: kind for name, kind in PROPOSALS.items()}
    if calldata[:4] not in calls:
        return []
    words = abi.decode(calls[calldata[:4]], calldata[4:])["words"]
    return [(each["slots"], whole(each["r"], each["vs"])) for each in words]


def read_record(dump):
    transactions = {key: unhex(value) for key, value in dump["transactions"].items()}
    identity = (dump["chainId"], unhex(dump["federation"]), dump["taskId"])
    record = Record(
        *identity,
        lambda transaction: attestations_in(transactions[transaction]),
        lambda transaction: words_in(transactions[transaction]),
    )
    for log in sorted(dump["logs"], key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16))):
        decoded = abi.decode_log([unhex(topic) for topic in log["topics"]], unhex(log["data"]))
        if decoded and decoded[1].get("taskId", dump["taskId"]) == dump["taskId"]:
            block = dump["blocks"][log["blockNumber"]]
            record.add(*decoded, Block(int(block["timestamp"], 16), unhex(block["mixHash"])), log["transactionHash"])
    state = abi.decode(abi.TASK_STATE, unhex(dump["taskState"]))
    stored = tuple(state[name] for name in ("round", "modelRoot", "accumulator", "historyHead"))
    told = (len(record.rounds), record.model_root, record.accumulator, record.head)
    record.check(stored == told, "the contract's storage says something else")
    return record


class Bytes:
    """Checks blobs against the record, and recomputes each round's model."""

    def __init__(self, record, blobs, keys):
        self.record, self.blobs, self.keys, self.rules = record, blobs, keys, record.rules
        self.mode = MODES[self.rules["mode"]]
        self.wrong, self.recomputed, self.looked_at = [], 0, 0
        self.lanes = record.initial_lanes

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

    def open_sum(self, number, played, ciphers, weight):
        """The model that the sum of the ciphertexts gives, where there is the key; the sum itself is compared in any case."""
        total = cipher_sum(ciphers)
        if content_id(total)[0] != played.sum_id:
            self.wrong.append(f"round {number}: the sum is not that of the ciphertexts")
        if number not in self.keys:
            return None
        lanes = opened(self.keys[number], total)[: self.rules["parameterCount"]]
        return masked_mean(self.lanes, lanes, weight, self.rules["clipLanes"], self.rules["serverRateQ16"])

    def check_round(self, number, played):
        proposal = played.proposal
        counted = [each for each in played.commitments if not proposal["excluded"] >> each["slot"] & 1]
        updates = [self.update(number, each) for each in counted]
        model = self.blob(number, "model", proposal, proposal["modelRoot"])
        if None not in updates:
            weights = [each["weight"] for each in counted]
            rule, rate = RULES[self.rules["rule"]], self.rules["serverRateQ16"]
            if self.mode == "encrypted":
                mean = self.open_sum(number, played, [bytes_of(lanes) for lanes in updates], sum(weights)) or model
            elif self.mode == "masked":
                total = played.opened.sum({each["slot"]: lanes for each, lanes in zip(counted, updates, strict=True)})
                mean = masked_mean(self.lanes, total, sum(weights), self.rules["clipLanes"], rate)
            elif rule == "weighted-mean":
                mean = weighted_mean(self.lanes, updates, weights, rate)
            else:
                mean = trimmed_mean(rule, self.lanes, updates, self.rules["trim"], rate)
            self.recomputed += mean is not None
            data = bytes_of(mean or [])
            if (chunk_tree_root(data), content_id(data)[0]) != (proposal["modelRoot"], proposal["contentId"]):
                self.wrong.append(f"round {number}: the model is not the mean of its updates")
            model = model or mean
        self.lanes = model or self.lanes


def audit(dump):
    record = read_record(dump)
    keys = {int(number): unhex(key) for number, key in dump.get("groupKeys", {}).items()}
    read = Bytes(record, {unhex(key): unhex(value) for key, value in dump["blobs"].items()}, keys)
    for number, played in enumerate(record.rounds, 1):
        if played.final:
            read.check_round(number, played)
    return {
        "rounds": len(record.rounds),
        "recomputed": read.recomputed,
        "blobs": read.looked_at,
        "commitments": sum(len(played.commitments) for played in record.rounds),
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
