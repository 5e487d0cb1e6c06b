"""Who is in a task: roles, places, bonds, and the entries of its history that tell of them (docs/protocol/record.md)."""

import commitments as c
from keccak import keccak256

PARTICIPANT, AGGREGATOR = keccak256(b"PARTICIPANT_ROLE"), keccak256(b"AGGREGATOR_ROLE")
FREED_STEPS = 32
MOST_AGGREGATORS = 32
NOTHING_SAID = {"organisation": bytes(32), "region": bytes(32), "clearance": 0}


class Members:
    """What is wrong is collected, not raised."""

    def __init__(self, chain_id, federation, task_id):
        self.chain_id, self.federation, self.task_id = chain_id, federation, task_id
        self.wrong, self.head = [], bytes(32)
        self.roles, self.attributes = {PARTICIPANT: set(), AGGREGATOR: set()}, {}
        self.rules, self.access, self.rounds = {}, {}, []
        self.participants, self.aggregators = [], []
        self.leaving, self.idle, self.expelled, self.marks = set(), set(), set(), []
        # whoever ever had a place
        self.entered = set()
        self.bonds, self.free_from = {}, {}
        # of a call that frees places: its transaction, and whose places it has to free yet
        self.freeing = None

    def check(self, holds, what):
        if not holds:
            self.wrong.append(f"round {self.newest_number()}: {what}")

    def newest_number(self):
        return self.rounds[-1].number if self.rounds else 0

    def entry(self, number, *fields):
        """One more entry of the history."""
        self.head = c.extend_head(self.head, number, *fields)

    def on_RoleGranted(self, event, *_):
        self.roles.get(event["role"], set()).add(event["account"])

    def on_RoleRevoked(self, event, *_):
        self.roles.get(event["role"], set()).discard(event["account"])

    def on_AttributesSet(self, event, *_):
        self.attributes[event["account"]] = event["attributes"]

    def list_of(self, who):
        return next((places for places in (self.participants, self.aggregators) if who in places), None)

    def enter(self, who, event, places, most, role, bond):
        said = self.attributes.get(who, NOTHING_SAID)
        lists = (("organisations", "organisation"), ("regions", "region"))
        admitted = all(not self.access[many] or said[one] in self.access[many] for many, one in lists)
        self.check(who in self.roles[role], "entered without the role")
        self.check(admitted and said["clearance"] >= self.access["clearance"], "entered without the attributes")
        self.check(event["attributesHash"] == c.attributes_hash(said), "hash of the attributes")
        self.check(self.list_of(who) is None and who not in self.expelled, "entered twice, or expelled")
        self.check(event["index"] == len(places) < most, "index of the place")
        self.check(self.accepted < self.rules["rounds"], "entered a complete task")
        places.append(who)
        self.entered.add(who)
        self.bonds.setdefault(who, bond * 10**9)
        self.free_from.pop(who, None)

    def on_Enrolled(self, event, *_):
        who = event["participant"]
        most = (1 << 18) - 1 if self.rules["drawDelayBlocks"] else self.rules["maxUpdates"]
        self.enter(who, event, self.participants, most, PARTICIPANT, self.rules["participantBondGwei"])
        self.check(any(event["statement"]) or not self.rules["statementRequired"], "no statement")
        self.entry(c.ENROLLED, who, event["statement"], event["attributesHash"])

    def on_Joined(self, event, *_):
        who = event["aggregator"]
        self.enter(who, event, self.aggregators, MOST_AGGREGATORS, AGGREGATOR, self.rules["aggregatorBondGwei"])
        self.entry(c.JOINED, who, event["attributesHash"])

    def mark(self, who):
        """Notes that the place of a member is to be freed; whether there is one that was not yet."""
        places = self.list_of(who)
        if places is None or who in self.leaving:
            return False
        self.leaving.add(who)
        self.marks.append((places is self.aggregators, places.index(who)))
        return True

    def on_Leaving(self, event, *_):
        self.check(self.mark(event["account"]), "leaving without a place")
        self.entry(c.LEAVING, event["account"])

    def to_free(self):
        """Whose places a call frees: 32 steps over the marks, the newest first; the last of a list goes before the others."""
        lists, freed = {False: self.participants[:], True: self.aggregators[:]}, []
        for _ in range(FREED_STEPS):
            if not self.marks:
                break
            aggregates, index = self.marks[-1]
            places = lists[aggregates]
            if index >= len(places) or places[index] not in self.leaving:
                self.marks.pop()
                continue
            last = places.pop()
            if last in self.leaving:
                freed.append(last)
                continue
            freed.append(places[index])
            places[index] = last
            self.marks.pop()
        return freed

    def on_Left(self, event, block, transaction):
        who = event["account"]
        self.check(not self.in_flight(), "place freed in a round")
        if self.freeing is None:
            self.freeing = self.to_free()
            self.freed = len(self.freeing)
        self.check(who == next(iter(self.freeing), None), "another place is to be freed")
        places = self.list_of(who) or [who]
        last = places.pop()
        if last != who:
            places[places.index(who)] = last
        for marked in (self.leaving, self.idle):
            marked.discard(who)
        self.free_from[who] = block.time_s + self.rules["challengeWindowS"] + 1
        self.freeing = self.freeing[1:]
        if not self.freeing:
            self.freeing = None
            self.entry(c.FREED, self.freed)

    def on_Resumed(self, event, *_):
        self.check(event["aggregator"] in self.idle, "resumed and not idle")
        self.idle.discard(event["aggregator"])
        self.entry(c.RESUMED, event["aggregator"])

    def on_ShareKeySet(self, event, *_):
        self.check(self.mode == "masked" and len(event["shareKey"]) == 96, "share key")
        self.check(event["participant"] in self.participants, "share key of a stranger")
        self.entry(c.SHARE_KEY, event["participant"], keccak256(event["shareKey"]))

    def on_Recorded(self, event, *_):
        self.entry(c.RECORDED, event["author"], event["kind"], event["hash"])

    def on_BondReleased(self, event, block, _):
        who = event["account"]
        self.check(who in self.free_from and block.time_s >= self.free_from[who], "bond released early")
        self.check(event["amountWei"] == self.bonds.pop(who, 0), "bond released")
