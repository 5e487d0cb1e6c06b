import type { Address, Hex, RoundNumber, TaskId } from "../../../node/core/ids.ts";
import type { Progress } from "../../../node/rounds/progress/progress.ts";
import type { Lie } from "../../support/malicious/lie.ts";

/** Everything that makes one node of a run. */
export interface NodeJob {
  readonly name: string;
  readonly role: "watcher" | "aggregator" | "participant";
  /** Number of its account on the test chain. */
  readonly devAccount: number;
  readonly taskId: TaskId;
  readonly federation: Address;
  readonly rpc: string;
  /** File of the admin's invitation; absent where the task is open. */
  readonly invitation?: string | undefined;
  /** Its own folder. */
  readonly dir: string;
  readonly seed: number;
  /** Which part of the data a participant has, from 0. */
  readonly part: number;
  readonly parts: number;
  /** Name of the attack in which this node lies; honest without one. */
  readonly lies?: string | undefined;
  /** Keys of the accounts that sign for this liar whatever it likes. */
  readonly friends?: readonly Hex[] | undefined;
  /** Whether it proves what is wrong. */
  readonly proves: boolean;
  /** The rounds from which this participant stays away. */
  readonly absent?: readonly RoundNumber[] | undefined;
  /** File for its log. */
  readonly log?: string | undefined;
}

/** What a node's process says. */
export type NodeMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "progress"; readonly step: Progress }
  | { readonly kind: "lie"; readonly lie: Lie }
  /** The contract refused a proof of this node. */
  | { readonly kind: "false-alarm"; readonly revert: string }
  /** Its work on the task has ended; it goes on serving what it has. */
  | { readonly kind: "done" };
