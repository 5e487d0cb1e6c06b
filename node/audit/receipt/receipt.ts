import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../../core/ids.ts";
import { extendHistory, type HistoryEntry } from "../../core/record/history-head.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import type { Reason } from "../../core/records.ts";
import { type Deployment, hashBytes } from "../../core/words/commitment.ts";
import { noBytes, type RoundRecord, roundNumbered } from "../record/task-record.ts";
import { checkRecord } from "../walk/check-record.ts";

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
  /** What its start value is made of, beside chain, contract, task and round. */
  readonly opening: {
    /** Head of the history at the opening. */
    readonly historyHead: Bytes32;
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
    readonly shareKey: Bytes32;
  }[];
  /** All of the round's, in the order of the chain. */
  readonly commitments: readonly {
    readonly participant: Address;
    readonly slot: number;
    readonly weight: number;
    readonly updateRoot: Bytes32;
    readonly contentId: Bytes32;
  }[];
  /** Of an accepted round: what its entry in the history binds beside its keys and updates. */
  readonly result?: {
    readonly acceptedBefore: number;
    readonly openingsHash: Bytes32;
    readonly proposal: {
      readonly attempt: number;
      readonly aggregator: Address;
      readonly modelRoot: Bytes32;
      readonly contentId: Bytes32;
      readonly totalWeight: string;
      readonly excluded: string;
    };
    readonly attesters: readonly Address[];
  };
  /** Why the round has no result; `none` in an accepted one. */
  readonly reason: Reason;
  /** Of a round without a result: hash of the proposal that stood when it ended, zero where none did. */
  readonly standing?: Bytes32;
  /** Head of the history before the round's entry. */
  readonly headBefore: Bytes32;
  /** The entries behind it, up to `head`. */
  readonly after: readonly HistoryEntry[];
  /** Head of the history that all this hashes to. */
  readonly head: Bytes32;
}

/**
 * The receipt of a participant's update in an ended round, up to the newest entry of the history.
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
  },
): UpdateReceipt {
  const { chainId, federation, events, participant } = input;
  const record = checkRecord({ chainId, federation, events });
  const round = roundNumbered(record.rounds, input.round);
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
  const { entries, created } = record;
  const at = entries.findIndex(
    (entry) => (entry.kind === "accepted" || entry.kind === "invalid") && entry.round === input.round,
  );
  const ending = entries[at];
  const { opened, seed, headAtOpening, advertisements, commitments, ended } = round;
  const { baseModelRoot, enrolled, drawn } = opened;
  return {
    format: "fedledger/receipt/1",
    chainId: Number(chainId),
    federation,
    taskId: record.taskId,
    round: input.round,
    participant,
    opening: { historyHead: headAtOpening, baseModelRoot, seed: String(seed), enrolled, drawn },
    ...(advertisements.length > 0 && {
      advertisements: advertisements.map(({ participant: account, slot, maskKey, seedHash, sharesId, shareKey }) => {
        return { participant: account, slot, maskKey, seedHash, sharesId, shareKey };
      }),
    }),
    commitments: commitments.map(({ participant: account, slot, weight, updateRoot, contentId }) => {
      return { participant: account, slot, weight, updateRoot, contentId };
    }),
    ...resultOf(round),
    reason: ended?.name === "RoundInvalid" ? ended.reason : "none",
    ...(ending?.kind === "invalid" && { standing: ending.standing }),
    headBefore: entries.slice(0, at).reduce(extendHistory, created.historyHead),
    after: entries.slice(at + 1),
    head: record.historyHead,
  };
}

function resultOf({ acceptedBefore, proposal, ended }: RoundRecord): Pick<UpdateReceipt, "result"> {
  if (ended?.name !== "RoundAccepted" || proposal === undefined) return {};
  const { attempt, aggregator, modelRoot, contentId, totalWeight, excluded, openings } = proposal;
  return {
    result: {
      acceptedBefore,
      openingsHash: hashBytes(openings ?? noBytes),
      proposal: {
        ...{ attempt, aggregator, modelRoot, contentId },
        totalWeight: String(totalWeight),
        excluded: String(excluded),
      },
      attesters: ended.attesters,
    },
  };
}
