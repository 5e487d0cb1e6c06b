import type { Bytes32 } from "../core/ids.ts";
import type { Proposal } from "../core/records.ts";
import type { RoundView } from "../core/task-view.ts";

/** A round that stands at a proposal. */
export type ProposedRound = RoundView & {
  readonly proposal: Proposal & { readonly hash: Bytes32; readonly challengeDeadlineS: number };
};
