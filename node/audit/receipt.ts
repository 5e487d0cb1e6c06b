import { type Deployment, extendHistory, proposalHash, type RoundEnd, zeroBytes32 } from "../core/commitment.ts";
import { FedledgerError } from "../core/error.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../core/ids.ts";
import type { TaskEvent } from "../core/task-events.ts";
import { checkRecord } from "./check-record.ts";
import { accumulatorOf } from "./receipt-hashes.ts";
import type { RecoverSigner, RoundRecord } from "./task-record.ts";

/**
 * A proof that one update is in one round: everything that hashes to the head of the task's history, which the contract
 * stores. JSON; integers beyond 2^53 are decimal strings. Format: docs/audit.md, Receipts.
 */
export interface UpdateReceipt {
  readonly format: "fedledger/receipt/1";
  readonly chainId: number;
  readonly federation: Address;
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** Whose update it proves. */
  readonly participant: Address;
  readonly opening: {
    readonly baseModelRoot: Bytes32;
    readonly seed: string;
    readonly enrolled: number;
    readonly drawn: number;
  };
  /** All of the round's, in the order of the chain; absent where there is none. */
  readonly advertisements?: readonly {
    readonly participant: Address;
    readonly slot: number;
    readonly maskKey: Bytes32;
    readonly seedHash: Bytes32;
    readonly sharesId: Bytes32;
  }[];
  /** All of the round's, in the order of the chain. */
  readonly commitments: readonly {
    readonly participant: Address;
    readonly slot: number;
    readonly weight: number;
    readonly updateRoot: Bytes32;
    readonly contentId: Bytes32;
  }[];
  /** The final proposal; absent in an invalidated round. */
  readonly proposal?: {
    readonly attempt: number;
    readonly aggregator: Address;
    readonly modelRoot: Bytes32;
    readonly contentId: Bytes32;
    readonly totalWeight: string;
    readonly excluded: string;
  };
  /** Why the round was invalidated; `none` in a final one. */
  readonly reason: RoundEnd["reason"];
  /** Head of the history before the round. */
  readonly headBefore: Bytes32;
  /** The ends that came after it, in their order, up to `head`. */
  readonly after: readonly RoundEnd[];
  /** Head of the history that all this hashes to. */
  readonly head: Bytes32;
}

/**
 * The receipt of a participant's update in an ended round, up to the last ended round.
 *
 * @param input.events all events of the task, in chain order
 * Throws NO_RECEIPT where there is no such update or the round has not ended, INVALID_HISTORY where the events do not
 * hash to the heads recorded in them.
 */
export function buildReceipt(
  input: Deployment & {
    readonly events: readonly TaskEvent[];
    readonly round: RoundNumber;
    readonly participant: Address;
    readonly recoverSigner?: RecoverSigner | undefined;
  },
): UpdateReceipt {
  const { chainId, federation, events, participant, recoverSigner } = input;
  const record = checkRecord({ chainId, federation, events, recoverSigner });
  const round = record.rounds[input.round - 1];
  const refuse = (reason: string) => new FedledgerError("NO_RECEIPT", { participant, round: input.round, reason });
  if (!round) throw refuse("there is no such round");
  if (!round.ended) throw refuse("the round has not ended");
  if (!round.commitments.some((commitment) => hexEquals(commitment.participant, participant))) {
    throw refuse("it has no update there");
  }
  const wrong = [...record.findings, ...record.rounds.flatMap(({ findings }) => findings)].find(
    ({ severity }) => severity === "violation",
  );
  if (wrong)
    throw new FedledgerError("INVALID_HISTORY", { name: wrong.code, round: wrong.round, reason: wrong.message });
  const ended = record.ends.map((number) => record.rounds[number - 1]!);
  const links = ended.map((other) => endOf(input, record.taskId, other));
  const at = record.ends.indexOf(input.round);
  const headBefore = ended[at - 1]?.ended?.historyHead ?? record.initialHead;
  const { opened, advertisements, commitments, proposal } = round;
  return {
    format: "fedledger/receipt/1",
    chainId: Number(chainId),
    federation,
    taskId: record.taskId,
    round: input.round,
    participant,
    opening: {
      baseModelRoot: opened.baseModelRoot,
      seed: String(opened.seed),
      enrolled: opened.enrolled,
      drawn: opened.drawn,
    },
    ...(advertisements.length > 0 && {
      advertisements: advertisements.map(({ participant: account, slot, maskKey, seedHash, sharesId }) => ({
        participant: account,
        slot,
        maskKey,
        seedHash,
        sharesId,
      })),
    }),
    commitments: commitments.map(({ participant: account, slot, weight, updateRoot, contentId }) => ({
      participant: account,
      slot,
      weight,
      updateRoot,
      contentId,
    })),
    ...(proposal && {
      proposal: {
        attempt: proposal.attempt,
        aggregator: proposal.aggregator,
        modelRoot: proposal.modelRoot,
        contentId: proposal.contentId,
        totalWeight: String(proposal.totalWeight),
        excluded: String(proposal.excluded),
      },
    }),
    reason: links[at]!.reason,
    headBefore,
    after: links.slice(at + 1),
    head: links.slice(at).reduce(extendHistory, headBefore),
  };
}

function endOf(
  deployment: Deployment,
  taskId: TaskId,
  { round, opened, advertisements, commitments, ended, proposal }: RoundRecord,
): RoundEnd {
  const { baseModelRoot, seed, enrolled, drawn } = opened;
  const opening = { chainId: deployment.chainId, federation: deployment.federation, taskId, round };
  return {
    round,
    phase: ended?.name === "RoundFinalized" ? "finalized" : "invalidated",
    baseModelRoot,
    accumulator: accumulatorOf({ ...opening, baseModelRoot, seed, enrolled, drawn }, [
      ...advertisements,
      ...commitments,
    ]),
    proposalHash: proposal ? proposalHash(taskId, round, proposal) : zeroBytes32,
    reason: ended?.name === "RoundInvalidated" ? ended.reason : "none",
  };
}
