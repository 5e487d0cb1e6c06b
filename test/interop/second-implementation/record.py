"""A task's record, event by event, as sections 5 to 7 of docs/protocol.md say it must be. What is wrong is collected, not raised."""

import json
from dataclasses import dataclass, field

import commitments as c
from attestations import N, digest, signer, unpacked
from draw import drawn_count, slot_of
from initial_model import initial_lanes, parameter_count
from keccak import keccak256
from lanes import bytes_of, chunk_tree_root
from masking import Opened, lift
from rules import canonical, rules_valid


AGGREGATOR_ROLE = keccak256(b"AGGREGATOR_ROLE")


@dataclass
class Block:
    """What the record needs of an event's block."""

    time_s: int
    randomness: bytes


@dataclass
class Round:
    """One round; `deadline` is that of its current step."""

    opening: dict
    deadline: int
    phase: str = "open"
    keys: dict = field(default_factory=dict)
    commitments: list = field(default_factory=list)
    attempt: int = -1
    aggregator: bytes = b""
    proposal: dict | None = None
    shown: dict | None = None
    opened: Opened | None = None
    needs_quorum: bool = False
    accumulator: bytes = b""
    ancestor: bytes | None = None
    final: bool = False


class Record:
    """Folds a task's events. `attested` and `given` tell the attestations and the words on availability in a transaction's input, as
    pairs of what was signed and the signature."""

    def __init__(self, chain_id, federation, task_id, attested, given):
        self.chain_id, self.federation, self.task_id = chain_id, federation, task_id
        self.attested, self.given = attested, given
        self.rules, self.spec, self.initial_lanes = {}, {}, []
        self.aggregators = []
        self.places, self.leaving, self.committed_rounds = [], set(), {}
        self.rounds, self.wrong, self.signatures = [], [], 0
        self.model_root = self.accumulator = self.head = bytes(32)

    def check(self, holds, what):
        if not holds:
            self.wrong.append(f"round {len(self.rounds)}: {what}")

    def add(self, name, event, block, transaction):
        """Takes the next event, its block and its transaction's hash."""
        if "round" in event and name != "RoundOpened":
            self.check(any(each.opening["round"] == event["round"] for each in self.running()), "event of another round")
        getattr(self, f"on_{name}")(event, block, transaction)

    def running(self):
        """The rounds that have not ended: at most two, in a pipelined task."""
        return [each for each in self.rounds[-2:] if each.phase != "ended"]

    def now(self, event, phase, what):
        running = self.rounds[max(1, min(event["round"], len(self.rounds))) - 1]
        self.check(running.phase in phase, f"{what} while {running.phase}")
        return running

    def on_RoleGranted(self, event, *_):
        if event["role"] == AGGREGATOR_ROLE:
            self.aggregators.append(event["account"])

    def on_RoleRevoked(self, event, *_):
        if event["role"] == AGGREGATOR_ROLE:
            last = self.aggregators.pop()
            if last != event["account"]:
                self.aggregators[self.aggregators.index(event["account"])] = last

    def on_TaskCreated(self, event, *_):
        self.rules, self.model_root = event["rules"], event["modelRoot"]
        self.check(rules_valid(self.rules), "rules out of range")
        text = event["spec"].decode("utf-8")
        self.spec = json.loads(text)
        self.check(canonical(self.spec) == text and len(event["spec"]) <= 8192, "specification not canonical")
        model = self.spec["model"]
        self.check(parameter_count(model) == self.rules["parameterCount"], "parameterCount is not the model's")
        self.initial_lanes = initial_lanes(model, self.spec["initialSeed"], self.rules["fractionBits"])
        self.check(chunk_tree_root(bytes_of(self.initial_lanes)) == self.model_root, "initial model")
        self.mode = c.MODES[self.rules["mode"]]
        identity = (self.chain_id, self.federation, self.task_id)
        self.head = c.initial_head(*identity, self.rules, self.model_root, event["spec"])

    def on_AccessRestricted(self, event, *_):
        self.check(not self.places and not self.rounds, "restricted after the creation")
        self.head = keccak256(c.encode(self.head, c.access_hash(event["access"])))

    def on_Enrolled(self, event, *_):
        index, participant = event["index"], event["participant"]
        if index == len(self.places) and participant not in self.places:
            self.places.append(participant)
            return
        # the last participant has moved into the place that the Left before this freed
        self.check(index < len(self.places) and self.places[index] is None, "place taken")
        self.check(self.places[-1] == participant, "another than the last participant moved")
        self.places[index] = self.places.pop()

    def on_Leaving(self, event, *_):
        self.check(event["participant"] in self.places, "leaving without a place")
        self.leaving.add(event["participant"])

    def on_Left(self, event, *_):
        self.check(event["participant"] in self.leaving, "left without asking")
        self.check(not self.running(), "place freed in a round")
        self.leaving.discard(event["participant"])
        index = self.places.index(event["participant"])
        if index == len(self.places) - 1:
            self.places.pop()
        else:
            self.places[index] = None

    def on_RoundOpened(self, event, block, _):
        running, base = self.running(), self.model_root
        window = self.rules["keyWindowS"] + self.rules["commitWindowS"]
        opened = Round(event, event["commitDeadline"])
        if running:
            before = running[0]
            free = self.rules["pipelined"] and len(running) == 1 and before is self.rounds[-1] and not self.leaving
            self.check(free and before.phase == "proposed" and not before.needs_quorum, "opened before the last one ended")
            base = opened.ancestor = before.proposal["modelRoot"] if before.proposal else base
        self.rounds.append(opened)
        self.check(event["round"] == len(self.rounds) <= self.rules["rounds"], "number of the round")
        self.check(event["baseModelRoot"] == base, "base model")
        self.check(None not in self.places and event["enrolled"] == len(self.places), "enrolled places")
        self.check(event["enrolled"] >= self.rules["minUpdates"], "too few places")
        self.check(event["drawn"] == drawn_count(self.rules, event["enrolled"]), "number drawn")
        self.check(event["commitDeadline"] == block.time_s + window, "deadline of commitments")
        origin = (block.randomness, self.federation, self.task_id, event["round"], self.head)
        self.check(event["seed"] == int.from_bytes(keccak256(c.encode(*origin))[-9:], "big"), "seed of the draw")
        self.accumulator = c.start_accumulator(self.chain_id, self.federation, self.task_id, event)
        self.check(event["accumulator"] == self.accumulator, "accumulator at the opening")
        opened.accumulator = self.accumulator

    def keys_over(self, running, time_s):
        """Whether no keys can come any more, and commitments can."""
        last = running.opening["commitDeadline"] - self.rules["commitWindowS"]
        return self.mode == "transparent" or len(running.keys) == running.opening["drawn"] or time_s > last

    def least(self, running):
        """Fewest commitments that make the round."""
        share = -(-len(running.keys) * self.rules["thresholdPercent"] // 100)
        return max(self.rules["minUpdates"], share)

    def nobody_left(self, running, time_s):
        """Whether a round can be closed before its deadline."""
        if self.mode == "masked":
            done = len(running.commitments) == len(running.keys) or len(running.keys) < self.least(running)
            return self.keys_over(running, time_s) and done
        return len(running.commitments) == running.opening["drawn"]

    def check_place(self, running, event):
        who = event["participant"]
        self.check(who in self.places and who not in self.leaving, "without a place")
        enrolled, drawn, seed = (running.opening[name] for name in ("enrolled", "drawn", "seed"))
        index = self.places.index(who) if who in self.places else enrolled
        slot = slot_of(index, enrolled, drawn, seed) if index < enrolled else drawn
        self.check(slot == event["slot"] < drawn, "slot of the draw")

    def on_Advertised(self, event, block, _):
        running, who = self.now(event, ["open"], "keys"), event["participant"]
        self.check(self.mode != "transparent" and not running.commitments, "keys at another time")
        self.check(block.time_s <= running.deadline - self.rules["commitWindowS"], "keys late")
        self.check_place(running, event)
        self.check(all(key["participant"] != who for key in running.keys.values()), "keys twice")
        self.check(event["slot"] not in running.keys, "slot with keys twice")
        x = int.from_bytes(event["maskKey"], "big")
        self.check(self.mode != "masked" or 0 < x < N and lift(x), "mask key")
        self.check(all(any(event[field]) for field in ("maskKey", "seedHash", "sharesId")), "no keys")
        budget = self.rules["roundsPerParticipant"]
        self.check(not budget or self.committed_rounds.get(who, 0) < budget, "budget of rounds")
        running.keys[event["slot"]] = event
        self.accumulator = running.accumulator = c.extend_by_keys(running.accumulator, event)

    def on_Committed(self, event, block, _):
        running, who = self.now(event, ["open"], "commitment"), event["participant"]
        self.check(block.time_s <= running.deadline, "commitment late")
        self.check(self.keys_over(running, block.time_s), "commitment while keys could come")
        key = running.keys.get(event["slot"], {}).get("participant")
        self.check(self.mode != "masked" or key == who, "commitment without keys")
        self.check(1 <= event["weight"] <= self.rules["maxWeight"], "weight")
        self.check(all(other["participant"] != who for other in running.commitments), "committed twice")
        self.check_place(running, event)
        self.committed_rounds[who] = self.committed_rounds.get(who, 0) + 1
        budget = self.rules["roundsPerParticipant"]
        self.check(not budget or self.committed_rounds[who] <= budget, "budget of rounds")
        running.commitments.append(event)
        self.accumulator = running.accumulator = c.extend_accumulator(running.accumulator, event)

    def on_RoundClosed(self, event, block, _):
        running = self.now(event, ["open"], "closing")
        self.check(len(running.commitments) >= self.least(running), "too few updates")
        self.check(self.nobody_left(running, block.time_s) or block.time_s > running.deadline, "closed early")
        self.check(event["committed"] == sum(1 << each["slot"] for each in running.commitments), "bitmap")
        self.check(event["totalWeight"] == sum(each["weight"] for each in running.commitments), "total weight")
        self.check(event["accumulator"] == running.accumulator, "accumulator at the closing")
        running.phase = "closed"

    def on_AggregatorAssigned(self, event, block, _):
        running = self.now(event, ["closed", "aggregating", "proposed"], "assignment")
        self.check(event["attempt"] == running.attempt + 1 < self.rules["attempts"], "attempt")
        turn = (event["round"] + event["attempt"]) % max(1, len(self.aggregators))
        self.check(self.aggregators[turn : turn + 1] == [event["aggregator"]], "aggregator whose turn it is")
        if running.phase != "closed":
            self.check(block.time_s > running.deadline, "reassigned early")
        if running.phase == "proposed":
            self.check(running.needs_quorum, "a proposal of all updates set aside")
        self.check(event["deadline"] == block.time_s + self.rules["aggregateWindowS"], "deadline of the assignment")
        running.attempt, running.aggregator, running.deadline = event["attempt"], event["aggregator"], event["deadline"]
        running.phase, running.proposal = "aggregating", None

    def on_Opened(self, event, _, transaction):
        running = self.now(event, ["aggregating"], "openings")
        self.check(self.mode != "transparent", "nothing to open")
        self.check(event["attempt"] == running.attempt, "openings of another attempt")
        running.shown = {"openings": event["openings"], "transaction": transaction}

    def open(self, running, proposal, transaction):
        """What a masked round's proposal came with, in its own transaction."""
        shown, running.shown = running.shown, None
        self.check((shown or {}).get("transaction") == transaction, "a proposal without openings")
        self.check(proposal["excluded"] == 0, "an update left out of a sum")
        slots = [each["slot"] for each in running.commitments]
        openings = (shown or {}).get("openings", b"")
        running.opened = Opened(self.task_id, running.opening, self.rules["neighbours"], running.keys, slots, openings)
        self.check(running.opened.false_slots() == [], "a false opening")

    def show_sum(self, running, proposal, transaction):
        """The content id of the sum that an encrypted round's proposal came with, in its own transaction."""
        shown, running.shown = running.shown, None
        self.check((shown or {}).get("transaction") == transaction, "a proposal without its sum")
        self.check(proposal["excluded"] == 0, "an update left out of a sum")
        running.sum_id = (shown or {}).get("openings", b"")
        self.check(len(running.sum_id) == 32, "the sum's content id")

    def on_Proposed(self, event, block, transaction):
        running, proposal = self.now(event, ["aggregating"], "proposal"), event["proposal"]
        if self.mode == "masked":
            self.open(running, proposal, transaction)
        if self.mode == "encrypted":
            self.show_sum(running, proposal, transaction)
        self.check(block.time_s <= running.deadline, "proposal late")
        self.check(proposal["aggregator"] == running.aggregator and proposal["attempt"] == running.attempt, "proposer")
        included = [each for each in running.commitments if not proposal["excluded"] >> each["slot"] & 1]
        committed = sum(1 << each["slot"] for each in running.commitments)
        self.check(not proposal["excluded"] & ~committed and len(included) >= self.rules["minUpdates"], "exclusion")
        self.check(proposal["totalWeight"] == sum(each["weight"] for each in included), "total weight proposed")
        self.check(event["challengeDeadline"] == block.time_s + self.rules["challengeWindowS"], "challenge deadline")
        running.phase, running.proposal, running.deadline = "proposed", proposal, event["challengeDeadline"]
        running.needs_quorum = self.mode == "encrypted" or self.rules["holders"] == 0 and proposal["excluded"] != 0
        if self.rules["holders"]:
            self.check_words(running, transaction)

    def check_words(self, running, transaction):
        words, holders, previous = self.given(transaction), self.rules["holders"], b""
        committed = [each["participant"] for each in running.commitments]
        for slots, signature in words:
            fields = {"taskId": self.task_id, "round": running.opening["round"], "accumulator": running.accumulator, "slots": slots}
            who = signer(digest(self.chain_id, self.federation, "availability", fields), signature)
            self.check(who in committed and who > previous, "word on availability")
            previous = who or previous
            self.signatures += 1
        enough = len(words) > len(committed) - holders
        for each in running.commitments:
            held = sum(slots >> each["slot"] & 1 for slots, _ in words) >= holders
            left_out = running.proposal["excluded"] >> each["slot"] & 1
            self.check(not held and enough if left_out else held, "availability")

    def on_RoundFinalized(self, event, block, transaction):
        running = self.now(event, ["proposed"], "end")
        proposal = c.proposal_hash(self.task_id, event["round"], running.proposal)
        self.check(self.running()[0] is running, "final before the round before it")
        self.check(event["modelRoot"] == running.proposal["modelRoot"], "final model not the proposed one")
        attesters = event["attesters"]
        if attesters:
            self.check(len(attesters) >= self.rules["attestationQuorum"], "quorum")
            self.check(sorted(set(attesters)) == attesters, "attesters not ascending")
            self.check(all(each in self.places and each not in self.leaving for each in attesters), "attester's place")
            self.check_signatures(event, proposal, transaction)
        else:
            self.check(block.time_s > running.deadline and not running.needs_quorum, "final without a quorum")
        running.final = True
        self.end(event, "finalized", proposal, "none")
        self.model_root = event["modelRoot"]

    def check_signatures(self, event, proposal, transaction):
        attestations = self.attested(transaction)
        self.check(event["evaluations"] == [evaluation for evaluation, _ in attestations], "evaluations")
        self.check(len(attestations) == len(event["attesters"]), "number of attestations")
        for attester, (evaluation, signature) in zip(event["attesters"], attestations, strict=False):
            fields = {"taskId": self.task_id, "round": event["round"], "proposalHash": proposal, **unpacked(evaluation)}
            signed = digest(self.chain_id, self.federation, "attestation", fields)
            self.check(signer(signed, signature) == attester, "signature of an attestation")
            self.signatures += 1

    def on_RoundInvalidated(self, event, block, _):
        running, reason = self.now(event, ["open", "aggregating", "proposed"], "end"), c.REASONS[event["reason"]]
        expected = {"open": "too-few-updates", "aggregating": "no-proposal", "proposed": "not-attested"}
        self.check(reason == expected.get(running.phase), "reason of the end")
        if running.phase == "open":
            self.check(len(running.commitments) < self.least(running), "invalidated with enough updates")
            over = self.nobody_left(running, block.time_s) or block.time_s > running.deadline
            self.check(over, "invalidated early")
        else:
            self.check(running.attempt + 1 == self.rules["attempts"], "invalidated with attempts left")
            self.check(block.time_s > running.deadline, "invalidated early")
            self.check(running.phase != "proposed" or running.needs_quorum, "a proposal of all updates set aside")
        self.end(event, "invalidated", bytes(32), reason)

    def end(self, event, phase, proposal, reason):
        running = self.rounds[event["round"] - 1]
        base = running.opening["baseModelRoot"]
        self.head = c.extend_head(self.head, event["round"], phase, base, running.accumulator, proposal, reason)
        self.check(event["historyHead"] == self.head, "history head")
        running.phase = "ended"
