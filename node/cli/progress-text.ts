import { etherText } from "../core/ether.ts";
import type { Progress } from "../rounds/progress.ts";

/** What a person running a node reads of a step; undefined for what is too small to say. */
export function progressText(step: Progress): string | undefined {
  switch (step.kind) {
    case "registered":
      return `registered in the federation (${step.gasUsed} gas)`;
    case "bonded":
      return `added ${etherText(step.amountWei)} ether to the bond that answers for its proposals (${step.gasUsed} gas)`;
    case "bond-unpaid":
      return `NOT ASSIGNED without the task's bond of ${etherText(step.bondWei)} ether: send the account ${etherText(step.missingWei)} ether and some for gas, it is tried again`;
    case "bond-lost":
      return `round ${step.round}: THE BOND IS LOST, ${etherText(step.bondWei)} ether: this node's proposal was proven wrong. It brings no other: find out why (fedledger audit, the log) before fedledger bond add ${etherText(step.bondWei)}`;
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
    case "committed":
      return `round ${step.round}: committed the update (${step.gasUsed} gas)`;
    case "round-closed":
      return `round ${step.round}: closed with ${step.updates} updates`;
    case "assigned":
      return step.attempt > 0
        ? `round ${step.round}: aggregator ${step.aggregator} takes over (attempt ${step.attempt + 1})`
        : undefined;
    case "proposed":
      return `round ${step.round}: proposed the model (${step.gasUsed} gas)`;
    case "attested":
      return `round ${step.round}: recomputed the model, it is right: attested (own held-out metric ${step.metric.toFixed(4)})`;
    case "recomputed":
      return `round ${step.round}: recomputed the model in ${step.durationMs.toFixed(0)} ms, it is right`;
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
