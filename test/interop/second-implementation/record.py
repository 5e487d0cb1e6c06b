"""A task's record, event by event, as docs/protocol/record.md says it must be: its rounds."""

import json

import commitments as c
from attestations import N, digest, signer, whole
from draw import draw_seed, drawn_count, next_round, ring_length, slot_of, turn
from initial_model import initial_lanes, parameter_count
from keccak import keccak256
from lanes import bytes_of, chunk_tree_root
from masking import Opened, lift, share_threshold
from members import Members
from round_state import NOTHING, Round
from rules import canonical, rules_fault

class Rounds(Members):
    """Folds the events of a task's rounds. `mix_of` tells the randomness of a block."""

    def __init__(self, chain_id, federation, task_id, mix_of):
        super().__init__(chain_id, federation, task_id)
        self.mix_of = mix_of
        self.spec, self.initial_lanes, self.mode = {}, [], ""
        self.signatures = self.accepted = 0
        self.model_root = NOTHING
        self.spent, self.pending, self.ended_open, self.ring = {}, {}, set(), {}

    def in_flight(self):
        return bool(self.rounds) and self.rounds[-1].phase not in ("accepted", "invalid")

    def now(self, event, phases, what):
        newest = self.rounds[-1]
        self.check(event["round"] == newest.opening["round"], f"{what} of another round")
        self.check(newest.phase in phases, f"{what} while {newest.phase}")
        return newest

    def on_TaskCreated(self, event, *_):
        self.rules, self.access, self.model_root = event["rules"], event["access"], event["modelRoot"]
        self.check(rules_fault(self.rules) == "valid", "rules out of range")
        text = event["spec"].decode("utf-8")
        self.spec = json.loads(text)
        self.check(canonical(self.spec) == text and len(event["spec"]) <= 8192, "specification not canonical")
        model = self.spec["model"]
        self.check(parameter_count(model) == self.rules["parameterCount"], "parameterCount is not the model's")
        self.initial_lanes = initial_lanes(model, self.spec["initialSeed"], self.rules["fractionBits"])
        self.check(chunk_tree_root(bytes_of(self.initial_lanes)) == self.model_root, "initial model")
        self.mode = c.MODES[self.rules["mode"]]
        identity = (self.chain_id, self.federation, self.task_id)
        self.head = c.initial_head(*identity, self.rules, self.model_root, event["spec"], self.access)
        self.check(event["historyHead"] == self.head, "history head at the creation")

    def on_RoundOpened(self, event, block, _):
        self.check(not self.in_flight(), "opened before the last one ended")
        number = next_round(self.rules, self.newest_number(), block.time_s, self.ring)
        self.check(event["round"] == number, "number of the round")
        self.check(self.accepted < self.rules["rounds"], "opened in a complete task")
        opened = Round(event, self.head, self.accepted)
        self.rounds.append(opened)
        self.check(event["baseModelRoot"] == self.model_root, "base model")
        self.check(event["enrolled"] == len(self.participants) >= self.rules["minUpdates"], "enrolled places")
        self.check(event["aggregators"] == len(self.aggregators), "places of aggregators")
        self.check(event["drawn"] == drawn_count(self.rules, event["enrolled"]), "number drawn")
        if event["drawn"] < event["enrolled"]:
            self.check(event["drawBlock"] == block.number + self.rules["drawDelayBlocks"], "block of the draw")
            self.check(event["commitDeadline"] == 0 and event["start"] == NOTHING, "windows before the draw")
        else:
            self.check(event["drawBlock"] == 0, "a draw of everybody")
            self.begin(opened, event, block)

    def on_RoundDrawn(self, event, block, _):
        newest = self.now(event, ["drawing"], "draw")
        number = newest.opening["drawBlock"]
        self.check(number < block.number, "drawn before its block")
        mix = self.mix_of(number) or b""
        self.check(event["seed"] == draw_seed(mix, self.federation, self.task_id, event["round"]), "seed of the draw")
        newest.seed = event["seed"]
        self.begin(newest, event, block)

    def begin(self, opened, event, block):
        window = self.rules["keyWindowS"] + self.rules["commitWindowS"]
        self.check(event["commitDeadline"] == block.time_s + window, "deadline of commitments")
        identity = (self.chain_id, self.federation, self.task_id)
        opened.start = c.start_value(*identity, opened.head, opened.opening, opened.seed)
        self.check(event["start"] == opened.start, "start value")
        opened.anchor = opened.accumulator = opened.start
        opened.phase, opened.deadline = "open", event["commitDeadline"]

    def keys_over(self, newest, time_s):
        """Whether no keys can come any more, and commitments can."""
        last = newest.deadline - self.rules["commitWindowS"]
        return self.mode == "transparent" or len(newest.keys) == newest.opening["drawn"] or time_s > last

    def least(self, newest):
        """Fewest commitments that make the round."""
        if self.mode == "encrypted" and not newest.keys:
            return 65
        shares = share_threshold(newest.opening["drawn"], self.rules["thresholdPercent"]) if self.mode == "masked" else 0
        return max(self.rules["minUpdates"], shares + 1)

    def nobody_left(self, newest, time_s):
        """Whether a round can be closed before its deadline."""
        count = len(newest.commitments)
        if self.mode == "transparent":
            return count == newest.opening["drawn"]
        if self.mode == "masked":
            done = count == len(newest.keys) or len(newest.keys) < self.least(newest)
        else:
            done = not newest.keys or count == newest.opening["drawn"]
        return self.keys_over(newest, time_s) and done

    def has_budget(self, who):
        spent = self.spent.get(who, 0)
        pending = self.pending.get(who)
        if pending is not None and pending not in self.ended_open:
            spent += 1
        return not self.rules["roundsPerParticipant"] or spent < self.rules["roundsPerParticipant"]

    def check_place(self, newest, event):
        who = event["participant"]
        self.check(who in self.participants and who not in self.leaving, "without a place")
        enrolled, drawn = newest.opening["enrolled"], newest.opening["drawn"]
        index = self.participants.index(who) if who in self.participants else enrolled
        slot = slot_of(index, enrolled, drawn, newest.seed) if index < enrolled else drawn
        self.check(slot == event["slot"] < drawn, "slot of the draw")
        self.check(self.has_budget(who), "budget of rounds")

    def on_Advertised(self, event, block, _):
        newest, who = self.now(event, ["open"], "keys"), event["participant"]
        self.check(self.mode != "transparent" and not newest.commitments, "keys at another time")
        self.check(block.time_s <= newest.deadline - self.rules["commitWindowS"], "keys late")
        self.check_place(newest, event)
        self.check(event["slot"] not in newest.keys, "keys twice")
        x = int.from_bytes(event["maskKey"], "big")
        self.check(self.mode != "masked" or 0 < x < N and lift(x), "mask key")
        signed = digest(self.chain_id, self.federation, "advertisement", {**event, "start": newest.start})
        self.check(signer(signed, whole(event["r"], event["vs"])) == who, "signature of keys")
        self.signatures += 1
        newest.keys[event["slot"]] = event
        newest.anchor = newest.accumulator = c.extend_anchor(newest.anchor, event)

    def on_Committed(self, event, block, _):
        newest, who = self.now(event, ["open"], "commitment"), event["participant"]
        self.check(block.time_s <= newest.deadline, "commitment late")
        self.check(self.keys_over(newest, block.time_s), "commitment while keys could come")
        self.check(self.mode != "masked" or event["slot"] in newest.keys, "commitment without keys")
        self.check(1 <= event["weight"] <= self.rules["maxWeight"], "weight")
        self.check(all(other["participant"] != who for other in newest.commitments), "committed twice")
        self.check_place(newest, event)
        if self.rules["roundsPerParticipant"]:
            pending = self.pending.pop(who, None)
            counts = self.mode != "masked" or pending is not None and pending not in self.ended_open
            self.spent[who] = self.spent.get(who, 0) + counts
            if self.mode == "masked":
                self.pending[who] = event["round"]
        newest.commitments.append(event)
        newest.accumulator = c.extend_accumulator(newest.accumulator, event)

    def on_RoundClosed(self, event, block, _):
        newest = self.now(event, ["open"], "closing")
        self.check(newest.judges() >= self.least(newest), "too few updates")
        self.check(self.nobody_left(newest, block.time_s) or block.time_s > newest.deadline, "closed early")
        self.check(event["committed"] == newest.committed(), "bitmap")
        self.check(event["totalWeight"] == newest.total_weight(), "total weight")
        self.check(event["accumulator"] == newest.accumulator, "accumulator at the closing")
        newest.phase = "closed"

    def turn(self, newest, attempt):
        """The place whose turn it is, of those that the round counts."""
        marks = ["leaving" if who in self.leaving else "idle" if who in self.idle else "" for who in self.aggregators]
        return turn(newest.opening["round"], attempt, marks[: newest.opening["aggregators"]])

    def end_turn(self, newest, time_s):
        """Why another is assigned: numbers of reasons; None at the closing."""
        if newest.phase == "closed":
            return None
        if newest.struck_attempt == newest.attempt:
            return c.REASONS.index("proven-wrong")
        self.check(time_s > newest.deadline, "reassigned early")
        if newest.phase == "proposed":
            return c.REASONS.index("not-attested")
        self.idle.add(newest.aggregator)
        return c.REASONS.index("no-proposal")

    def on_AggregatorAssigned(self, event, block, _):
        newest = self.now(event, ["closed", "aggregating", "proposed"], "assignment")
        self.check(event["attempt"] == newest.attempt + 1 < self.rules["attempts"], "attempt")
        reason = self.end_turn(newest, block.time_s)
        self.check(reason is None or newest.judges() >= self.rules["minUpdates"], "assigned for too few updates")
        place = self.turn(newest, event["attempt"])
        self.check(event["place"] == place and event["count"] == newest.opening["aggregators"], "place whose turn it is")
        self.check(self.aggregators[event["place"]] == event["aggregator"], "aggregator whose turn it is")
        self.check(event["deadline"] == block.time_s + self.rules["aggregateWindowS"], "deadline of the assignment")
        newest.attempt, newest.aggregator, newest.deadline = event["attempt"], event["aggregator"], event["deadline"]
        newest.phase, newest.proposal = "aggregating", None
        if reason is not None:
            self.entry(c.REASSIGNED, event["round"], event["attempt"], event["aggregator"], reason, newest.standing)
        newest.standing = NOTHING

    def check_openings(self, newest, openings):
        if self.mode == "masked":
            slots = [each["slot"] for each in newest.commitments]
            self.check(len(openings) == 32 * len(newest.keys), "length of the openings")
            newest.opened = Opened(self.task_id, newest.opening["round"], newest.keys, slots, openings)
        else:
            self.check(len(openings) == (32 if self.mode == "encrypted" else 0), "length of the openings")

    def on_Proposed(self, event, block, _):
        newest, proposal = self.now(event, ["aggregating"], "proposal"), event["proposal"]
        self.check(block.time_s <= newest.deadline, "proposal late")
        self.check(proposal["aggregator"] == newest.aggregator and proposal["attempt"] == newest.attempt, "proposer")
        self.check(newest.aggregator not in self.leaving, "proposed while leaving")
        self.check(event["accumulator"] == newest.accumulator, "accumulator of the proposal")
        self.check_openings(newest, event["openings"])
        excluded, committed = proposal["excluded"], newest.committed()
        stay = (committed & ~excluded).bit_count()
        self.check(not excluded & ~committed and stay >= self.rules["minUpdates"], "exclusion")
        self.check(self.mode == "transparent" or excluded == 0, "an update left out of a sum")
        self.check(event["attestDeadline"] == block.time_s + self.rules["attestWindowS"], "deadline of attestations")
        newest.phase, newest.proposal, newest.openings = "proposed", proposal, event["openings"]
        newest.deadline, newest.standing = event["attestDeadline"], self.proposal_hash(newest)
        self.idle.discard(newest.aggregator)

    def on_RoundAccepted(self, event, block, _):
        newest, attesters = self.now(event, ["proposed"], "acceptance"), event["attesters"]
        slots = {each["participant"]: each["slot"] for each in newest.commitments}
        able = [who for who in attesters if who in slots and not newest.expelled >> slots[who] & 1]
        self.check(len(able) == len(set(attesters)) == len(attesters), "attesters")
        self.check(len(attesters) >= max(self.rules["attestationQuorum"], newest.judges() // 2 + 1), "quorum")
        self.check(block.time_s <= newest.deadline, "accepted late")
        self.check(event["modelRoot"] == newest.proposal["modelRoot"], "accepted model not the proposed one")
        until = block.time_s + self.rules["challengeWindowS"]
        self.check(event["provableUntil"] == until, "end of the window")
        self.ring[event["round"] % ring_length(self.rules)] = newest.provable_until = until
        self.entry(c.ACCEPTED, event["round"], c.word_hash(self.inputs(newest), newest.standing, attesters))
        self.check(event["historyHead"] == self.head, "history head")
        newest.phase, newest.attesters = "accepted", attesters
        self.model_root, self.accepted = event["modelRoot"], self.accepted + 1

    def proposal_hash(self, played):
        openings, accumulator = played.openings, played.accumulator
        return c.proposal_hash(self.task_id, played.opening["round"], accumulator, openings, played.proposal)

    def inputs(self, played):
        """What a round's word binds."""
        return {
            **played.opening,
            "committed": played.committed(),
            "keyed": sum(1 << slot for slot in played.keys),
            "totalWeight": played.total_weight(),
            "acceptedBefore": played.accepted_before,
            "anchor": played.anchor,
            "accumulator": played.accumulator,
            "openingsHash": keccak256(played.openings),
        }

    def on_RoundInvalid(self, event, block, _):
        newest = self.now(event, ["drawing", "open", "aggregating", "proposed"], "end")
        reason = c.REASONS[event["reason"]]
        self.check_reason(newest, reason, block)
        if newest.phase in ("drawing", "open"):
            self.ended_open.add(event["round"])
        self.entry(c.INVALID, event["round"], event["reason"], newest.anchor, newest.accumulator, newest.standing)
        self.check(event["historyHead"] == self.head, "history head")
        newest.phase = "invalid"

    def check_reason(self, newest, reason, block):
        phase, late = newest.phase, block.time_s > newest.deadline
        struck = newest.struck_attempt == newest.attempt >= 0
        self.check((reason == "rolled-back") == (self.rolling and not struck), "reason of the end")
        if reason == "rolled-back":
            return
        if phase == "drawing":
            self.check(reason == "no-draw" and block.number > newest.opening["drawBlock"] + 256, "reason of the end")
            return
        if phase == "open":
            few = newest.judges() < self.least(newest)
            self.check(reason == ("too-few-updates" if few else "no-aggregator"), "reason of the end")
            self.check(late or self.nobody_left(newest, block.time_s), "invalid early")
            self.check(few or self.turn(newest, 0) is None, "invalid with an aggregator left")
            return
        if newest.judges() < self.rules["minUpdates"]:
            self.check(reason == "too-few-updates", "reason of the end")
            return
        self.check(late or struck, "invalid early")
        if phase == "aggregating" and not struck:
            self.idle.add(newest.aggregator)
        if newest.attempt + 1 == self.rules["attempts"]:
            expected = "proven-wrong" if struck else "no-proposal" if phase == "aggregating" else "not-attested"
            self.check(reason == expected, "reason of the end")
        else:
            nobody = self.turn(newest, newest.attempt + 1) is None
            self.check(reason == "no-aggregator" and nobody, "reason of the end")
