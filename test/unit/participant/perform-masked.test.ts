import { expect } from "chai";
import type { ParticipantEvent } from "../../../node/participant/participant-state.ts";
import type { MaskedAction } from "../../../node/participant/perform-masked.ts";
import { createMaskedPerformer } from "../../../node/participant/perform-masked.ts";
import type { BlobStore } from "../../../node/ports/storage.ts";
import type { Transport } from "../../../node/ports/transport.ts";
import { createModelSource } from "../../../node/rounds/model-source.ts";
import type { Progress } from "../../../node/rounds/progress.ts";
import { createShareBundles } from "../../../node/rounds/share-bundles.ts";
import { openJournal } from "../../../node/system/journal.ts";
import { createRandom } from "../../../node/system/random.ts";
import { createVirtualClock } from "../../simulation/virtual-clock.ts";
import { advertisementFor, closedMasked, maskedRound, maskedView } from "../../support/masked-states.ts";
import { accounts, hashOf, members } from "../../support/round-states.ts";
import { silentLog } from "../../support/silent-log.ts";

function setUp() {
  const told: Progress[] = [];
  const warned: string[] = [];
  const events: ParticipantEvent[] = [];
  const store = { get: async () => new Uint8Array(3 * 178), put: async () => hashOf(1) } as unknown as BlobStore;
  const transport = { peerId: "me", connected: () => [] } as unknown as Transport;
  let trainings = 0;
  const performer = createMaskedPerformer(
    {
      me: accounts.a,
      taskId: 1,
      chain: { account: accounts.a, chainId: 1, federation: accounts.x, recoverSigner: () => undefined },
      store,
      source: createModelSource({ store, transport }),
      bundles: createShareBundles({ store, transport }),
      journal: openJournal(":memory:"),
      random: createRandom(),
      keys: undefined,
      transport,
      clock: createVirtualClock(0),
      log: { ...silentLog, warn: (message) => void warned.push(message) },
      holdTimeoutMs: 10,
      onProgress: (step) => void told.push(step),
    },
    async () => ({ lanes: new Int32Array(81).fill(++trainings), weight: 1 }),
  );
  const round = maskedRound([0, 1, 2, 3]);
  const look = { view: maskedView(round), members, signal: new AbortController().signal };
  const perform = (action: MaskedAction) => performer.perform(action, look, (event) => events.push(event));
  return { performer, perform, round, look, events, told, warned, trainings: () => trainings };
}

describe("what a participant does in a masked round", () => {
  it("tells what it refuses, and does not fail for it", async () => {
    const { perform, round, events, told, warned } = setUp();
    expect(await perform({ kind: "mask", key: "mask:1", round, keys: hashOf(1) })).to.equal(undefined);
    const closed = closedMasked([0, 1, 2, 3], [0, 1, 2]);
    expect(
      await perform({ kind: "unmask", key: "unmask:1", round: closed, bundles: 3 }).catch(() => "failed"),
    ).to.equal("failed");
    expect(events).to.deep.equal([{ kind: "refused", key: "mask:1" }]);
    expect(told.map((step) => (step.kind === "masking-refused" ? step.code : step.kind))).to.deep.equal([
      "MASK_NOT_MEMBER",
    ]);
    expect(warned).to.have.length(1);
  });

  it("looks again for keys that are not registered yet", async () => {
    const { perform, look } = setUp();
    const unregistered = members.map(({ contact: _, ...member }) => member);
    Object.assign(look, { members: unregistered });
    const round = maskedRound([]);
    expect(await perform({ kind: "make-keys", key: "make-keys:1", round, isLate: false })).to.deep.equal({
      repeatMs: 1000,
    });
  });

  it("trains once for a round and model, and keeps what it trained to itself", async () => {
    const { performer, round, look, events, trainings } = setUp();
    const train = () => performer.train(round, look, (event) => events.push(event));
    await train();
    await train();
    expect(trainings()).to.equal(1);
    const { baseModelRoot } = round;
    const event = { kind: "trained-unmasked", round: 1, baseModelRoot };
    expect(events).to.deep.equal([event, event]);
    await performer.train({ ...round, baseModelRoot: hashOf(8) }, look, () => undefined);
    expect(trainings()).to.equal(2);
  });

  it("says which bundle is here", async () => {
    const { perform, round, events } = setUp();
    const of = advertisementFor(1);
    await perform({ kind: "get-shares", key: "get-shares:1", round, of });
    expect(events).to.deep.equal([{ kind: "bundle", sharesId: of.sharesId }]);
  });
});
