"""The Solidity ABI, as far as the record needs it. A type is a text ("uint32"), a struct (list of (type, name)), or ("[]", type)."""

from keccak import keccak256

RULES = [(kind, name) for kind, name in (field.split() for field in (
    "uint8 mode,uint8 rule,uint8 fractionBits,uint8 attempts,uint32 parameterCount,uint32 clipLanes,uint32 maxWeight,"
    "uint32 serverRateQ16,uint16 rounds,uint16 minUpdates,uint16 maxUpdates,uint16 participationBps,"
    "uint16 roundsPerParticipant,uint8 trim,uint8 thresholdPercent,uint16 attestationQuorum,uint24 commitWindowS,"
    "uint24 aggregateWindowS,uint24 attestWindowS,uint24 challengeWindowS,uint24 keyWindowS,uint48 aggregatorBondGwei,"
    "uint48 participantBondGwei,uint16 drawDelayBlocks,bool statementRequired"
).split(","))]
PROPOSAL = [("uint8", "attempt"), ("address", "aggregator"), ("bytes32", "modelRoot"), ("bytes32", "contentId"),
            ("uint64", "totalWeight"), ("uint64", "excluded")]
ACCESS = [(("[]", "bytes32"), "organisations"), (("[]", "bytes32"), "regions"), ("uint8", "clearance")]
ATTRIBUTES = [("bytes32", "organisation"), ("bytes32", "region"), ("uint8", "clearance")]

TASK = [("uint32", "taskId", True)]
ROUND = [*TASK, ("uint32", "round", True)]
MEMBER = [*TASK, ("address", "account", True)]
ROLE = [("bytes32", "role", True), ("address", "account", True), ("address", "sender", True)]
EVENTS = {
    "TaskCreated": [*TASK, ("address", "creator", True), (RULES, "rules"), (ACCESS, "access"), ("bytes32", "modelRoot"),
                    ("bytes", "spec"), ("bytes32", "historyHead")],
    "Enrolled": [*TASK, ("address", "participant", True), ("uint32", "index"), ("bytes32", "statement"),
                 ("bytes32", "attributesHash")],
    "Joined": [*TASK, ("address", "aggregator", True), ("uint32", "index"), ("bytes32", "attributesHash")],
    "Leaving": MEMBER,
    "Left": MEMBER,
    "Resumed": [*TASK, ("address", "aggregator", True)],
    "ShareKeySet": [*TASK, ("address", "participant", True), ("bytes", "shareKey")],
    "Recorded": [*TASK, ("address", "author", True), ("uint8", "kind"), ("bytes32", "hash")],
    "RoundOpened": [*ROUND, ("bytes32", "baseModelRoot"), ("uint32", "enrolled"), ("uint8", "drawn"), ("uint8", "aggregators"),
                    ("uint64", "drawBlock"), ("uint40", "commitDeadline"), ("bytes32", "start")],
    "RoundDrawn": [*ROUND, ("uint64", "seed"), ("uint40", "commitDeadline"), ("bytes32", "start")],
    "Advertised": [*ROUND, ("address", "participant", True), ("uint8", "slot"), ("bytes32", "maskKey"), ("bytes32", "seedHash"),
                   ("bytes32", "sharesId"), ("bytes32", "shareKey"), ("bytes32", "r"), ("bytes32", "vs")],
    "Committed": [*ROUND, ("address", "participant", True), ("uint8", "slot"), ("uint32", "weight"), ("bytes32", "updateRoot"),
                  ("bytes32", "contentId")],
    "RoundClosed": [*ROUND, ("uint64", "committed"), ("uint64", "totalWeight"), ("bytes32", "accumulator")],
    "AggregatorAssigned": [*ROUND, ("address", "aggregator", True), ("uint8", "attempt"), ("uint8", "place"), ("uint8", "count"),
                           ("uint40", "deadline")],
    "Proposed": [*ROUND, ("bytes32", "accumulator"), (PROPOSAL, "proposal"), ("bytes", "openings"), ("uint40", "attestDeadline")],
    "RoundAccepted": [*ROUND, ("bytes32", "modelRoot"), (("[]", "address"), "attesters"), ("uint40", "provableUntil"),
                      ("bytes32", "historyHead")],
    "RoundInvalid": [*ROUND, ("uint8", "reason"), ("bytes32", "historyHead")],
    "Struck": [*ROUND, ("address", "prover", True), ("address", "aggregator"), ("address", "offender"), ("uint8", "kind"),
               ("uint32", "index")],
    "RolledBack": [*TASK, ("uint32", "firstRound"), ("uint32", "lastRound"), ("bytes32", "modelRoot")],
    "MemberExpelled": [*ROUND, ("address", "account", True), ("uint8", "kind"), ("uint256", "amountWei")],
    "Rewarded": [*TASK, ("address", "prover", True), ("uint256", "rewardWei"), ("uint256", "burntWei")],
    "BondReleased": [*MEMBER, ("uint256", "amountWei")],
    "AttributesSet": [("address", "account", True), (ATTRIBUTES, "attributes")],
    "RoleGranted": ROLE,
    "RoleRevoked": ROLE,
}


def canonical(kind):
    """The type in a signature, a struct as its fields in parentheses."""
    if isinstance(kind, list):
        return "(" + ",".join(canonical(field[0]) for field in kind) + ")"
    return canonical(kind[1]) + "[]" if isinstance(kind, tuple) else kind


def signature_hash(name, fields):
    return keccak256((name + canonical(fields)).encode())


def _dynamic(kind):
    return any(_dynamic(field[0]) for field in kind) if isinstance(kind, list) else isinstance(kind, tuple) or kind == "bytes"


def _head_bytes(kind):
    return sum(_head_bytes(field[0]) for field in kind) if isinstance(kind, list) and not _dynamic(kind) else 32


def _integer(data, at):
    return int.from_bytes(data[at : at + 32], "big")


def decode(kind, data, at=0):
    """The value at `at`: int, bytes (20 for an address), dict for a struct, list for an array."""
    if isinstance(kind, list):
        value, head = {}, at
        for field in kind:
            value[field[1]] = decode(field[0], data, at + _integer(data, head) if _dynamic(field[0]) else head)
            head += _head_bytes(field[0])
        return value
    if isinstance(kind, tuple):
        count = _integer(data, at)
        if count > len(data):
            raise ValueError("array longer than its data")
        items = decode([(kind[1], i) for i in range(count)], data, at + 32)
        return [items[i] for i in range(count)]
    if kind == "bytes":
        return data[at + 32 : at + 32 + _integer(data, at)]
    word = data[at : at + 32]
    if kind == "bytes32":
        return word
    if kind == "address":
        return word[12:]
    return int.from_bytes(word, "big", signed=kind.startswith("int"))


TOPICS = {signature_hash(name, fields): name for name, fields in EVENTS.items()}


def decode_log(topics, data):
    """The name and the fields of an event; None for an event of another kind."""
    name = TOPICS.get(topics[0])
    if name is None:
        return None
    indexed = iter(topics[1:])
    event = decode([field for field in EVENTS[name] if len(field) == 2], data)
    for kind, field, *_ in (field for field in EVENTS[name] if len(field) == 3):
        event[field] = decode(kind, next(indexed))
    return name, event
