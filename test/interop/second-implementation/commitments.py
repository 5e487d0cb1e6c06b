"""The hashes that tie a task's record together (docs/protocol/record.md)."""

from keccak import keccak256

MODES = ["transparent", "masked", "encrypted"]
RULES = ["weighted-mean", "coordinate-median", "trimmed-mean"]
REASONS = (
    "none too-few-updates no-proposal not-attested proven-wrong rolled-back no-aggregator no-draw"
).split()
PROOFS = "wrong-chunk wrong-weight invalid-update false-opening equivocation".split()
RULE_FIELDS = (
    "mode rule fractionBits attempts parameterCount clipLanes maxWeight serverRateQ16 rounds minUpdates maxUpdates "
    "participationBps roundsPerParticipant trim thresholdPercent attestationQuorum commitWindowS aggregateWindowS attestWindowS "
    "challengeWindowS keyWindowS aggregatorBondGwei participantBondGwei drawDelayBlocks statementRequired"
).split()
PROPOSAL_FIELDS = "attempt aggregator modelRoot contentId totalWeight excluded".split()
INPUT_FIELDS = (
    "taskId round drawn committed keyed totalWeight acceptedBefore baseModelRoot anchor accumulator openingsHash"
).split()
# numbers of the entries of a history
ENROLLED, JOINED, LEAVING, FREED, RESUMED, RECORDED, ACCEPTED, INVALID, REASSIGNED, STRUCK, EXPELLED, SHARE_KEY = range(1, 13)
# the entries by their names in the vectors, and their fields
ENTRIES = {
    "enrolled": (ENROLLED, "account statement attributesHash"),
    "joined": (JOINED, "account attributesHash"),
    "leaving": (LEAVING, "account"),
    "freed": (FREED, "places"),
    "resumed": (RESUMED, "account"),
    "recorded": (RECORDED, "account entryKind hash"),
    "accepted": (ACCEPTED, "round wordHash"),
    "invalid": (INVALID, "round reason anchor accumulator standing"),
    "reassigned": (REASSIGNED, "round attempt aggregator reason standing"),
    "struck": (STRUCK, "round proof index prover firstVoid lastVoid proposalHash offender"),
    "expelled": (EXPELLED, "round account proof prover"),
    "share-key": (SHARE_KEY, "account shareKeyHash"),
}


def encode(*values):
    """abi.encode of static values: integers (negative ones in two's complement), and bytes of 20 (an address) or 32."""
    return b"".join(
        value.rjust(32, b"\0") if isinstance(value, bytes) else (value % (1 << 256)).to_bytes(32, "big") for value in values
    )


def hash_of(*values):
    return keccak256(encode(*values))


def fields_of(values, names):
    return [values[name] for name in names]


def rules_hash(rules):
    return hash_of(*fields_of(rules, RULE_FIELDS))


def access_hash(access):
    """Of who may take part in a task; its lists are of words."""
    lists = (access["organisations"], access["regions"])
    words = [word for each in lists for word in (len(each), *each)]
    return hash_of(32, 96, 32 * (4 + len(lists[0])), access["clearance"], *words)


def attributes_hash(attributes):
    return hash_of(attributes["organisation"], attributes["region"], attributes["clearance"])


def initial_head(chain_id, federation, task_id, rules, model_root, spec, access):
    return hash_of(chain_id, federation, task_id, rules_hash(rules), model_root, keccak256(spec), access_hash(access))


def extend_head(head, number, *fields):
    return hash_of(head, number, *fields)


def update_root(participant, root):
    """What a participant commits to for an update with this chunk tree root."""
    return keccak256(b"\x03" + participant + root)


def start_value(chain_id, federation, task_id, head, opening, seed):
    return hash_of(
        chain_id, federation, task_id, opening["round"], head, opening["baseModelRoot"], seed, opening["enrolled"], opening["drawn"]
    )


def extend_anchor(anchor, keys):
    return hash_of(anchor, 1, *fields_of(keys, ("participant", "slot", "maskKey", "seedHash", "sharesId", "shareKey")))


def extend_accumulator(accumulator, commitment):
    return hash_of(accumulator, *fields_of(commitment, ("participant", "slot", "weight", "updateRoot", "contentId")))


def proposal_hash(task_id, round_number, accumulator, openings, proposal):
    return hash_of(task_id, round_number, accumulator, keccak256(openings), *fields_of(proposal, PROPOSAL_FIELDS))


def word_hash(inputs, proposal, attesters):
    """Of the preimage of an accepted round's word."""
    return hash_of(*fields_of(inputs, INPUT_FIELDS), proposal, hash_of(*attesters))


def round_word(preimage, accepted_at_s):
    return preimage[:27] + accepted_at_s.to_bytes(5, "big")
