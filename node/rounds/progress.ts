import type { ErrorCode } from "../core/error-catalogue.ts";
import type { Address, Bytes32, RoundNumber } from "../core/ids.ts";
import type { Demand, InvalidReason, Member, MisconductKind } from "../core/records.ts";
import { type RoundView, roundsInFlight, type TaskView } from "../core/task-view.ts";

/** What a demand asks for; see Demand. */
export type DemandedData = Pick<Demand, "kind" | "place" | "index">;

/** What a node tells whoever watches it: the record's steps, and its own. */
export type Progress =
  | { readonly kind: "registered" | "enrolled"; readonly gasUsed: number }
  | { readonly kind: "bonded"; readonly amountWei: bigint; readonly gasUsed: number }
  | {
      /** The account cannot pay what its bond lacks: it is not assigned until it can. */
      readonly kind: "bond-unpaid";
      readonly role: "aggregator" | "participant";
      readonly bondWei: bigint;
      readonly missingWei: bigint;
    }
  | {
      /** This node's own proposal was proven wrong, or its misconduct: its bond is gone, and it does not bring another. */
      readonly kind: "bond-lost";
      readonly role: "aggregator" | "participant";
      readonly round: RoundNumber;
      readonly bondWei: bigint;
    }
  | {
      /** Nothing can happen before someone gives this node its role, or more participants enrol. */
      readonly kind: "waiting";
      readonly reason: "role" | "participants";
    }
  // of the record
  | { readonly kind: "round-opened"; readonly round: RoundNumber; readonly enrolled: number; readonly drawn: number }
  | { readonly kind: "keys-recorded"; readonly round: RoundNumber; readonly keys: number; readonly drawn: number }
  | { readonly kind: "update-recorded"; readonly round: RoundNumber; readonly updates: number; readonly drawn: number }
  | {
      readonly kind: "round-closed";
      readonly round: RoundNumber;
      readonly updates: number;
      /** In a masked task: how many shared masks and did not commit. */
      readonly dropped?: number;
    }
  | { readonly kind: "assigned"; readonly round: RoundNumber; readonly attempt: number; readonly aggregator: Address }
  | { readonly kind: "proposal-recorded"; readonly round: RoundNumber; readonly excluded: bigint }
  | {
      /** A proposal was proven wrong on the chain; the next aggregator takes over. */
      readonly kind: "proposal-refuted";
      readonly round: RoundNumber;
      readonly aggregator: Address;
      readonly challenger: Address;
    }
  | {
      /** What was demanded of a proposer was shown on the chain. */
      readonly kind: "demand-answered";
      readonly round: RoundNumber;
      readonly what: DemandedData;
    }
  | {
      readonly kind: "finalized";
      readonly round: RoundNumber;
      readonly modelRoot: Bytes32;
      readonly attesters: number;
      /** Metric and loss over all attesters, weighted by their held-out examples; absent when nobody evaluated. */
      readonly evaluation?: { readonly samples: number; readonly metric: number; readonly loss: number };
    }
  | {
      /** A participant was proven to have broken the rules: it takes no part in the task any more. */
      readonly kind: "expelled";
      readonly round: RoundNumber;
      readonly participant: Address;
      readonly reporter: Address;
      readonly misconduct: MisconductKind;
    }
  | { readonly kind: "invalidated"; readonly round: RoundNumber; readonly reason: InvalidReason }
  | { readonly kind: "complete"; readonly rounds: number }
  // of this node
  | {
      readonly kind: "training";
      readonly round: RoundNumber;
      readonly epoch: number;
      readonly epochs: number;
      readonly loss: number;
    }
  | {
      readonly kind: "trained";
      readonly round: RoundNumber;
      readonly loss: number;
      readonly samples: number;
      /** Lanes cut to the task's clip. */
      readonly clipped: number;
      readonly durationMs: number;
    }
  | {
      /** This node's keys and shares for a round are on record. */
      readonly kind: "advertised";
      readonly round: RoundNumber;
      readonly gasUsed: number;
    }
  | {
      /** Aggregators were asked to keep this node's shares. */
      readonly kind: "shares-held";
      readonly round: RoundNumber;
      readonly holders: number;
      readonly asked: number;
    }
  | { readonly kind: "masked"; readonly round: RoundNumber; readonly neighbours: number; readonly durationMs: number }
  | {
      /** This node told what opens the sum of a masked round: its own seed and so many shares of others'. */
      readonly kind: "unmasked";
      readonly round: RoundNumber;
      readonly shares: number;
      readonly of: number;
    }
  | {
      /** This node does not do what a masked round asks of it next, for its own safety. */
      readonly kind: "masking-refused";
      readonly round: RoundNumber;
      readonly code: ErrorCode;
      readonly reason: string;
    }
  | {
      /** The aggregator put together what opens the sum, as far as it was told. */
      readonly kind: "openings";
      readonly round: RoundNumber;
      /** Survivors that were heard, of all. */
      readonly heard: number;
      readonly of: number;
      /** Slots whose seed or key cannot be had yet; none when the sum can be opened. */
      readonly missing: readonly number[];
    }
  | {
      /** This node encrypted its update under the round's group key. */
      readonly kind: "encrypted";
      readonly round: RoundNumber;
      readonly bytes: number;
      readonly durationMs: number;
    }
  | {
      /** The aggregator added the ciphertexts of an encrypted round, and asks those with the key what the sum opens to. */
      readonly kind: "sum-computed";
      readonly round: RoundNumber;
      readonly updates: number;
    }
  | {
      /** This node added the ciphertexts of an encrypted round and opened their sum. */
      readonly kind: "sum-opened";
      readonly round: RoundNumber;
      readonly updates: number;
    }
  | {
      /** This node does not do what an encrypted round asks of it next: somebody else is wrong, or its own safety forbids it. */
      readonly kind: "encryption-refused";
      readonly round: RoundNumber;
      readonly code: ErrorCode;
      readonly reason: string;
    }
  | { readonly kind: "held"; readonly round: RoundNumber; readonly holders: number; readonly asked: number }
  | { readonly kind: "committed"; readonly round: RoundNumber; readonly gasUsed: number }
  | {
      /** This node signed its commitment: others bring it to the chain with those of more. */
      readonly kind: "commitment-signed";
      readonly round: RoundNumber;
    }
  | {
      /** This node brought the signed commitments of others to the chain. */
      readonly kind: "batched";
      readonly round: RoundNumber;
      readonly commitments: number;
      readonly gasUsed: number;
    }
  | {
      /** This node signed which updates of the round it holds. */
      readonly kind: "availability-signed";
      readonly round: RoundNumber;
      readonly updates: number;
      readonly of: number;
    }
  | {
      readonly kind: "reported";
      readonly round: RoundNumber;
      readonly participant: Address;
      readonly gasUsed: number;
    }
  | { readonly kind: "gathered"; readonly round: RoundNumber; readonly updates: number; readonly of: number }
  | { readonly kind: "proposed"; readonly round: RoundNumber; readonly gasUsed: number; readonly durationMs: number }
  | {
      readonly kind: "attested";
      readonly round: RoundNumber;
      readonly samples: number;
      readonly metric: number;
      readonly loss: number;
    }
  | {
      readonly kind: "recomputed";
      readonly round: RoundNumber;
      readonly durationMs: number;
      /** Of an encrypted round: only the sum of its ciphertexts was recomputed. */
      readonly isSumOnly?: boolean;
      /** Chunks that were recomputed, where not all were. */
      readonly sample?: { readonly chunks: number; readonly of: number };
    }
  | {
      /** This watcher recomputes so many random chunks of each proposal only, and what that may miss. */
      readonly kind: "sampling";
      readonly state: "starts" | "ended";
      /** Proposals of which chunks were recomputed so far. */
      readonly proposals: number;
      readonly chunks: number;
      readonly of: number;
      /** Probability that the only wrong chunk of a model is missed. */
      readonly missOne: number;
      /** Probability that one wrong chunk in a hundred is missed. */
      readonly missHundredth: number;
    }
  | { readonly kind: "challenged"; readonly round: RoundNumber; readonly gasUsed: number }
  | { readonly kind: "rewarded"; readonly amountWei: bigint; readonly gasUsed: number }
  | {
      /** A challenge is announced by its hash alone, so that copying it earns nothing. */
      readonly kind: "reserved";
      readonly round: RoundNumber;
      readonly gasUsed: number;
    }
  | {
      /** Whoever proposed must show something on the chain, or lose its bond. */
      readonly kind: "demanded";
      readonly round: RoundNumber;
      /** Whose proposal it is. */
      readonly aggregator: Address;
      readonly what: DemandedData;
      readonly why: string;
      /** Bond of the demand. */
      readonly amountWei: bigint;
      readonly gasUsed: number;
    }
  | { readonly kind: "answered"; readonly round: RoundNumber; readonly what: DemandedData; readonly gasUsed: number }
  | {
      /** A demand was not answered in time: the proposal is struck. */
      readonly kind: "struck";
      readonly round: RoundNumber;
      readonly aggregator: Address;
      readonly what: DemandedData;
      readonly gasUsed: number;
    }
  | {
      /** The bond of a demand came back, as its proposal is no longer to be decided. */
      readonly kind: "demand-returned";
      readonly round: RoundNumber;
      readonly what: DemandedData;
      readonly gasUsed: number;
    }
  | {
      /** What is wrong cannot be proven or demanded, or what was shown proves nothing. */
      readonly kind: "not-proven";
      readonly round: RoundNumber;
      readonly why: string;
    }
  | {
      /** The reward of a challenge that was not reserved may be claimed by another until then, seconds since 1970. */
      readonly kind: "reward-held";
      readonly round: RoundNumber;
      readonly amountWei: bigint;
      readonly untilS: number;
    }
  | {
      /** The proposal is not what this node computed: it does not attest. */
      readonly kind: "disputed";
      readonly round: RoundNumber;
      readonly findings: readonly string[];
    }
  | {
      readonly kind: "pushed";
      readonly call: "openRound" | "closeRound" | "reassign" | "finalize" | "finalizeUnchallenged";
      readonly round: RoundNumber;
      readonly gasUsed: number;
    };

/** The record's steps from one look to the next, in their order. Without a `before`, only where the task stands now. */
export function progressBetween(before: TaskView | undefined, after: TaskView): readonly Progress[] {
  const from =
    before === undefined ? after.rounds.length - Math.max(1, roundsInFlight(after).length) : before.rounds.length - 2;
  const steps: Progress[] = [];
  for (const round of after.rounds.slice(Math.max(0, from))) {
    const old = before?.rounds.find((other) => other.round === round.round);
    steps.push(...roundSteps(old, round));
  }
  for (const { round, participant, reporter, kind } of newMisconduct(before, after)) {
    steps.push({ kind: "expelled", round, participant, reporter, misconduct: kind });
  }
  if (after.complete && !before?.complete) steps.push({ kind: "complete", rounds: after.rounds.length });
  return steps;
}

/** What was proven against participants since the last look; nothing where there was none. */
function newMisconduct(before: TaskView | undefined, { misconduct = [] }: TaskView) {
  return before === undefined ? [] : misconduct.slice(before.misconduct?.length ?? 0);
}

function roundSteps(before: RoundView | undefined, after: RoundView): Progress[] {
  const { round, commitments, assignment, proposal, result } = after;
  const steps: Progress[] = [];
  const updates = commitments.length;
  const keys = after.advertisements?.length ?? 0;
  if (before === undefined) {
    steps.push({ kind: "round-opened", round, enrolled: after.enrolled, drawn: after.drawn });
  }
  if (keys > (before?.advertisements?.length ?? 0)) {
    steps.push({ kind: "keys-recorded", round, keys, drawn: after.drawn });
  }
  if (updates > (before?.commitments.length ?? 0)) {
    steps.push({ kind: "update-recorded", round, updates, drawn: after.drawn });
  }
  for (const { aggregator, challenger } of after.refuted?.slice(before?.refuted?.length ?? 0) ?? []) {
    steps.push({ kind: "proposal-refuted", round, aggregator, challenger });
  }
  for (const { id, demand, shown } of after.demands ?? []) {
    const isNew = before !== undefined && before.demands?.find((other) => other.id === id)?.shown === undefined;
    if (shown !== undefined && isNew) steps.push({ kind: "demand-answered", round, what: demandedData(demand) });
  }
  if (assignment && !before?.assignment) {
    steps.push({ kind: "round-closed", round, updates, ...(keys > updates && { dropped: keys - updates }) });
  }
  if (assignment && assignment.attempt !== before?.assignment?.attempt) {
    steps.push({ kind: "assigned", round, attempt: assignment.attempt, aggregator: assignment.aggregator });
  }
  if (proposal && proposal.hash !== before?.proposal?.hash) {
    steps.push({ kind: "proposal-recorded", round, excluded: proposal.excluded });
  }
  if (result && !before?.result) {
    const evaluation = meanEvaluation(after);
    const ended = { round, modelRoot: result.modelRoot, attesters: result.attesters.length };
    steps.push({ kind: "finalized", ...ended, ...(evaluation && { evaluation }) });
  }
  if (after.phase === "invalidated" && before?.phase !== "invalidated") {
    steps.push({ kind: "invalidated", round, reason: after.invalidReason ?? "none" });
  }
  return steps;
}

/** What of a demand is told. */
export function demandedData({ kind, place, index }: Demand): DemandedData {
  return { kind, place, index };
}

/** The attesters' evaluations of a final round as one, weighted by their held-out examples; undefined when nobody evaluated. */
export function meanEvaluation(round: RoundView): { samples: number; metric: number; loss: number } | undefined {
  let samples = 0;
  let metric = 0;
  let loss = 0;
  for (const evaluation of round.result?.evaluations ?? []) {
    samples += evaluation.samples;
    metric += evaluation.samples * (Number(evaluation.metricQ24) / 2 ** 24);
    loss += evaluation.samples * (Number(evaluation.lossQ24) / 2 ** 24);
  }
  return samples === 0 ? undefined : { samples, metric: metric / samples, loss: loss / samples };
}

/** Whether two lists of members are the same. */
export function sameMembers(a: readonly Member[], b: readonly Member[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
