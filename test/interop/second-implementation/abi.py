"""The Solidity ABI, as far as the record needs it. A type is a text ("uint32"), a struct (list of (type, name)), or ("[]", type)."""

from keccak import keccak256

RULES = [(kind, name) for kind, name in (field.split() for field in (
    "uint8 mode,uint8 rule,uint8 fractionBits,uint8 attempts,uint32 parameterCount,uint32 clipLanes,uint32 maxWeight,"
    "uint32 serverRateQ16,uint16 rounds,uint16 minUpdates,uint16 maxUpdates,uint16 participationBps,"
    "uint16 roundsPerParticipant,uint8 trim,uint8 thresholdPercent,uint16 attestationQuorum,uint8 holders,bool pipelined,uint32 commitWindowS,"
    "uint32 aggregateWindowS,uint32 challengeWindowS,uint48 aggregatorBondGwei,uint48 participantBondGwei,"
    "uint8 neighbours,uint24 keyWindowS"
).split(","))]
PROPOSAL = [("uint8", "attempt"), ("address", "aggregator"), ("bytes32", "modelRoot"), ("bytes32", "contentId"),
            ("uint64", "totalWeight"), ("uint64", "excluded")]
ACCESS = [(("[]", "bytes32"), "organisations"), (("[]", "bytes32"), "regions"), ("uint8", "clearance")]
ATTESTATION = [("uint256", "evaluation"), ("bytes32", "r"), ("bytes32", "vs")]
AVAILABILITY = [("uint64", "slots"), ("bytes32", "r"), ("bytes32", "vs")]

ROUND = [("uint32", "taskId", True), ("uint32", "round", True)]
ENROLMENT = [("uint32", "taskId", True), ("address", "participant", True)]
ROLE = [("bytes32", "role", True), ("address", "account", True), ("address", "sender", True)]
EVENTS = {
    "TaskCreated": [("uint32", "taskId", True), ("address", "creator", True), (RULES, "rules"), ("bytes32", "modelRoot"),
                    ("bytes", "spec")],
    "AccessRestricted": [("uint32", "taskId", True), (ACCESS, "access")],
    "Enrolled": [*ENROLMENT, ("uint32", "index")],
    "Leaving": ENROLMENT,
    "Left": ENROLMENT,
    "RoundOpened": [*ROUND, ("bytes32", "baseModelRoot"), ("uint72", "seed"), ("uint32", "enrolled"), ("uint8", "drawn"),
                    ("uint40", "commitDeadline"), ("bytes32", "accumulator")],
    "Advertised": [*ROUND, ("address", "participant", True), ("uint8", "slot"), ("bytes32", "maskKey"),
                   ("bytes32", "seedHash"), ("bytes32", "sharesId")],
    "Committed": [*ROUND, ("address", "participant", True), ("uint8", "slot"), ("uint32", "weight"),
                  ("bytes32", "updateRoot"), ("bytes32", "contentId")],
    "RoundClosed": [*ROUND, ("uint64", "committed"), ("uint64", "totalWeight"), ("bytes32", "accumulator")],
    "AggregatorAssigned": [*ROUND, ("uint8", "attempt"), ("address", "aggregator", True), ("uint40", "deadline")],
    "Opened": [*ROUND, ("uint8", "attempt"), ("bytes", "openings")],
    "Proposed": [*ROUND, (PROPOSAL, "proposal"), ("uint40", "challengeDeadline")],
    "RoundFinalized": [*ROUND, ("bytes32", "modelRoot"), (("[]", "address"), "attesters"),
                       (("[]", "uint256"), "evaluations"), ("bytes32", "historyHead")],
    "RoundInvalidated": [*ROUND, ("uint8", "reason"), ("bytes32", "historyHead")],
    "RoleGranted": ROLE,
    "RoleRevoked": ROLE,
}
FINALIZE = [("uint32", "taskId"), ("uint32", "round"), (PROPOSAL, "proposal"), (("[]", ATTESTATION), "attestations")]
PROPOSE = [("uint32", "taskId"), ("uint32", "round"), (PROPOSAL, "proposal"), (("[]", AVAILABILITY), "words")]
PROPOSE_OPENED = [*PROPOSE, ("bytes", "openings")]
TASK_STATE = [("uint32", "round"), ("uint8", "phase"), ("bytes32", "modelRoot"), ("bytes32", "accumulator"),
              ("bytes32", "historyHead")]


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
