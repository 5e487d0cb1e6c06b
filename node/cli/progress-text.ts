import { etherText } from "../core/ether.ts";
import type { MisconductKind } from "../core/records.ts";
import type { DemandedData, Progress } from "../rounds/progress.ts";

const misconductText: Readonly<Record<MisconductKind, string>> = {
  "invalid-update": "its update is beyond the task's clip",
  equivocation: "it signed two commitments for one round",
  withheld: "it withheld the update that it committed to",
};

/** What a person running a node reads of a step; undefined for what is too small to say. */
export function progressText(step: Progress): string | undefined {
  switch (step.kind) {
    case "registered":
      return `registered in the federation (${step.gasUsed} gas)`;
    case "bonded":
      return `added ${etherText(step.amountWei)} ether to the bond that answers for what this node does (${step.gasUsed} gas)`;
    case "bond-unpaid":
      return `${step.role === "aggregator" ? "NOT ASSIGNED" : "NOT ENROLLED"} without the task's bond of ${etherText(step.bondWei)} ether: send the account ${etherText(step.missingWei)} ether and some for gas, it is tried again`;
    case "bond-lost":
      return `round ${step.round}: THE BOND IS LOST, ${etherText(step.bondWei)} ether: ${step.role === "aggregator" ? "this node's proposal was proven wrong" : "this node was proven to have broken the rules"}. It brings no other: find out why (fedledger audit, the log) before fedledger bond add ${etherText(step.bondWei)}`;
    case "enrolled":
      return `enrolled in the task (${step.gasUsed} gas)`;
    case "waiting":
      return step.reason === "role"
        ? "waiting for the admin to give this account its role ..."
        : "waiting for more participants ...";
    case "round-opened":
      return `round ${step.round}: opened, ${step.drawn} of ${step.enrolled} participants drawn`;
    case "trained":
      return `round ${step.round}: trained on ${step.samples} examples in ${(step.durationMs / 1000).toFixed(2)} s, loss ${step.loss.toFixed(4)}${step.clipped > 0 ? `, ${step.clipped} parameters clipped` : ""}`;
    case "advertised":
      return `round ${step.round}: advertised its keys (${step.gasUsed} gas)`;
    case "masked":
      return `round ${step.round}: masked the update with ${step.neighbours} others in ${(step.durationMs / 1000).toFixed(2)} s`;
    case "unmasked":
      return `round ${step.round}: told its seed and ${step.shares} of ${step.of} shares, so that the sum can be opened`;
    case "masking-refused":
      return `round ${step.round}: REFUSED to go on with masks: ${step.reason} (${step.code})`;
    case "openings":
      return step.missing.length === 0
        ? `round ${step.round}: the sum can be opened, ${step.heard} of ${step.of} survivors were heard`
        : `round ${step.round}: waiting for survivors to open the sum, ${step.heard} of ${step.of} were heard, ${step.missing.length} seeds or keys are missing`;
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
    case "batched":
      return `round ${step.round}: brought ${step.commitments} signed commitments to the chain (${step.gasUsed} gas)`;
    case "availability-signed":
      return `round ${step.round}: signed that it holds ${step.updates} of ${step.of} updates`;
    case "reported":
      return `round ${step.round}: PROVED THE MISCONDUCT of ${step.participant} on the chain (${step.gasUsed} gas)`;
    case "expelled":
      return `round ${step.round}: ${step.participant} is expelled (${misconductText[step.misconduct]}), as ${step.reporter} has proven`;
    case "round-closed":
      return `round ${step.round}: closed with ${step.updates} updates${step.dropped ? `; ${step.dropped} with keys did not commit` : ""}`;
    case "assigned":
      return step.attempt > 0
        ? `round ${step.round}: aggregator ${step.aggregator} takes over (attempt ${step.attempt + 1})`
        : undefined;
    case "proposed":
      return `round ${step.round}: proposed the model (${step.gasUsed} gas)`;
    case "attested":
      return `round ${step.round}: recomputed the model, it is right: attested (own held-out metric ${step.metric.toFixed(4)})`;
    case "recomputed":
      if (step.isSumOnly) {
        return `round ${step.round}: recomputed the sum of the ciphertexts in ${step.durationMs.toFixed(0)} ms, it is right; what it opens to only those with the key can tell`;
      }
      return step.sample === undefined
        ? `round ${step.round}: recomputed the model in ${step.durationMs.toFixed(0)} ms, it is right`
        : `round ${step.round}: recomputed ${step.sample.chunks} random chunks of ${step.sample.of} in ${step.durationMs.toFixed(0)} ms, they are right`;
    case "sampling":
      return samplingText(step);
    case "reserved":
      return `round ${step.round}: reserved a challenge (${step.gasUsed} gas)`;
    case "demanded":
      return `round ${step.round}: demanded ${dataText(step.what)} of ${step.aggregator}, for ${etherText(step.amountWei)} ether: ${step.why} (${step.gasUsed} gas)`;
    case "demand-answered":
      return `round ${step.round}: what was demanded was shown: ${dataText(step.what)}`;
    case "answered":
      return `round ${step.round}: showed ${dataText(step.what)}, which was demanded (${step.gasUsed} gas)`;
    case "struck":
      return `round ${step.round}: ${step.aggregator} did not show ${dataText(step.what)}: STRUCK THE PROPOSAL on the chain (${step.gasUsed} gas)`;
    case "demand-returned":
      return `round ${step.round}: took back the bond of a demand for ${dataText(step.what)} (${step.gasUsed} gas)`;
    case "not-proven":
      return `round ${step.round}: the proposal is wrong and not proven so: ${step.why}`;
    case "reward-held":
      return `round ${step.round}: a reward of ${etherText(step.amountWei)} ether is held until ${new Date(step.untilS * 1000).toISOString()}: a watcher that runs then collects it`;
    case "challenged":
      return `round ${step.round}: PROVED THE PROPOSAL WRONG on the chain (${step.gasUsed} gas)`;
    case "rewarded":
      return `withdrew the reward of ${etherText(step.amountWei)} ether (${step.gasUsed} gas)`;
    case "proposal-refuted":
      return `round ${step.round}: the proposal of ${step.aggregator} was proven wrong by ${step.challenger}`;
    case "disputed":
      return `round ${step.round}: THE PROPOSAL IS WRONG: ${step.findings.join("; ")}`;
    case "finalized":
      return `round ${step.round}: final, ${step.attesters} attestations${step.evaluation ? `, metric ${step.evaluation.metric.toFixed(4)}` : ""}`;
    case "invalidated":
      return `round ${step.round}: invalid (${step.reason}); the model stays as it was`;
    case "complete":
      return `the task is complete after ${step.rounds} rounds`;
    default:
      return undefined;
  }
}

/** What a demand asks for, in words. */
function dataText({ kind, place, index }: DemandedData): string {
  return kind === "update-chunk"
    ? `chunk ${index} of the update in slot ${place}`
    : `the nodes below node ${index} at height ${place} of the model's tree`;
}

function samplingText(step: Extract<Progress, { kind: "sampling" }>): string {
  const { state, proposals, chunks, of } = step;
  const percent = (probability: number) => `${(100 * probability).toFixed(1)} %`;
  const odds = `one wrong chunk is missed with probability ${percent(step.missOne)}, one wrong chunk in a hundred with probability ${percent(step.missHundredth)}`;
  return state === "starts"
    ? `recomputes ${chunks} random chunks of ${of} of each proposal: ${odds}. All bytes are fetched; the hashing of updates and the aggregation are saved`
    : `recomputed ${chunks} random chunks of ${of} of each of ${proposals} proposals: in each, ${odds}`;
}
