import { etherText, type Progress, type ProofKind, type Reason, type RecordProgress } from "../../api/index.ts";
import { dateText } from "./bond-text.ts";
import { publicText } from "./public-text.ts";

const proofText: Readonly<Record<ProofKind, string>> = {
  "wrong-chunk": "a chunk of the model is not what the rule gives",
  "wrong-weight": "its total weight is not that of its updates",
  "invalid-update": "an update is beyond the task's clip",
  "false-opening": "it opened what was not advertised",
  equivocation: "two signed commitments for one round",
};

/** Why a round is invalid, or another aggregator assigned, for people. */
export const reasonText: Readonly<Record<Reason, string>> = {
  none: "no reason given",
  "too-few-updates": "too few updates",
  "no-proposal": "no aggregator proposed in time",
  "not-attested": "no quorum attested in time",
  "proven-wrong": "the proposal was proven wrong",
  "rolled-back": "a model below it was proven wrong",
  "no-aggregator": "no aggregator could be assigned",
  "no-draw": "the block that draws is out of reach",
};

/**
 * What a person running a node reads of a step; undefined for what is too small to say. What was on the record before
 * it began is said to be so.
 */
export function progressText(step: Progress): string | undefined {
  const text = textOf(step);
  return text !== undefined && "past" in step && step.past ? `before this node started: ${text}` : text;
}

function noiseText(step: Extract<Progress, { kind: "noise-counted" }>): string {
  const by = step.accountant === "pld" ? "privacy loss distributions" : "Rényi divergence";
  const cost = `epsilon ${step.epsilon.toPrecision(4)} at delta ${step.delta}, over all tasks (by ${by})`;
  return `round ${step.round}: noise is drawn; ${step.updates} updates of these data cost ${cost}`;
}

function textOf(step: Progress): string | undefined {
  switch (step.kind) {
    case "registered":
      return `registered in the federation (${step.gasUsed} gas)`;
    case "enrolled":
      return `enrolled in the task (${step.gasUsed} gas)`;
    case "joined":
      return `joined the task as an aggregator (${step.gasUsed} gas)`;
    case "resumed":
      return `back in the rotation after a missed turn (${step.gasUsed} gas)`;
    case "bond-paid":
      return `locked ${etherText(step.amountWei)} ether: it answers for what this node does in the task`;
    case "bond-unpaid":
      return `NOT ${step.role === "aggregator" ? "JOINED" : "ENROLLED"} without the task's bond of ${etherText(step.bondWei)} ether: send the account ${etherText(step.missingWei)} ether and some for gas, it is tried again`;
    case "bond-lost":
      return `round ${step.round}: THE BOND IS LOST, ${etherText(step.amountWei)} ether: this node was expelled. Find out why (fedledger audit, the log)`;
    case "bond-released":
      return `the bond of ${etherText(step.amountWei)} ether is free, and becomes this account's credit (${step.gasUsed} gas)`;
    case "rewarded":
      return `withdrew ${etherText(step.amountWei)} ether (${step.gasUsed} gas)`;
    case "waiting":
      return waitingText(step);
    case "trained":
      return `round ${step.round}: trained on ${step.samples} examples in ${(step.durationMs / 1000).toFixed(2)} s, loss ${step.loss.toFixed(4)}${step.clipped > 0 ? `, ${step.clipped} parameters clipped` : ""}${step.cutFrom === undefined ? "" : `; it counts for ${step.weight} examples, not ${step.cutFrom}: the task's greatest weight`}`;
    case "noise-counted":
      return noiseText(step);
    case "not-trained":
      if (step.isWrong) return `round ${step.round}: NOT TRAINED: the model of round ${step.unchecked} is wrong`;
      return `round ${step.round}: NOT TRAINED: the model of round ${step.unchecked} could not be recomputed here yet (--train-on-unchecked allows it once nobody can prove it wrong any more)`;
    case "advertised":
      return `round ${step.round}: advertised its keys (${step.gasUsed} gas)`;
    case "encrypted":
      return `round ${step.round}: encrypted the update (${step.bytes} bytes) in ${(step.durationMs / 1000).toFixed(2)} s`;
    case "sum-computed":
      return `round ${step.round}: added ${step.updates} ciphertexts, asking those with the key for the model`;
    case "sum-opened":
      return `round ${step.round}: added ${step.updates} ciphertexts and opened their sum`;
    case "encryption-refused":
      return `round ${step.round}: REFUSED to go on: ${step.reason} (${step.code})`;
    case "committed":
      return `round ${step.round}: committed the update (${step.gasUsed} gas)`;
    case "commitment-signed":
      return `round ${step.round}: signed the commitment to the update; it goes to the chain with others'`;
    case "keys-batched":
      return `round ${step.round}: brought the signed keys of ${step.keys} to the chain (${step.gasUsed} gas)`;
    case "batched":
      return `round ${step.round}: brought ${step.commitments} signed commitments to the chain (${step.gasUsed} gas)`;
    case "proposed":
      return `round ${step.round}: proposed the model (${step.gasUsed} gas)`;
    case "recomputed":
      return step.isSumOnly
        ? `round ${step.round}: recomputed the sum of the ciphertexts in ${step.durationMs.toFixed(0)} ms, it is right; what it opens to only those with the key can tell`
        : `round ${step.round}: recomputed the model in ${step.durationMs.toFixed(0)} ms, it is right`;
    case "attested":
      return `round ${step.round}: recomputed the model, it is right: attested${step.own ? ` (on your own ${step.own.samples} held-out examples: ${step.own.metric.toFixed(4)}, told to nobody else)` : ""}`;
    case "disputed":
      return `round ${step.round}: THE MODEL IS WRONG: ${step.findings.join("; ")}`;
    case "not-proven":
      return `round ${step.round}: what is wrong cannot be proven: ${step.why}`;
    case "proved":
      return `round ${step.round}: PROVED ON THE CHAIN that ${proofText[step.proofKind]} (${step.gasUsed} gas)`;
    case "public-metric":
      return `round ${step.round}: ${publicText(step.metric)}`;
    case "endpoint-behind":
    case "record-unproven":
    case "record-fits":
      return doubtText(step);
    case "masked":
    case "closing-signed":
    case "unmasked":
    case "masking-refused":
    case "openings":
      return maskText(step);
    default:
      return recordText(step as RecordProgress);
  }
}

function doubtText(doubt: Extract<Progress, { kind: "endpoint-behind" | "record-unproven" | "record-fits" }>): string {
  switch (doubt.kind) {
    case "endpoint-behind":
      return `THE ENDPOINT ${doubt.endpoint} IS BEHIND: what it shows up to block ${doubt.block} is not what the contract stores (${doubt.differing}). Nothing is decided on it; it is asked again, and others of --rpc`;
    case "record-unproven":
      return `the endpoint keeps no state of block ${doubt.block}: the record is believed as its logs show it${doubt.provenTo === undefined ? "" : `, beyond block ${doubt.provenTo}`}; an archive node, or fewer --confirmations, would prove it`;
    case "record-fits":
      return `the record up to block ${doubt.block} is what the contract stores`;
  }
}

function recordText(step: RecordProgress): string | undefined {
  switch (step.kind) {
    case "round-opened":
      return `round ${step.round}: opened, ${step.drawn} of ${step.enrolled} participants drawn`;
    case "round-drawing":
      return `round ${step.round}: opened, block ${step.drawBlock} draws ${step.drawn} of ${step.enrolled} participants`;
    case "round-closed":
      return `round ${step.round}: closed with ${step.updates} updates${step.dropped ? `; ${step.dropped} with keys did not commit` : ""}`;
    case "assigned":
      return step.attempt > 0
        ? `round ${step.round}: aggregator ${step.aggregator} takes over (attempt ${step.attempt + 1})`
        : undefined;
    case "accepted":
      return `round ${step.round}: accepted by ${step.attesters} attestations; final at ${dateText(step.provableUntilS + 1)}`;
    case "invalid":
      return `round ${step.round}: invalid (${reasonText[step.reason]}); the model stays as it was`;
    case "struck":
      return `round ${step.round}: the proposal of ${step.aggregator} was PROVEN WRONG by ${step.prover}: ${proofText[step.proofKind]}`;
    case "rolled-back":
      return `rounds ${step.firstRound} to ${step.lastRound} are VOID: the model is again what it was before them`;
    case "expelled":
      return `round ${step.round}: ${step.account} is expelled (${proofText[step.proofKind]})`;
    case "complete":
      return `the task is complete after ${step.rounds} rounds; final at ${dateText(step.finalFromS)}`;
    case "final":
      return `the task is final: none of its ${step.rounds} rounds can be proven wrong any more`;
    default:
      return undefined;
  }
}

function waitingText(step: Extract<Progress, { kind: "waiting" }>): string {
  if (step.reason === "participants") {
    const or = step.latestS === undefined ? "" : `, or fewer on ${dateText(step.latestS)}`;
    return `waiting: ${step.enrolled} of ${step.wanted} enrolled${or} ...`;
  }
  if (step.reason === "role") return "waiting for the admin to give this account its role ...";
  return "waiting for an aggregator to join ...";
}

type MaskStep = Extract<Progress, { kind: "masked" | "closing-signed" | "unmasked" | "masking-refused" | "openings" }>;

function maskText(step: MaskStep): string {
  switch (step.kind) {
    case "masked":
      return `round ${step.round}: masked the update with ${step.others} others in ${(step.durationMs / 1000).toFixed(2)} s`;
    case "closing-signed":
      return `round ${step.round}: signed which updates the sum has; it is opened when ${step.needed} others say the same`;
    case "unmasked":
      return `round ${step.round}: told its seed and ${step.shares} of ${step.of} shares, so that the sum can be opened`;
    case "masking-refused":
      return `round ${step.round}: REFUSED to go on with masks: ${step.reason} (${step.code})`;
    case "openings":
      return step.missing.length === 0
        ? `round ${step.round}: the sum can be opened, ${step.heard} of ${step.of} survivors were heard`
        : `round ${step.round}: waiting for survivors to open the sum, ${step.heard} of ${step.of} were heard, ${step.missing.length} seeds or keys are missing`;
  }
}
