import { toHex } from "../../../node/core/bytes/hex.ts";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import type { Member } from "../../../node/core/records.ts";
import type {
  Chain,
  ChainCall,
  ChainUpdate,
  Head,
  Receipt,
  SignedRecord,
  StoredPlace,
} from "../../../node/ports/chain.ts";
import type { SeededRandom } from "../world/seeded-random.ts";
import type { VirtualClock } from "../world/virtual-clock.ts";
import { applyCall } from "./model-contract.ts";
import { bondOf, spent } from "./model-places.ts";
import { modelDigest, modelRecordDigest, modelRecover, modelSign, modelSigner } from "./model-signature.ts";
import {
  emptyStorage,
  isInFlight,
  type ModelStorage,
  type ModelWorld,
  modelDeployment,
  placedOf,
  Revert,
} from "./model-storage.ts";

interface Pending {
  readonly sender: Address;
  readonly call: ChainCall;
  readonly settled: PromiseWithResolvers<Receipt>;
}

interface Block {
  readonly head: Head;
  readonly mix: Uint8Array;
  readonly storage: ModelStorage;
  readonly events: readonly TaskEvent[];
  readonly included: readonly Pending[];
}

/** How the model chain behaves. */
export interface ModelChainOptions {
  readonly blockS: number;
  /** Most milliseconds that a call to an endpoint takes. */
  readonly latencyMs: number;
  /** Probability that a transaction is in the next block. */
  readonly inclusion: number;
  /** Probability that an endpoint does not answer a call. */
  readonly outage: number;
}

/** A chain with the contract's rules, virtual time, and reorganisations on demand. */
export interface ModelChain {
  connect(account: Address): Chain;
  /** Makes an account the admin, as the contract's constructor does. */
  found(admin: Address): void;
  /** Starts making blocks. */
  start(): void;
  /** Undoes the last `depth` blocks and makes one more than that in their place; some transactions are lost. */
  reorganise(depth: number): void;
  /** Applies a call at once in a block of its own, for preparations. Throws what the contract refuses. */
  apply(sender: Address, call: ChainCall): void;
  /** All events of the canonical chain. */
  events(): readonly TaskEvent[];
  storage(): ModelStorage;
  readonly head: Head;
  /** Every commit that any account ever sent, mined or not. */
  readonly commits: readonly { readonly sender: Address; readonly call: Extract<ChainCall, { kind: "commit" }> }[];
  /** Every record that any account ever signed. */
  readonly signatures: readonly { readonly signer: Address; readonly record: SignedRecord }[];
}

/** Creates the chain with its first, empty block. */
export function createModelChain(clock: VirtualClock, random: SeededRandom, options: ModelChainOptions): ModelChain {
  const blocks: Block[] = [];
  const commits: { sender: Address; call: Extract<ChainCall, { kind: "commit" }> }[] = [];
  const signatures: { signer: Address; record: SignedRecord }[] = [];
  let mempool: Pending[] = [];
  let quietBlocks = 0;
  let news = Promise.withResolvers<void>();
  const tip = (): Block => blocks.at(-1)!;

  function mine(candidates: readonly Pending[], timestampS: number): void {
    const number = blocks.length;
    const hash = toHex(random.bytes(32));
    const mix = random.bytes(32);
    const world = worldOf(number, timestampS);
    let storage = tip()?.storage ?? emptyStorage();
    const events: TaskEvent[] = [];
    const included: Pending[] = [];
    for (const pending of candidates) {
      const next = structuredClone(storage);
      try {
        for (const event of applyCall(next, pending.sender, pending.call, world)) {
          const position = { blockNumber: number, blockHash: hash, logIndex: events.length, transactionHash: hash };
          events.push({ ...event, ...position, sender: pending.sender, timestampS } as TaskEvent);
        }
        storage = next;
        included.push(pending);
        pending.settled.resolve({ transactionHash: hash, blockNumber: number, gasUsed: 21_000 });
      } catch (error) {
        pending.settled.reject(refusal(pending.call, error));
      }
    }
    blocks.push({ head: { number, hash, timestampS }, mix, storage, events, included });
  }

  /** What a call in a block of this number sees. */
  function worldOf(number: number, timestampS: number): ModelWorld {
    return {
      deployment: modelDeployment,
      number,
      timestampS,
      // as far back as BLOCKHASH answers
      mixOf: (earlier) => (earlier < number && earlier >= number - 256 ? blocks[earlier]?.mix : undefined),
      signerOf: modelSigner,
      attesterOf: modelRecover,
    };
  }

  function announce(): void {
    const old = news;
    news = Promise.withResolvers();
    old.resolve();
  }

  function tick(): void {
    const order = mempool.map((pending) => ({ pending, rank: random.next() })).sort((a, b) => a.rank - b.rank);
    const taken = order.filter(() => random.chance(options.inclusion)).map(({ pending }) => pending);
    mempool = mempool.filter((pending) => !taken.includes(pending));
    mine(taken, Math.max(Math.floor(clock.nowMs() / 1000), tip().head.timestampS + 1));
    announce();
    // where nothing is under way, only windows end: blocks may be rare
    const isQuiet = taken.length + mempool.length === 0 && tip().storage.tasks.every(({ round }) => !isInFlight(round));
    quietBlocks = isQuiet ? quietBlocks + 1 : 0;
    clock.after(1000 * options.blockS * (quietBlocks > 30 ? 20 : 1), tick);
  }

  mine([], Math.floor(clock.nowMs() / 1000));
  /** Number of blocks that no reorganisation undoes: those of `apply`, by which a federation is founded. */
  let settled = blocks.length;
  const shown = new WeakMap<ModelStorage["members"], readonly Member[]>();

  return {
    connect: (account) => connection(account),
    found(account) {
      applyCall(tip().storage, account, { kind: "grantRole", role: "admin", account }, worldOf(0, 0));
    },
    start: () => clock.after(1000 * options.blockS, tick),
    reorganise(depth) {
      const undone = blocks.splice(Math.max(settled, blocks.length - depth));
      const again = undone.flatMap(({ included }) => included).filter(() => random.chance(0.7));
      for (let i = 0; i <= undone.length; i++) {
        const share = again.filter(() => random.chance(0.5));
        for (const pending of share) again.splice(again.indexOf(pending), 1);
        mine(share, tip().head.timestampS + 1);
      }
      mempool.push(...again);
      announce();
    },
    apply(sender, call) {
      const receipt = Promise.withResolvers<Receipt>();
      receipt.promise.catch(() => undefined);
      const next = structuredClone(tip().storage);
      applyCall(next, sender, call, worldOf(blocks.length, tip().head.timestampS + 1));
      mine([{ sender, call, settled: receipt }], tip().head.timestampS + 1);
      settled = blocks.length;
    },
    events: () => blocks.flatMap(({ events }) => events),
    storage: () => tip().storage,
    get head() {
      return tip().head;
    },
    commits,
    signatures,
  };

  /** A copy of what is stored for whoever asks, made once: every look asks. */
  function membersNow(): readonly Member[] {
    const { members } = tip().storage;
    const known = shown.get(members) ?? structuredClone(members);
    shown.set(members, known);
    return known;
  }

  function connection(account: Address): Chain {
    const answer = async <T>(read: () => T, signal?: AbortSignal): Promise<T> => {
      await clock.sleep(random.integer(1, options.latencyMs), signal ? { signal } : {});
      if (random.chance(options.outage))
        throw new FedledgerError("RPC_UNREACHABLE", { url: "model", reason: "outage" });
      return read();
    };
    return {
      ...modelDeployment,
      account,
      head: () => answer(() => tip().head),
      origin: () => answer(() => `0x${"01".repeat(32)}` as const),
      members: () => answer(membersNow),
      attributeChanges: () => answer(() => []),
      witnesses: () => answer(() => ({ told: [], failed: [] })),
      codes: () => answer(() => ({ differing: [], hashes: {} })),
      taskCount: () => answer(() => tip().storage.tasks.length),
      record: (taskId) =>
        answer(() => {
          const events = blocks.flatMap(({ events }) => events.filter((e) => e.taskId === taskId));
          return { head: tip().head, view: foldTask(events), events, stored: undefined };
        }),
      history: (taskId) => answer(() => blocks.flatMap(({ events }) => events.filter((e) => e.taskId === taskId))),
      storedState: (taskId) =>
        answer(() => {
          const { modelRoot, historyHead, accepted, round } = tip().storage.tasks[taskId - 1]!;
          const { phase, accumulator, pending, deadlineS } = round;
          return { round: round.round, phase, accepted, modelRoot, accumulator, historyHead, pending, deadlineS };
        }),
      placeOf: (taskId, of) => answer(() => storedPlaceOf(tip().storage, taskId, of)),
      creditOf: (of) => answer(() => tip().storage.credits.get(of) ?? 0n),
      attestationDigest: modelDigest,
      recoverAttester: modelRecover,
      recoverSigner: modelSigner,
      signAttestation: (taskId, round, hash) => answer(() => modelSign(account, modelDigest(taskId, round, hash))),
      signRecord: (record) =>
        answer(() => {
          signatures.push({ signer: account, record });
          return modelSign(account, modelRecordDigest(record));
        }),
      follow: (taskId, { signal }) => follow(taskId, signal),
      async send(call, sendOptions) {
        const signal = sendOptions?.signal;
        await answer(() => undefined, signal);
        // What an endpoint does first: try the call on its newest state.
        const world = worldOf(blocks.length, tip().head.timestampS + options.blockS);
        try {
          applyCall(structuredClone(tip().storage), account, call, world);
        } catch (error) {
          throw refusal(call, error);
        }
        if (call.kind === "commit") commits.push({ sender: account, call });
        const settled = Promise.withResolvers<Receipt>();
        mempool.push({ sender: account, call, settled });
        const aborted = Promise.withResolvers<never>();
        signal?.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
        return await Promise.race([settled.promise, aborted.promise]);
      },
    };
  }

  async function* follow(taskId: number, signal: AbortSignal): AsyncGenerator<ChainUpdate> {
    const stopped = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => stopped.resolve(), { once: true });
    let last: { number: number; hash: Bytes32 } | undefined;
    let view: TaskView | undefined;
    while (!signal.aborted) {
      const { number, hash } = last ?? { number: -1, hash: "" };
      const isNew = tip().head.hash !== hash;
      if (isNew) {
        const reset = last === undefined || blocks[number]?.head.hash !== hash;
        const from = reset ? 0 : number + 1;
        const events = blocks.slice(from).flatMap((block) => block.events.filter((event) => event.taskId === taskId));
        last = tip().head;
        if (reset || events.length > 0) view = foldTask(events, reset ? undefined : view);
        if (view !== undefined) yield { head: tip().head, view, events, reset };
      }
      const waiting = news.promise;
      if (tip().head.hash === last?.hash) await Promise.race([waiting, stopped.promise]);
      await clock.sleep(random.integer(1, options.latencyMs), { signal }).catch(() => undefined);
    }
  }
}

/** What the contract stores of an account in a task. */
export function storedPlaceOf({ tasks }: ModelStorage, taskId: number, account: Address): StoredPlace {
  const task = tasks[taskId - 1]!;
  const enrolment = task.enrolments.get(account);
  if (enrolment === undefined) {
    return { leaving: false, expelled: false, bondWei: 0n, freeFromS: 0, roundsCommitted: 0 };
  }
  const { role, leaving, expelled, bonded, freeFromS } = enrolment;
  const bondWei = bonded ? bondOf(task, role) : 0n;
  const stored = { leaving, expelled, bondWei, freeFromS, roundsCommitted: spent(task, enrolment) };
  return placedOf(task, account) === undefined ? stored : { role, ...stored };
}

function refusal(call: ChainCall, error: unknown): unknown {
  if (!(error instanceof Revert)) return error;
  return new FedledgerError("TRANSACTION_REVERTED", { call: call.kind, error: error.error, reason: error.error });
}
