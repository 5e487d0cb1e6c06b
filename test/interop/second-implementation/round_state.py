"""One round of a task, as its events have told it."""

from dataclasses import dataclass, field

NOTHING = bytes(32)


@dataclass
class Block:
    """What the record needs of an event's block."""

    number: int
    time_s: int


@dataclass
class Round:
    """One round; `deadline` is that of its current step, `head` the history's before the opening."""

    opening: dict
    head: bytes
    accepted_before: int
    deadline: int = 0
    phase: str = "drawing"
    seed: int = 0
    start: bytes = NOTHING
    anchor: bytes = NOTHING
    accumulator: bytes = NOTHING
    keys: dict = field(default_factory=dict)
    commitments: list = field(default_factory=list)
    expelled: int = 0
    attempt: int = -1
    aggregator: bytes = b""
    proposal: dict | None = None
    openings: bytes = b""
    # hash of the newest proposal; zero once another attempt began
    standing: bytes = NOTHING
    struck_attempt: int = -1
    attesters: list | None = None
    provable_until: int = 0
    void: bool = False

    @property
    def number(self):
        return self.opening["round"]

    def committed(self):
        return sum(1 << each["slot"] for each in self.commitments)

    def judges(self):
        """How many that committed are not expelled."""
        return (self.committed() & ~self.expelled).bit_count()

    def total_weight(self):
        return sum(each["weight"] for each in self.commitments)
