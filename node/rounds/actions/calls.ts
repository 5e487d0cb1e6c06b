import type { RoundNumber } from "../../core/ids.ts";
import type { ProofKind } from "../../core/records.ts";
import type { ChainCall } from "../../ports/chain.ts";
import type { Progress } from "../progress/progress.ts";

/** What nodes know of a kind of call: one row a kind, and nowhere else a list of kinds. */
export interface CallRow<C extends ChainCall> {
  /** What is told when it is mined; absent for nothing. */
  readonly tell?: (call: C, gasUsed: number) => Progress;
  /** Reverts that only say that someone else was faster, or that this node's look was a block old. */
  readonly lost?: readonly string[];
}

type CallTable = { readonly [K in ChainCall["kind"]]: CallRow<Extract<ChainCall, { kind: K }>> };

const stepLost = ["WrongPhase", "WrongRound", "TooEarly", "TooLate", "WrongAnchor", "WrongAccumulator", "NothingAdded"];
const proofLost = ["NothingToTake", "NoLongerProvable", "WrongEvidence", "WrongRound"];

/** A row of a proof of this kind. */
function proof<C extends ChainCall>(proofKind: ProofKind, roundOf: (call: C) => RoundNumber): CallRow<C> {
  return { tell: (call, gasUsed) => ({ kind: "proved", round: roundOf(call), proofKind, gasUsed }), lost: proofLost };
}

/** A row of a step that anybody may make. */
function push<C extends ChainCall & { readonly kind: PushKind; readonly round: RoundNumber }>(
  ...lost: readonly string[]
): CallRow<C> {
  return {
    tell: ({ kind, round }, gasUsed) => ({ kind: "pushed", call: kind, round, gasUsed }),
    lost: [...stepLost, ...lost],
  };
}

/** The pushes that are told as such. */
export type PushKind = "openRound" | "drawRound" | "closeRound" | "accept" | "reassign";

/** All calls. */
const calls: CallTable = {
  register: { tell: (_, gasUsed) => ({ kind: "registered", gasUsed }) },
  grantRole: {},
  revokeRole: {},
  setAttributes: {},
  createTask: {},
  enrol: {
    tell: (_, gasUsed) => ({ kind: "enrolled", gasUsed }),
    lost: ["AlreadyEnrolled", "TaskComplete", "WrongBond"],
  },
  join: { tell: (_, gasUsed) => ({ kind: "joined", gasUsed }), lost: ["AlreadyEnrolled", "TaskComplete", "WrongBond"] },
  leave: { lost: ["NotEnrolled"] },
  freePlaces: { lost: ["WrongPhase"] },
  resume: { tell: (_, gasUsed) => ({ kind: "resumed", gasUsed }), lost: ["NotIdle"] },
  setShareKey: {},
  record: {},
  openRound: push("TaskComplete", "TooFewParticipants", "RingFull"),
  drawRound: push("NoBlockHash"),
  advertise: {
    tell: ({ round, signed }, gasUsed) =>
      signed.length > 1
        ? { kind: "keys-batched", round, keys: signed.length, gasUsed }
        : { kind: "advertised", round, gasUsed },
    lost: stepLost,
  },
  commit: {
    tell: ({ round }, gasUsed) => ({ kind: "committed", round, gasUsed }),
    lost: [...stepLost, "AlreadyCommitted"],
  },
  commitBatch: {
    tell: ({ round, signed }, gasUsed) => ({ kind: "batched", round, commitments: signed.length, gasUsed }),
    lost: stepLost,
  },
  closeRound: push(),
  propose: { lost: [...stepLost, "NotAssigned"] },
  accept: push("WrongProposal", "QuorumNotReached"),
  reassign: push(),
  proveChunk: proof("wrong-chunk", ({ evidence }) => evidence.inputs.round),
  proveMaskedChunk: proof("wrong-chunk", ({ evidence }) => evidence.inputs.round),
  proveOpening: proof("false-opening", ({ evidence }) => evidence.inputs.round),
  proveWeight: proof("wrong-weight", ({ evidence }) => evidence.inputs.round),
  proveUpdate: proof("invalid-update", ({ evidence }) => evidence.inputs.round),
  proveEquivocation: proof("equivocation", ({ round }) => round),
  proveDoubleCommitment: proof("equivocation", ({ evidence }) => evidence.inputs.round),
  releaseBond: { lost: ["StillBonded", "NoAmount"] },
  withdraw: { lost: ["NoAmount"] },
};

/** What is told of a mined call, where something is. */
export function progressOf(call: ChainCall, gasUsed: number): Progress | undefined {
  const row = calls[call.kind] as CallRow<ChainCall>;
  return row.tell?.(call, gasUsed);
}

/** Whether a revert only says that a step was no longer due. */
export function isLostRace(revert: unknown): boolean {
  return Object.values(calls).some(({ lost }) => lost?.includes(String(revert)));
}
