import { weightedMean } from "../../node/aggregation/index.ts";
import type { StoredState } from "../../node/audit/index.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import {
  extendAccumulator,
  extendHistory,
  initialHistoryHead,
  proposalHash,
  startAccumulator,
  zeroBytes32,
} from "../../node/core/commitment.ts";
import { contentIdOf } from "../../node/core/content-id.ts";
import { drawnCount, slotOf } from "../../node/core/draw.ts";
import { FedledgerError } from "../../node/core/error.ts";
import { toHex } from "../../node/core/hex.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import { initialLanes } from "../../node/core/initial-model.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import { lanesToBytes } from "../../node/core/lanes.ts";
import { modelLayout } from "../../node/core/model-layout.ts";
import type { Commitment, EventPosition, Proposal, TaskEvent, TaskRules } from "../../node/core/records.ts";
import { canonicalTaskSpec } from "../../node/core/task-spec.ts";
import type { BlobStore } from "../../node/ports/storage.ts";

/** What happens in a round other than everybody doing the right thing. Members are named by their number, from 0. */
export interface RoundScript {
  /** Members who ask to leave after the opening. */
  readonly leave?: readonly number[];
  /** How many of the drawn commit; all by default. */
  readonly commits?: number;
  /** An update other than the honest one; `honest` may be changed and returned. */
  readonly update?: (member: number, honest: Int32Array) => Int32Array;
  /** A weight other than member + 1. */
  readonly weight?: (member: number) => number;
  /** Commitment fields other than those that follow from the update. */
  readonly commitment?: (member: number, honest: Commitment) => Commitment;
  /** Which of the commitments, in their order, the proposal leaves out. */
  readonly exclude?: readonly number[];
  /** Aggregators that let their deadline pass before one proposes. */
  readonly silentAggregators?: number;
  /** A wrong proposal, excluding the first update, by the first aggregator, which nobody attests to. */
  readonly rejectedProposal?: boolean;
  /** A model other than the honest one; `honest` may be changed and returned. */
  readonly model?: (honest: Int32Array) => Int32Array;
  /** Proposal fields other than those that follow from the model. */
  readonly proposal?: (honest: Proposal) => Proposal;
  /** How far the round gets; "attested" by default. */
  readonly end?: "attested" | "unchallenged" | "proposed" | "aggregating" | "open" | "no-proposal";
}

export interface HistoryOptions {
  readonly members?: number;
  readonly rounds?: number;
  /** Inputs of the linear model; it has one parameter more. */
  readonly inputs?: number;
  readonly rules?: Partial<TaskRules>;
  /** Whether events carry sender, gas and time; true by default. */
  readonly detail?: boolean;
  readonly scripts?: Readonly<Record<number, RoundScript>>;
}

/** A task's history as the contracts would have written it, and every blob. */
export interface History {
  readonly chainId: number;
  readonly federation: Address;
  readonly events: readonly TaskEvent[];
  readonly storedState: StoredState;
  readonly store: Pick<BlobStore, "get"> & { readonly blobs: Map<Bytes32, Uint8Array> };
  readonly members: readonly Address[];
  readonly aggregators: readonly Address[];
}

type Unplaced<E> = E extends TaskEvent ? Omit<E, keyof EventPosition> : never;

/** An account of its own for each label. */
export function accountOf(label: string): Address {
  return toHex(keccak256(new TextEncoder().encode(label)).subarray(12));
}

/** Blobs in memory, given as they are: what a lying source does is for the test to write into `blobs`. */
export function memoryBlobs(): History["store"] {
  const blobs = new Map<Bytes32, Uint8Array>();
  return {
    blobs,
    async get(contentId) {
      const bytes = blobs.get(contentId);
      if (!bytes) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
      return bytes.slice();
    },
  };
}

/** Writes a task's history, step by step as the contracts do. */
export async function buildHistory(options: HistoryOptions = {}): Promise<History> {
  const { members: count = 4, rounds = 3, inputs = 150, detail = true, scripts = {} } = options;
  const chainId = 31337;
  const federation = accountOf("federation");
  const taskId = 1;
  const members = Array.from({ length: count }, (_, i) => accountOf(`member ${i}`));
  const aggregators = [accountOf("aggregator 0"), accountOf("aggregator 1")];
  const model = { kind: "linear-regression", inputs, output: { kind: "numbers", count: 1 } } as const;
  const specification = canonicalTaskSpec({
    format: "fedledger/task/1",
    name: "history",
    model,
    initialSeed: 7,
    training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
    data: {},
  });
  const rules: TaskRules = {
    mode: "transparent",
    rule: "weighted-mean",
    fractionBits: 16,
    attempts: 2,
    parameterCount: modelLayout(model).parameterCount,
    clipLanes: 100_000,
    maxWeight: 1000,
    serverRateQ16: 65536,
    rounds,
    minUpdates: 2,
    maxUpdates: 64,
    participationBps: 10_000,
    attestationQuorum: 2,
    roundsPerParticipant: 0,
    commitWindowS: 60,
    aggregateWindowS: 60,
    challengeWindowS: 60,
    ...options.rules,
  };
  const store = memoryBlobs();
  const events: TaskEvent[] = [];
  let nowS = 1_800_000_000;
  let block = 1;
  let logIndex = 0;

  const put = async (lanes: Int32Array): Promise<Bytes32> => {
    const bytes = lanesToBytes(lanes).slice();
    const contentId = await contentIdOf(bytes);
    store.blobs.set(contentId, bytes);
    return contentId;
  };
  /** One transaction: its events share a block. */
  const mine = (sender: Address, ...written: Unplaced<TaskEvent>[]): void => {
    block++;
    for (const event of written) {
      const position = {
        blockNumber: block,
        blockHash: hashOf(`block ${block}`),
        logIndex: logIndex++,
        transactionHash: hashOf(`transaction ${block}`),
        ...(detail && { sender, gasUsed: 40_000 + block, timestampS: nowS }),
      };
      events.push({ ...event, ...position } as TaskEvent);
    }
  };

  let lanes = initialLanes({ model, initialSeed: 7 }, rules.fractionBits);
  let modelRoot = chunkTreeRoot(lanes);
  let head = initialHistoryHead({ chainId, federation, taskId, rules, modelRoot, spec: specification });
  let accumulator = zeroBytes32;
  const places = [...members];
  const leaving: Address[] = [];
  mine(accountOf("creator"), {
    name: "TaskCreated",
    taskId,
    creator: accountOf("creator"),
    rules,
    modelRoot,
    spec: specification,
  });
  for (const [index, participant] of members.entries())
    mine(participant, { name: "Enrolled", taskId, participant, index });

  let reached = 0;
  for (let round = 1; round <= rounds; round++) {
    const script = scripts[round] ?? {};
    const { end = "attested" } = script;
    reached = round;
    nowS += 5;
    const opening: Unplaced<TaskEvent>[] = [];
    for (const leaver of leaving.splice(0).reverse()) {
      opening.push({ name: "Left", taskId, participant: leaver });
      const index = places.indexOf(leaver);
      const last = places.pop()!;
      if (last !== leaver) {
        places[index] = last;
        opening.push({ name: "Enrolled", taskId, participant: last, index });
      }
    }
    const enrolled = places.length;
    const drawn = drawnCount(rules, enrolled);
    const seed = BigInt(hashOf(`seed ${round}`)) >> 184n;
    const baseModelRoot = modelRoot;
    const base = lanes;
    accumulator = startAccumulator({ chainId, federation, taskId, round, baseModelRoot, seed, enrolled, drawn });
    opening.push({
      name: "RoundOpened",
      taskId,
      round,
      baseModelRoot,
      seed,
      enrolled,
      drawn,
      commitDeadlineS: nowS + rules.commitWindowS,
      accumulator,
    });
    mine(aggregators[0]!, ...opening);
    for (const leaver of script.leave ?? []) {
      leaving.push(members[leaver]!);
      mine(members[leaver]!, { name: "Leaving", taskId, participant: members[leaver]! });
    }

    const commitments: Commitment[] = [];
    const updates: Int32Array[] = [];
    const slots = places
      .map((participant, index) => ({ participant, slot: slotOf(index, enrolled, drawn, seed) }))
      .filter(({ participant, slot }) => slot < drawn && !leaving.includes(participant));
    for (const { participant, slot } of slots.slice(0, script.commits ?? slots.length)) {
      nowS += 1;
      const member = members.indexOf(participant);
      const honest = honestUpdate(rules, member, round);
      const update = script.update?.(member, honest) ?? honest;
      const follows = {
        taskId,
        round,
        participant,
        slot,
        weight: script.weight?.(member) ?? member + 1,
        updateRoot: chunkTreeRoot(update),
        contentId: await put(update),
      };
      const commitment = script.commitment?.(member, follows) ?? follows;
      commitments.push(commitment);
      updates.push(update);
      accumulator = extendAccumulator(accumulator, commitment);
      mine(participant, { name: "Committed", ...commitment });
    }
    if (end === "open") break;
    if (commitments.length < drawn) nowS += rules.commitWindowS + 1;
    const close = (
      phase: "finalized" | "invalidated",
      hash: Bytes32,
      reason: "none" | "too-few-updates" | "no-proposal",
    ): void => {
      head = extendHistory(head, { round, phase, baseModelRoot, accumulator, proposalHash: hash, reason });
    };
    if (commitments.length < rules.minUpdates) {
      close("invalidated", zeroBytes32, "too-few-updates");
      mine(members[0]!, { name: "RoundInvalidated", taskId, round, reason: "too-few-updates", historyHead: head });
      continue;
    }
    const committed = commitments.reduce((bits, { slot }) => bits | (1n << BigInt(slot)), 0n);
    const committedWeight = commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
    const assign = (attempt: number): Unplaced<TaskEvent> => ({
      name: "AggregatorAssigned",
      taskId,
      round,
      attempt,
      aggregator: aggregators[(round + attempt) % 2]!,
      deadlineS: nowS + rules.aggregateWindowS,
    });
    mine(
      members[0]!,
      { name: "RoundClosed", taskId, round, committed, totalWeight: committedWeight, accumulator },
      assign(0),
    );
    let attempt = 0;
    if (script.rejectedProposal) {
      const aggregator = aggregators[(round + attempt) % 2]!;
      const wrong = base.map((lane) => lane + 1);
      nowS += 2;
      const excluded = 1n << BigInt(commitments[0]!.slot);
      const totalWeight = committedWeight - BigInt(commitments[0]!.weight);
      const proposal = {
        attempt,
        aggregator,
        modelRoot: chunkTreeRoot(wrong),
        contentId: await put(wrong),
        totalWeight,
        excluded,
      };
      mine(aggregator, {
        name: "Proposed",
        taskId,
        round,
        proposal,
        challengeDeadlineS: nowS + rules.challengeWindowS,
      });
      nowS += rules.challengeWindowS + 1;
      mine(members[1]!, assign(++attempt));
    }
    for (let silent = 0; silent < (script.silentAggregators ?? 0); silent++) {
      nowS += rules.aggregateWindowS + 1;
      mine(members[1]!, assign(++attempt));
    }
    if (end === "aggregating") break;
    if (end === "no-proposal") {
      nowS += rules.aggregateWindowS + 1;
      close("invalidated", zeroBytes32, "no-proposal");
      mine(members[1]!, { name: "RoundInvalidated", taskId, round, reason: "no-proposal", historyHead: head });
      continue;
    }

    nowS += 2;
    const left = new Set(script.exclude ?? []);
    const included = commitments
      .map(({ weight }, i) => ({ weight, lanes: updates[i]! }))
      .filter((_, i) => !left.has(i));
    const honest = weightedMean({ base, updates: included, serverRateQ16: rules.serverRateQ16 });
    const proposed = script.model?.(honest.slice()) ?? honest;
    const follows: Proposal = {
      attempt,
      aggregator: aggregators[(round + attempt) % 2]!,
      modelRoot: chunkTreeRoot(proposed),
      contentId: await put(proposed),
      totalWeight: included.reduce((sum, { weight }) => sum + BigInt(weight), 0n),
      excluded: [...left].reduce((bits, i) => bits | (1n << BigInt(commitments[i]!.slot)), 0n),
    };
    const proposal = script.proposal?.(follows) ?? follows;
    mine(proposal.aggregator, {
      name: "Proposed",
      taskId,
      round,
      proposal,
      challengeDeadlineS: nowS + rules.challengeWindowS,
    });
    if (end === "proposed") break;
    nowS += end === "unchallenged" ? rules.challengeWindowS + 1 : 3;
    const attesters = end === "unchallenged" ? [] : places.filter((each) => !leaving.includes(each)).sort();
    close("finalized", proposalHash(taskId, round, proposal), "none");
    mine(members[0]!, {
      name: "RoundFinalized",
      taskId,
      round,
      modelRoot: proposal.modelRoot,
      attesters,
      evaluations: attesters.map((_, i) => ({
        samples: 10 + i,
        metricQ24: BigInt(Math.round((0.5 + 0.4 * (1 - 0.8 ** round) + 0.01 * i) * 2 ** 24)),
        lossQ24: BigInt(Math.round(2 * 0.8 ** round * 2 ** 24)),
      })),
      historyHead: head,
    });
    lanes = proposed;
    modelRoot = proposal.modelRoot;
  }
  const storedState = { round: reached, modelRoot, accumulator, historyHead: head };
  return { chainId, federation, events, storedState, store, members, aggregators };
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

function hashOf(label: string): Bytes32 {
  return toHex(keccak256(new TextEncoder().encode(label)));
}
