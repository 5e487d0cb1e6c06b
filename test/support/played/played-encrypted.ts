import { meanOfSum } from "../../../node/aggregation/index.ts";
import { deriveNodeKeys } from "../../../node/chain/index.ts";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { hexEquals } from "../../../node/core/bytes/hex.ts";
import { bytesToLanes } from "../../../node/core/bytes/lanes.ts";
import type { Bytes32, Hex } from "../../../node/core/ids.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import type { RoundView } from "../../../node/core/record/task-view.ts";
import type { Proposal } from "../../../node/core/records.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { modelLayout } from "../../../node/core/task/model-layout.ts";
import { canonicalTaskSpec } from "../../../node/core/task/task-spec.ts";
import { updateRootOf, zeroBytes32 } from "../../../node/core/words/commitment.ts";
import type { ChainReader } from "../../../node/ports/index.ts";
import { createBfv } from "../../../node/privacy/encrypted/bfv.ts";
import { createCipherSum } from "../../../node/privacy/encrypted/cipher-sum.ts";
import { type GroupKey, groupKeyHashes, sealKeyBlob } from "../../../node/privacy/encrypted/key-blob.ts";
import { drawSecretKey } from "../../../node/privacy/encrypted/secret-key.ts";
import { drawnBySlot } from "../../../node/rounds/steps/mask-queries.ts";
import { type FederationFixture, startFederation } from "../federation-fixture.ts";
import { labelledRandom } from "../history/history-keys.ts";
import { honestUpdate, putInto } from "../history/history-writer.ts";
import { memoryStore } from "../memory-store.ts";
import { encryptedRules } from "../states/plain-rules.ts";
import { attestAll } from "./attest-all.ts";

const model = { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } } as const;
const { parameterCount } = modelLayout(model);
const rules = {
  ...{ ...encryptedRules, parameterCount, clipLanes: 1 << 16, keyWindowS: 30 },
  ...{ minUpdates: 2, maxUpdates: 3, attestationQuorum: 2, rounds: 3, attempts: 2 },
} as const;
const spec = canonicalTaskSpec({
  format: "fedledger/task/1",
  name: "encrypted",
  model,
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
});

/** What a proposer says other than the truth. */
export interface EncryptedLie {
  readonly model?: (honest: Int32Array) => Int32Array;
  readonly sum?: (honest: Uint8Array) => Uint8Array;
}

/** An encrypted task on a real chain, whose rounds a test plays by hand. */
export interface PlayedEncrypted {
  readonly fixture: FederationFixture;
  readonly reader: ChainReader;
  readonly taskId: number;
  readonly store: ReturnType<typeof memoryStore>;
  /** The secret key of each round, by its number. */
  readonly keys: ReadonlyMap<number, GroupKey>;
  /** Opens a round; so many of the three advertise, and so many commit; closes it. */
  commit(advertising: number, committing: number): Promise<void>;
  /** Proposes the model of the opened sum, or what `lie` makes of it. */
  propose(base: Int32Array, lie?: EncryptedLie): Promise<{ readonly proposal: Proposal; readonly lanes: Int32Array }>;
  attest(proposal: Proposal): Promise<void>;
  /**
   * Plays three rounds: one of all, attested; one from which one drops out after it confirmed the key, attested in a
   * second attempt after a wrong sum; one without a key.
   */
  play(): Promise<void>;
}

/** Starts a chain with three participants, two aggregators and the task. */
export async function startPlayedEncrypted(): Promise<PlayedEncrypted> {
  const store = memoryStore();
  const put = putInto(store);
  const putBytes = (bytes: Uint8Array): Promise<Bytes32> => put(bytesToLanes(bytes));
  const bfv = createBfv();
  const keys = new Map<number, GroupKey>();
  const fixture = await startFederation({ participants: 3, aggregators: 2, register: false });
  const { admin, participants } = fixture;
  const reader = await fixture.reader();
  const initial = initialLanes({ model, initialSeed: 3 }, 16);
  const taskId = await fixture.createTask({ rules, modelRoot: chunkTreeRoot(initial), spec });
  const round = async (): Promise<RoundView> => foldTask(await reader.history(taskId)).rounds.at(-1)!;

  /** Who is drawn in the newest round, by slot, with the keys that follow from their accounts'. */
  async function receivers() {
    const view = foldTask(await reader.history(taskId));
    const newest = view.rounds.at(-1)!;
    const bySlot = drawnBySlot(view, newest);
    return Array.from({ length: newest.drawn }, (_, slot) => {
      const { account, privateKey } = participants.find((member) => hexEquals(member.account, bySlot.get(slot)!))!;
      return { account, encryptionKey: deriveNodeKeys(privateKey).encryption.publicKey };
    });
  }

  async function commit(advertising: number, committing: number): Promise<void> {
    const before = foldTask(await reader.history(taskId)).rounds.at(-1)?.round ?? 0;
    await participants[0]!.chain.send({ kind: "openRound", taskId, round: before + 1 });
    const { round: number, start } = await round();
    const about = { taskId, round: number };
    const secretKey = drawSecretKey(labelledRandom(`group key ${number}`));
    const key = { publicKey: await bfv.createPublicKey(secretKey), secretKey };
    const dealer = participants[0]!.account;
    const context = { federation: reader.federation, taskId, round: number, start, dealer };
    const sharesId = await putBytes(await sealKeyBlob(key, context, await receivers()));
    const advertised = { ...groupKeyHashes(key), sharesId };
    if (advertising > 0) keys.set(number, key);
    for (const { chain, account } of participants.slice(0, advertising)) {
      const said = { ...about, participant: account, start, ...advertised, shareKey: zeroBytes32 };
      const signature = await chain.signRecord({ type: "advertisement", ...said });
      await chain.send({ kind: "advertise", ...about, signed: [{ ...said, signature }] });
    }
    if (advertising < participants.length) await fixture.chain.increaseTime(rules.keyWindowS + 1);
    const { anchor } = await round();
    for (const [member, { chain, account }] of participants.slice(0, committing).entries()) {
      const weight = member + 1;
      const weighted = honestUpdate(rules, member, number).map((lane) => lane * weight);
      const cipher = await bfv.encrypt(key.publicKey, weighted);
      const contents = {
        updateRoot: updateRootOf(account, chunkTreeRoot(bytesToLanes(cipher))),
        contentId: await putBytes(cipher),
      };
      await chain.send({ kind: "commit", ...about, anchor, ...contents, weight });
    }
    if (committing < participants.length) await fixture.chain.increaseTime(61);
    await admin.chain.send({ kind: "closeRound", ...about });
  }

  async function propose(base: Int32Array, lie: EncryptedLie = {}) {
    const { round: number, commitments, totalWeight, accumulator, assignment } = await round();
    const { attempt, aggregator } = assignment!;
    const adding = createCipherSum(parameterCount);
    for (const { contentId } of commitments) adding.add(store.blobs.get(contentId)!);
    const honest = adding.finish();
    const sum = await bfv.decrypt(keys.get(number)!.secretKey, honest, parameterCount);
    const right = meanOfSum({ base, sum, totalWeight, clipLanes: rules.clipLanes, serverRateQ16: 1 << 16 });
    const lanes = lie.model?.(right.slice()) ?? right;
    const openings: Hex = await putBytes(lie.sum?.(honest.slice()) ?? honest);
    const proposal: Proposal = {
      attempt,
      aggregator,
      modelRoot: chunkTreeRoot(lanes),
      contentId: await put(lanes),
      totalWeight,
      excluded: 0n,
    };
    const { chain } = fixture.aggregators.find(({ account }) => account === aggregator)!;
    await chain.send({ kind: "propose", taskId, round: number, accumulator, proposal, openings });
    return { proposal, lanes };
  }

  async function attest(proposal: Proposal): Promise<void> {
    const { round: number, proposal: standing } = await round();
    await attestAll(fixture, { taskId, round: number, hash: standing!.hash, proposal });
  }

  async function play(): Promise<void> {
    await commit(3, 3);
    const one = await propose(initial);
    await attest(one.proposal);
    await commit(2, 2);
    await propose(one.lanes, { sum: (honest) => honest.fill(1, 0, 4) });
    await fixture.chain.increaseTime(61);
    await admin.chain.send({ kind: "reassign", taskId, round: 2 });
    const two = await propose(one.lanes);
    await attest(two.proposal);
    await commit(0, 0);
  }

  return { fixture, reader, taskId, store, keys, commit, propose, attest, play };
}
