import { expect } from "chai";
import { chunkTreeRoot } from "../../../../node/core/bytes/chunk-tree.ts";
import { lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import type { RoundView } from "../../../../node/core/record/task-view.ts";
import { updateRootOf } from "../../../../node/core/words/commitment.ts";
import { createMaskedPerformer } from "../../../../node/participant/masked/perform-masked.ts";
import { createMemorySecret } from "../../../../node/participant/masked/share-keys.ts";
import type { MaskedAction, MaskedEvent } from "../../../../node/participant/state/masked-state.ts";
import { createRoundMemory } from "../../../../node/participant/state/round-memory.ts";
import type { BlobStore } from "../../../../node/ports/storage.ts";
import type { Transport } from "../../../../node/ports/transport.ts";
import { createMaskSecrets, type RoundSecrets } from "../../../../node/privacy/masking/index.ts";
import { createModelSource } from "../../../../node/rounds/blobs/model-source.ts";
import { createShareBundles } from "../../../../node/rounds/blobs/share-bundles.ts";
import { performBy } from "../../../../node/rounds/machine/machine.ts";
import type { Progress } from "../../../../node/rounds/progress/progress.ts";
import type { MaskHeardEvent } from "../../../../node/rounds/words/mask-hearing.ts";
import { closingTopic, decodeClosing } from "../../../../node/rounds/words/mask-messages.ts";
import { openJournal } from "../../../../node/system/journal.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../../simulation/model/model-signature.ts";
import { createVirtualClock } from "../../../simulation/world/virtual-clock.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { silentLog } from "../../../support/silent-log.ts";
import { stateAt } from "../../../support/states/machine-states.ts";
import { lookAt, opened, playToClosing, trained } from "../../../support/states/mask-members.ts";
import { advertisementFor, closedMasked, maskedRound, maskedView } from "../../../support/states/masked-states.ts";
import { modelInvitation } from "../../../support/states/model-invitation.ts";
import { accounts, commitmentOf, hashOf, members, participants } from "../../../support/states/round-states.ts";

function setUp(bytes = new Uint8Array(3 * 178)) {
  const told: Progress[] = [];
  const warned: string[] = [];
  const events: (MaskedEvent | MaskHeardEvent)[] = [];
  const published: [string, Uint8Array][] = [];
  const store = { get: async () => bytes, put: async () => hashOf(1) } as unknown as BlobStore;
  const transport = {
    peerId: "me",
    connected: () => [],
    publish: async (topic: string, message: Uint8Array) => void published.push([topic, message]),
  } as unknown as Transport;
  const chain = { chainId: 1, federation: accounts.x };
  let trainings = 0;
  const performer = createMaskedPerformer(
    {
      me: accounts.a,
      taskId: 1,
      chain: {
        account: accounts.a,
        ...chain,
        recoverSigner: modelSigner,
        signRecord: async (record) => modelSign(accounts.a, modelRecordDigest(record)),
      },
      store,
      source: createModelSource({ store, transport }),
      bundles: createShareBundles({ store, transport }),
      journal: openJournal(":memory:"),
      random: createRandom(),
      transport,
      clock: createVirtualClock(0),
      log: { ...silentLog, warn: (message) => void warned.push(message) },
      holdTimeoutMs: 10,
      republishMs: 500,
      invitation: modelInvitation(chain, participants, [maskedView()]),
      shareKeyFile: createMemorySecret(),
      onProgress: (step) => void told.push(step),
    },
    async () => ({ lanes: new Int32Array(81).fill(++trainings), weight: 1 }),
  );
  const round = maskedRound([0, 1, 2, 3]);
  const look = { view: maskedView(round), members, signal: new AbortController().signal };
  const state = stateAt(accounts.a, "participant", look.view, 75);
  const emit = (event: (typeof events)[number]) => {
    events.push(event);
    return state;
  };
  const perform = (action: MaskedAction) =>
    performBy(performer.performers, action, { state, look, signal: look.signal, emit });
  return { performer, perform, round, look, events, told, warned, published, trainings: () => trainings };
}

describe("what a participant does in a masked round", () => {
  it("tells what it refuses, and does not fail for it", async () => {
    const { perform, round, events, told, warned } = setUp();
    expect(await perform({ kind: "mask", key: "mask:1", round })).to.equal(undefined);
    const closed = closedMasked([0, 1, 2, 3], [0, 1, 2, 3]);
    expect(await perform({ kind: "sign-closing", key: "sign-closing:1", round: closed })).to.equal(undefined);
    expect(events).to.deep.equal([
      { kind: "mask-refused", key: "mask:1" },
      { kind: "mask-refused", key: "sign-closing:1" },
    ]);
    expect(told.map((step) => (step.kind === "masking-refused" ? step.code : step.kind))).to.deep.equal([
      "MASK_NOT_MEMBER",
      "MASK_NOT_MEMBER",
    ]);
    expect(warned).to.have.length(2);
  });

  it("names a key for its first shares, and knows it again", async () => {
    const { performer, perform, events } = setUp();
    const word = await performer.shareKeyForEnrolment();
    expect(word).to.have.length(2 + 2 * 96);
    await perform({ kind: "read-share-keys", key: "read-share-keys" });
    expect(events).to.deep.equal([{ kind: "share-keys", keys: [word.slice(0, 66)] }]);
    expect(await performer.shareKeyForEnrolment(), "the same until a word is on record").to.equal(word);
    await perform({ kind: "sign-share-key", key: "sign-share-key", named: word.slice(0, 66) as `0x${string}` });
    expect(events.at(-1)?.kind).to.equal("share-key-signed");
  });

  it("trains once for an opening, and keeps what it trained to itself", async () => {
    const { performer, round, look, events, trainings } = setUp();
    const train = () => performer.train(round, look, (event) => events.push(event));
    await train();
    await train();
    expect(trainings()).to.equal(1);
    const event = { kind: "lanes-trained", start: round.start };
    expect(events).to.deep.equal([event, event]);
    await performer.train({ ...round, start: hashOf(8) }, look, () => undefined);
    expect(trainings()).to.equal(2);
  });

  it("says which bundle is here, and which update is what was committed to", async () => {
    const { perform, round, events } = setUp();
    const of = advertisementFor(1);
    await perform({ kind: "get-shares", key: "get-shares:1", round, of });
    expect(events).to.deep.equal([{ kind: "bundle", sharesId: of.sharesId }]);
    const lanes = new Int32Array(81).fill(5);
    const other = setUp(Uint8Array.from(lanesToBytes(lanes)));
    const commitment = { ...commitmentOf(1), updateRoot: updateRootOf(participants[1]!, chunkTreeRoot(lanes)) };
    await other.perform({ kind: "get-masked-update", key: "get:1", commitment });
    expect(other.events).to.deep.equal([{ kind: "masked-update-here", commitment }]);
    await expectCode("BLOB_CORRUPT", () =>
      other.perform({ kind: "get-masked-update", key: "get:2", commitment: commitmentOf(2) }),
    );
  });

  it("repeats its closing word, another message each time", async () => {
    const { perform, published } = setUp();
    const word = { taskId: 1, round: 1, accumulator: hashOf(1), participant: accounts.a, signature: hashOf(2) };
    const action = {
      kind: "announce-closing",
      key: "announce",
      word: { ...word, signature: `0x${"11".repeat(65)}` },
    } as const;
    for (let i = 0; i < 2; i++) expect(await perform(action)).to.deep.equal({ repeatMs: 500 });
    expect(published.map(([topic]) => topic)).to.deep.equal([closingTopic, closingTopic]);
    expect(published.map(([, message]) => decodeClosing(message))).to.deep.equal([
      { word: action.word, sequence: 1 },
      { word: action.word, sequence: 2 },
    ]);
  });
});

describe("the secrets of a masked round", () => {
  /** The first member's performer, with keys that it made in a round of which it is now shown this. */
  async function withKeys() {
    const set = await playToClosing();
    const { deps } = set.nodes[0]!;
    const transport = { peerId: "me", connected: () => [] } as unknown as Transport;
    const performer = createMaskedPerformer(
      {
        ...{ ...deps, me: deps.chain.account, transport, log: silentLog, clock: createVirtualClock(0) },
        ...{ source: createModelSource({ store: deps.store, transport }), holdTimeoutMs: 10, republishMs: 500 },
      },
      async () => trained(0),
    );
    const look = lookAt(opened, set.shareKeys);
    const state = stateAt(accounts.a, "participant", look.view, 75);
    const makeKeys = async () => {
      let maskKey: string | undefined;
      const emit = (event: MaskedEvent | MaskHeardEvent) => {
        if (event.kind === "keys-made") maskKey = event.keys.maskKey;
        return state;
      };
      const action = { kind: "make-keys", key: "make-keys", round: opened, isLate: false } as const;
      await performBy(performer.performers, action, { state, look, signal: look.signal, emit });
      return maskKey;
    };
    return { ...set, performer, makeKeys };
  }

  it("are kept while it runs, and overwritten when it has ended, or closed without this member's update", async () => {
    const { performer, makeKeys, closed, round } = await withKeys();
    const made = await makeKeys();
    const shown = (changes: Partial<RoundView>) => performer.forgetSpent(maskedView({ ...closed, ...changes }));
    performer.forgetSpent(maskedView(round));
    shown({});
    expect(await makeKeys(), "the same").to.equal(made);
    // the others give its key now: its seed must not follow
    shown({ commitments: closed.commitments.slice(1) });
    const second = await makeKeys();
    expect(second).not.to.equal(made);
    shown({ phase: "invalid", invalidReason: "no-proposal" });
    expect(await makeKeys()).not.to.equal(second);
  });

  const secretsOf = (round: Pick<RoundView, "round" | "start">): RoundSecrets => ({
    taskId: 1,
    round: round.round,
    start: round.start,
    participant: accounts.a,
    slot: 0,
    drawn: 4,
    thresholdPercent: 67,
    minUpdates: 3,
    secrets: createMaskSecrets(createRandom()),
    sharesId: hashOf(80),
    shareKey: hashOf(81),
    openingKey: createRandom().bytes(32),
  });

  it("are of one opening, and are overwritten when the round is over, whichever opening of it", () => {
    const memory = createRoundMemory();
    const [one, other, next] = [
      { round: 1, start: hashOf(1) },
      { round: 1, start: hashOf(2) },
      { round: 2, start: hashOf(3) },
    ].map(secretsOf);
    for (const secrets of [one!, other!, next!]) memory.keep(secrets);
    expect(memory.of(one!)).to.equal(one);
    expect(memory.of({ start: hashOf(9) })).to.equal(undefined);
    memory.forget(1);
    expect([one!, other!, next!].map((secrets) => memory.of(secrets) !== undefined)).to.deep.equal([
      false,
      false,
      true,
    ]);
    for (const secret of [one!.secrets.seed, other!.secrets.secretKey, one!.openingKey]) {
      expect(secret.every((byte) => byte === 0)).to.equal(true);
    }
    expect(next!.secrets.seed.some((byte) => byte !== 0)).to.equal(true);
  });
});
