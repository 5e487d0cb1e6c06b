"""Section 5 of docs/protocol.md: the hashes that tie a task's record together."""

from keccak import keccak256

MODES = ["transparent", "masked", "encrypted"]
RULES = ["weighted-mean", "coordinate-median", "trimmed-mean"]
PHASES = ["none", "open", "aggregating", "proposed", "finalized", "invalidated"]
REASONS = ["none", "too-few-updates", "no-proposal", "not-attested", "challenge-won", "ancestor-invalid"]
CHALLENGES = ["wrong-chunk", "invalid-update", "wrong-weight", "left-out", "withheld", "false-opening"]
MISCONDUCTS = ["invalid-update", "equivocation", "withheld"]
DEMANDS = ["update-chunk", "model-nodes"]
RULE_FIELDS = (
    "mode rule fractionBits attempts parameterCount clipLanes maxWeight serverRateQ16 rounds minUpdates maxUpdates "
    "participationBps roundsPerParticipant trim thresholdPercent attestationQuorum holders pipelined commitWindowS aggregateWindowS "
    "challengeWindowS aggregatorBondGwei participantBondGwei neighbours keyWindowS"
).split()


def encode(*values):
    """abi.encode of static values: integers (negative ones in two's complement), and bytes of 20 (an address) or 32."""
    return b"".join(
        value.rjust(32, b"\0") if isinstance(value, bytes) else (value % (1 << 256)).to_bytes(32, "big") for value in values
    )


def rules_hash(rules):
    return keccak256(encode(*(rules[field] for field in RULE_FIELDS)))


def access_hash(access):
    """Of who may enrol in a restricted task; its lists are of words."""
    lists = (access["organisations"], access["regions"])
    words = [word for each in lists for word in (len(each), *each)]
    return keccak256(encode(32, 96, 32 * (4 + len(lists[0])), access["clearance"], *words))


def initial_head(chain_id, federation, task_id, rules, model_root, spec, access=None):
    head = keccak256(encode(chain_id, federation, task_id, rules_hash(rules), model_root, keccak256(spec)))
    return keccak256(encode(head, access_hash(access))) if access else head


def update_root(participant, root):
    """What a participant commits to for an update with this chunk tree root."""
    return keccak256(b"\x03" + participant + root)


def demand_id(demand):
    fields = ("taskId", "round", "proposalHash", "kind", "place", "index", "root")
    return keccak256(encode(*(demand[field] for field in fields)))


def case_hash(task_id, round_number, subject, kind, index):
    return keccak256(encode(task_id, round_number, subject, kind, index))


def start_accumulator(chain_id, federation, task_id, opening):
    fields = ("round", "baseModelRoot", "seed", "enrolled", "drawn")
    return keccak256(encode(chain_id, federation, task_id, *(opening[field] for field in fields)))


def extend_accumulator(accumulator, commitment):
    fields = ("participant", "slot", "weight", "updateRoot", "contentId")
    return keccak256(encode(accumulator, *(commitment[field] for field in fields)))


def extend_by_keys(accumulator, advertisement):
    fields = ("participant", "slot", "maskKey", "seedHash", "sharesId")
    return keccak256(encode(accumulator, 1, *(advertisement[field] for field in fields)))


def proposal_hash(task_id, round_number, proposal):
    fields = ("attempt", "aggregator", "modelRoot", "contentId", "totalWeight", "excluded")
    return keccak256(encode(task_id, round_number, *(proposal[field] for field in fields)))


def extend_head(head, round_number, phase, base_model_root, accumulator, proposal, reason):
    """`proposal` is the final proposal's hash, or 32 zero bytes."""
    return keccak256(
        encode(head, round_number, PHASES.index(phase), base_model_root, accumulator, proposal, REASONS.index(reason))
    )
