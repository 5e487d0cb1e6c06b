import { computeAddress, SigningKey } from "ethers";
import type { RecoverSigner } from "../../../node/audit/index.ts";
import { attestationDomain, recoverSigner } from "../../../node/chain/contracts/attestation-digest.ts";
import { recordDigest } from "../../../node/chain/contracts/signed-records.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { toHex } from "../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../node/core/bytes/keccak.ts";
import { lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import { extendHistory, type HistoryEntry } from "../../../node/core/record/history-head.ts";
import type { EventPosition, TaskEvent } from "../../../node/core/record/task-events.ts";
import type { LeftPlace } from "../../../node/core/record/task-view.ts";
import type { TaskRules } from "../../../node/core/records.ts";
import type { Deployment } from "../../../node/core/words/commitment.ts";
import type { SealedName, SignedRecord } from "../../../node/ports/index.ts";
import type { History } from "./history-options.ts";
import type { AcceptedRound } from "./history-steps.ts";

/** What an event says, without where it stands. */
export type Unplaced = TaskEvent extends infer Each
  ? Each extends TaskEvent
    ? Omit<Each, keyof EventPosition>
    : never
  : never;

/** A place in the task. */
export interface WriterPlace {
  readonly account: Address;
  leaving: boolean;
  idle: boolean;
}

/** A history in the making: the contract's state of one task, its clock, and everything written so far. */
export interface Writer {
  readonly chainId: number;
  readonly federation: Address;
  readonly taskId: number;
  readonly rules: TaskRules;
  readonly members: readonly Address[];
  readonly aggregators: readonly Address[];
  readonly store: History["store"];
  readonly events: TaskEvent[];
  readonly detail: boolean;
  /** By place. */
  readonly participants: WriterPlace[];
  readonly joined: WriterPlace[];
  /** In the order in which they were left. */
  readonly leavers: LeftPlace[];
  /** Lower-case accounts whose bond is locked. */
  readonly bonded: Set<Address>;
  readonly expelled: Set<Address>;
  /** Accepted rounds, void ones included, by their number. */
  readonly ended: Map<number, AcceptedRound>;
  readonly void: Set<number>;
  nowS: number;
  round: number;
  accepted: number;
  lanes: Int32Array;
  modelRoot: Bytes32;
  accumulator: Bytes32;
  historyHead: Bytes32;
  /** One transaction: its events share a block. */
  mine(sender: Address, ...written: readonly Unplaced[]): void;
  /** Lets blocks pass. */
  skip(blocks: number): void;
  /** The number of the next block. */
  nextBlock(): number;
  /** Stores the lanes' blob, which is to have this name, and returns its content id. */
  put(lanes: Int32Array, name: SealedName): Promise<Bytes32>;
}

/** Appends an entry to the history. */
export function enter(writer: Writer, entry: HistoryEntry): void {
  writer.historyHead = extendHistory(writer.historyHead, entry);
}

/** What mines events into `events`, a block a call. `nowS` gives the time. */
export function createMiner(
  events: TaskEvent[],
  detail: boolean,
  nowS: () => number,
): Pick<Writer, "mine" | "skip" | "nextBlock"> {
  let blockNumber = 1;
  return {
    nextBlock: () => blockNumber + 1,
    skip: (blocks) => {
      blockNumber += blocks;
    },
    mine: (sender, ...written) => {
      blockNumber++;
      for (const event of written) {
        const position = {
          blockNumber,
          blockHash: hashOf(`block ${blockNumber}`),
          logIndex: events.length,
          transactionHash: hashOf(`transaction ${blockNumber}`),
          ...(detail && { sender, gasUsed: 40_000 + blockNumber, timestampS: nowS() }),
        };
        events.push({ ...event, ...position } as TaskEvent);
      }
    },
  };
}

/** A function that puts lanes into the blobs. */
export function putInto({ blobs }: History["store"]): (lanes: Int32Array) => Promise<Bytes32> {
  return async (lanes) => {
    const bytes = lanesToBytes(lanes).slice();
    const contentId = await contentIdOf(bytes);
    blobs.set(contentId, bytes);
    return contentId;
  };
}

/** An account of its own for each label, whose key is the label's hash. */
export function accountOf(label: string): Address {
  const known = accounts.get(label);
  if (known) return known;
  const account = computeAddress(hashOf(label)).toLowerCase() as Address;
  accounts.set(label, account);
  labels.set(account, label);
  return account;
}

const accounts = new Map<string, Address>();
const labels = new Map<Address, string>();

/** Signs a record by EIP-712 as an account of {@link accountOf}. */
export function signAs(deployment: Deployment, account: Address, record: SignedRecord): Hex {
  const domain = attestationDomain(Number(deployment.chainId), deployment.federation);
  return new SigningKey(hashOf(labels.get(account)!)).sign(recordDigest(domain, record)).serialized as Hex;
}

/** Who signed a record in a federation, as the chain's reader says it. */
export function signerRecovery({ chainId, federation }: Deployment): RecoverSigner {
  const domain = attestationDomain(Number(chainId), federation);
  const known = new Map<string, Address | undefined>();
  return (record) => {
    const key = Object.values(record).join();
    if (!known.has(key)) known.set(key, recoverSigner(recordDigest(domain, record), record.signature));
    return known.get(key);
  };
}

/** A hash of its own for each label. */
export function hashOf(label: string): Bytes32 {
  return toHex(keccak256(new TextEncoder().encode(label)));
}

/** Lanes that differ for each member and round, within the clip. */
export function honestUpdate(
  { parameterCount, clipLanes }: Pick<TaskRules, "parameterCount" | "clipLanes">,
  member: number,
  round: number,
): Int32Array {
  const lanes = new Int32Array(parameterCount);
  let state = 1 + member * 7919 + round * 104_729;
  for (let i = 0; i < lanes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    lanes[i] = state % Math.min(20_000, clipLanes + 1);
  }
  return lanes;
}
