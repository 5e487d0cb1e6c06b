import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { concatBytes, toHex } from "../../../node/core/bytes/hex.ts";
import type { Hex } from "../../../node/core/ids.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import type { RoundView } from "../../../node/core/record/task-view.ts";
import type { Advertisement, Commitment, Proposal } from "../../../node/core/records.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { modelLayout } from "../../../node/core/task/model-layout.ts";
import { canonicalTaskSpec } from "../../../node/core/task/task-spec.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import type { ChainReader } from "../../../node/ports/index.ts";
import {
  type ClosedRound,
  createMaskedMean,
  createMaskSecrets,
  type MaskSecrets,
  maskUpdate,
  roundSides,
} from "../../../node/privacy/masking/index.ts";
import { type FederationFixture, startFederation } from "../federation-fixture.ts";
import { labelledRandom } from "../history/history-keys.ts";
import { hashOf, honestUpdate, putInto } from "../history/history-writer.ts";
import { memoryStore } from "../memory-store.ts";
import { maskedRules } from "../states/plain-rules.ts";
import { attestAll } from "./attest-all.ts";

const model = { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } } as const;
const { parameterCount } = modelLayout(model);
const rules = { ...maskedRules, parameterCount, maxUpdates: 5, rounds: 3 };
const access = { organisations: ["Klinik A", "Klinik B"], regions: ["EU"], clearance: 1 };
const spec = canonicalTaskSpec({
  format: "fedledger/task/1",
  name: "masked",
  model,
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
});

/** What is proposed of a round. */
export interface MaskedProposal {
  readonly proposal: Proposal;
  readonly openings: Hex;
  readonly lanes: Int32Array;
}

/** What a proposer says other than the truth. */
export interface MaskedLie {
  readonly model?: (honest: Int32Array) => Int32Array;
  readonly openings?: (honest: Hex) => Hex;
}

/** A restricted, masked task on a real chain. */
export interface PlayedMasked {
  readonly fixture: FederationFixture;
  readonly reader: ChainReader;
  readonly taskId: number;
  readonly store: ReturnType<typeof memoryStore>;
  /** The newest round as its events tell it. */
  round(): Promise<RoundView>;
  /** Opens a round; so many of the five advertise, and so many of those commit; closes it. */
  commit(advertising: number, committing: number): Promise<void>;
  /** Proposes the mean of the masked updates, or what `lie` makes of it and of what it opens. */
  propose(base: Int32Array, lie?: MaskedLie): Promise<MaskedProposal>;
  /** All attest to it. */
  attest(proposal: Proposal): Promise<void>;
  /**
   * Plays three rounds: one of all, accepted; one from which one drops out after it advertised, accepted; one that too
   * few advertise for. Returns the last accepted model.
   */
  play(): Promise<Int32Array>;
}

/** Starts a chain with five participants that may join the task, two aggregators and the task. */
export async function startPlayedMasked(changed: Partial<typeof rules> = {}): Promise<PlayedMasked> {
  const store = memoryStore();
  const put = putInto(store);
  const fixture = await startFederation({ participants: 5, aggregators: 2, register: false });
  const { admin, participants } = fixture;
  const reader = await fixture.reader();
  for (const [i, { account }] of [...participants, ...fixture.aggregators].entries()) {
    const attributes = { organisation: access.organisations[i % 2]!, region: "EU", clearance: 1 + i };
    await admin.chain.send({ kind: "setAttributes", account, attributes });
  }
  const modelRoot = chunkTreeRoot(initialLanes({ model, initialSeed: 3 }, 16));
  const taskId = await fixture.createTask({ rules: { ...rules, ...changed }, modelRoot, spec, access });
  const { keyWindowS } = { ...rules, ...changed };
  const secrets = new Map<string, MaskSecrets>();

  const round = async () => foldTask(await reader.history(taskId)).rounds.at(-1)!;
  const closedRound = ({ advertisements = [], commitments, round: number }: RoundView): ClosedRound<Advertisement> => {
    const surviving = commitments.map(({ slot }) => slot);
    return { taskId, round: number, advertisements, surviving };
  };
  const secretsOf = ({ participant }: Pick<Advertisement, "participant">, number: number) =>
    secrets.get(`${participant} ${number}`)!;

  async function commit(advertising: number, committing: number): Promise<void> {
    const before = foldTask(await reader.history(taskId)).rounds.at(-1)?.round ?? 0;
    await participants[0]!.chain.send({ kind: "openRound", taskId, round: before + 1 });
    const opened = await round();
    const { start } = opened;
    const about = { taskId, round: opened.round };
    for (const { chain, account } of participants.slice(0, advertising)) {
      const made = createMaskSecrets(labelledRandom(`${account} ${opened.round}`));
      secrets.set(`${account} ${opened.round}`, made);
      const { maskKey, seedHash } = made;
      const [sharesId, shareKey] = [hashOf(`shares of ${account}`), hashOf(`share key of ${account}`)];
      const keys = { ...about, participant: account, start, maskKey, seedHash, sharesId, shareKey };
      const signature = await chain.signRecord({ type: "advertisement", ...keys });
      await chain.send({ kind: "advertise", ...about, signed: [{ ...keys, signature }] });
    }
    if (advertising < participants.length) await fixture.chain.increaseTime(keyWindowS + 1);
    const keyed = await round();
    for (const [member, { chain, account }] of participants.slice(0, committing).entries()) {
      const { slot } = keyed.advertisements!.find(({ participant }) => participant === account)!;
      const lanes = await maskUpdate({
        lanes: honestUpdate(rules, member, opened.round),
        weight: member + 1,
        slot,
        secrets: secretsOf({ participant: account }, opened.round),
        round: closedRound(keyed),
      });
      const update: Pick<Commitment, "updateRoot" | "contentId" | "weight"> = {
        updateRoot: updateRootOf(account, chunkTreeRoot(lanes)),
        contentId: await put(lanes),
        weight: member + 1,
      };
      await chain.send({ kind: "commit", ...about, anchor: keyed.anchor, ...update });
    }
    if (committing < advertising) await fixture.chain.increaseTime(keyWindowS + 61);
    await admin.chain.send({ kind: "closeRound", ...about });
  }

  async function propose(base: Int32Array, lie: MaskedLie = {}): Promise<MaskedProposal> {
    const closed = await round();
    const number = closed.round;
    const { survivors, dropped } = roundSides(closedRound(closed));
    const opened = concatBytes(
      ...survivors.map((key) => secretsOf(key, number).seed),
      ...dropped.map((key) => secretsOf(key, number).secretKey),
    );
    const mean = createMaskedMean({ ...rules, serverRateQ16: 1 << 16, round: closedRound(closed), openings: opened });
    for (const { contentId, weight } of closed.commitments) {
      const bytes = await store.get(contentId, { lengthBytes: 4 * parameterCount });
      mean.add(new Int32Array(bytes.buffer, bytes.byteOffset, parameterCount), weight);
    }
    const { attempt, aggregator } = closed.assignment!;
    const honest = mean.finish(base);
    const lanes = lie.model?.(honest.slice()) ?? honest;
    const openings = lie.openings?.(toHex(opened)) ?? toHex(opened);
    const proposal: Proposal = {
      ...{ attempt, aggregator, modelRoot: chunkTreeRoot(lanes), contentId: await put(lanes) },
      ...{ totalWeight: closed.totalWeight, excluded: 0n },
    };
    const { chain } = fixture.aggregators.find(({ account }) => account === aggregator)!;
    const { accumulator } = closed;
    await chain.send({ kind: "propose", taskId, round: number, accumulator, proposal, openings });
    return { proposal, openings, lanes };
  }

  async function attest(proposal: Proposal): Promise<void> {
    const { round: number, proposal: standing } = await round();
    await attestAll(fixture, { taskId, round: number, hash: standing!.hash, proposal });
  }

  async function play(): Promise<Int32Array> {
    const initial = initialLanes({ model, initialSeed: 3 }, 16);
    await commit(5, 5);
    const one = await propose(initial);
    await attest(one.proposal);
    await commit(5, 4);
    const two = await propose(one.lanes);
    await attest(two.proposal);
    await commit(2, 0);
    return two.lanes;
  }

  return { fixture, reader, taskId, store, round, commit, propose, attest, play };
}
