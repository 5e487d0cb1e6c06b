"""What proofs do to a task's record (docs/protocol/proofs.md), and the record as a whole."""

import commitments as c
from record import Rounds
from rules import proof_wei


class Record(Rounds):
    """Takes a task's events one by one. A proof is told by several: until its last, `proof` says what it is about."""

    def __init__(self, *about):
        super().__init__(*about)
        self.proof = None

    @property
    def rolling(self):
        """Whether a strike is being told that rolls rounds back."""
        return self.proof is not None and self.proof["rolls"] and self.proof["void"] is None

    def add(self, name, event, block, transaction):
        """Takes the next event, its block and its transaction's hash."""
        free = ("RoleGranted", "RoleRevoked", "AttributesSet")
        if name not in free and self.proof is not None:
            inside = ("RoundInvalid", "RolledBack", "MemberExpelled", "Rewarded")
            self.check(name in inside, "a proof is not told to its end")
        self.check(self.freeing is None or name in (*free, "Left"), "places are not freed to the end")
        getattr(self, f"on_{name}")(event, block, transaction)

    def struck_round(self, event):
        """The round that an event names; the newest where there is none."""
        return next((each for each in self.rounds if each.number == event["round"]), self.rounds[-1])

    def on_Struck(self, event, block, _):
        played, kind = self.struck_round(event), c.PROOFS[event["kind"]]
        stands = played.phase == "proposed"
        self.check(stands or played.phase == "accepted", "struck without a proposal")
        self.check(event["aggregator"] == (played.proposal or {}).get("aggregator"), "struck aggregator")
        self.check(stands or block.time_s <= played.provable_until, "struck after its window")
        self.check(kind != "equivocation", "kind of a strike")
        rolls = not stands and not played.void
        # whose update made it wrong: one that the proposal counts; nobody's but for that kind
        excluded = (played.proposal or {}).get("excluded", 0)
        counted = [each["participant"] for each in played.commitments if not excluded >> each["slot"] & 1]
        offenders = counted if kind == "invalid-update" else [bytes(20)]
        self.check(event["offender"] in offenders, "offender")
        concerned = [event["aggregator"], *(played.attesters or []), event["offender"]]
        self.proof = {"event": event, "rolls": rolls, "void": None, "taken": 0, "concerned": concerned, "hash": played.standing}
        if stands:
            played.struck_attempt, played.phase, played.proposal = played.attempt, "aggregating", None

    def on_RolledBack(self, event, *_):
        self.check(self.rolling and not self.in_flight(), "rolled back without a strike")
        first, last = event["firstRound"], event["lastRound"]
        played = self.struck_round({"round": first})
        struck = self.proof["event"]["round"] if self.proof else 0
        self.check(first == struck and last == self.newest_number(), "rounds that are void")
        self.check(event["modelRoot"] == played.opening["baseModelRoot"], "model rolled back to")
        for each in self.rounds:
            each.void = each.void or each.number >= first
        self.model_root, self.accepted = event["modelRoot"], played.accepted_before
        if self.proof:
            self.proof["void"] = (first, last)

    def on_MemberExpelled(self, event, *_):
        who = event["account"]
        self.check(who not in self.expelled, "expelled twice")
        self.check(who in self.entered, "a stranger expelled")
        self.check(event["amountWei"] == self.bonds.pop(who, 0), "bond taken")
        if self.proof is None:
            self.proof = {"event": event, "rolls": False, "void": None, "taken": 0, "concerned": [who]}
        self.check(event["round"] == self.proof["event"]["round"], "round of an expulsion")
        self.check(who in self.proof["concerned"], "expelled without a reason")
        self.proof["taken"] += event["amountWei"]
        self.expelled.add(who)
        self.mark(who)
        if self.in_flight():
            slots = [each["slot"] for each in self.rounds[-1].commitments if each["participant"] == who]
            self.rounds[-1].expelled |= sum(1 << slot for slot in slots)

    def on_Rewarded(self, event, *_):
        proof, self.proof = self.proof, None
        if proof is None:
            self.check(False, "rewarded for nothing")
            return
        about, taken = proof["event"], proof["taken"]
        reward = min(taken // 2, proof_wei(self.rules, c.PROOFS[about["kind"]]) * 3 // 2)
        self.check((event["rewardWei"], event["burntWei"]) == (reward, taken - reward), "reward")
        if "index" in about:
            self.check(event["prover"] == about["prover"], "prover")
            self.check(not proof["rolls"] or proof["void"] is not None, "struck and not rolled back")
            voids = proof["void"] or (0, 0)
            fields = (about["kind"], about["index"], event["prover"], *voids, proof["hash"], about["offender"])
            self.entry(c.STRUCK, about["round"], *fields)
        else:
            self.entry(c.EXPELLED, about["round"], about["account"], about["kind"], event["prover"])
