import { expect } from "chai";
import { weightedMean } from "../../../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../../node/core/bytes/content-id.ts";
import { lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { RoundView } from "../../../../node/core/record/task-view.ts";
import { openSum, openSumWhole } from "../../../../node/participant/encrypted/open-sum.ts";
import type { Journal } from "../../../../node/ports/system.ts";
import { createMemoryJournal } from "../../../../node/rounds/actions/memory-journal.ts";
import type { ModelSource } from "../../../../node/rounds/blobs/model-source.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { type EncryptedRound, encryptedRoundOfFour } from "../../../support/states/encrypted-round.ts";
import { encryptedView, keyFor, encryptedRules as rules } from "../../../support/states/encrypted-states.ts";
import { members } from "../../../support/states/round-states.ts";

describe("the opening of an encrypted round's sum", () => {
  let made: EncryptedRound;
  let journal: Journal;
  const signal = new AbortController().signal;

  before(async () => {
    made = await encryptedRoundOfFour();
  });
  beforeEach(() => {
    journal = createMemoryJournal();
  });

  const never = () => Promise.reject(new FedledgerError("INTERRUPTED"));
  const deps = () => ({
    keys: { deal: never, sign: never, open: async () => made.key },
    bfv: made.bfv,
    source: {
      baseOf: async () => made.base,
      update: made.get,
      put: (lanes: Int32Array) => contentIdOf(lanesToBytes(lanes)),
    } as unknown as ModelSource,
    journal,
  });
  const open = (round: RoundView) => openSumWhole(deps(), round, { view: encryptedView(round), members, signal });

  it("gives the model of all committed updates, and writes the set down before", async () => {
    const lanes = weightedMean({ base: made.base, updates: made.updates, serverRateQ16: rules.serverRateQ16 });
    const opened = await open(made.closed());
    expect(opened.modelRoot).to.equal(chunkTreeRoot(lanes));
    const written = await journal.get(`opened-sum/1/${keyFor(0).seedHash}`);
    expect(new TextDecoder().decode(written)).to.equal(made.closed().accumulator.toLowerCase());
    expect(await open(made.closed()), "again after a restart").to.deep.equal(opened);
  });

  it("is never made of a second set under one key: their difference would be somebody's update", async () => {
    const three = made.closed(made.commitments.slice(1));
    await open(made.closed());
    await expectCode("SUM_SET_CHANGED", () => open(three));
    journal = createMemoryJournal();
    await open(three);
    await expectCode("SUM_SET_CHANGED", () => open(made.closed()));
  });

  it("is never made of fewer than two updates, or of what is no update", async () => {
    await expectCode("SUM_NOT_OPENED", () => open(made.closed(made.commitments.slice(0, 1))));
    await expectCode("SUM_NOT_OPENED", () => open(made.closed([])));
    const invalid = await made.commit(0, new Uint8Array(49_152).fill(255));
    await expectCode("SUM_NOT_OPENED", () => open(made.closed([invalid, ...made.commitments.slice(1)])));
    expect(await journal.get(`opened-sum/1/${keyFor(0).seedHash}`), "nothing was decrypted").to.equal(undefined);
  });

  it("is given to nobody where it is of garbage, or of another key's ciphertexts", async () => {
    const garbage = new Uint8Array(49_152).map((_, i) => (i * 89 + (i >> 8) * 7) & (i % 6 === 5 ? 0x7f : 0xff));
    const rest = made.commitments.slice(1);
    await expectCode("SUM_NOT_OPENED", async () => open(made.closed([await made.commit(0, garbage), ...rest])));
    journal = createMemoryJournal();
    const other = await encryptedRoundOfFour();
    const bytes = other.blobs.get(other.commitments[0]!.contentId)!;
    await expectCode("SUM_NOT_OPENED", async () => open(made.closed([await made.commit(0, bytes), ...rest])));
  });

  it("waits for what is not to be had", async () => {
    const gone = await made.commit(0, new Uint8Array(49_152));
    made.blobs.delete(gone.contentId);
    const round = made.closed([gone, ...made.commitments.slice(1)]);
    const opening = await openSum(deps(), round, { view: encryptedView(round), members, signal });
    expect(opening).to.deep.equal({ missing: [gone], absent: [gone] });
    await expectCode("BLOB_NOT_FOUND", () => open(round));
  });

  it("is not made where no key was dealt", async () => {
    const { advertisements: _, ...keyless } = made.closed();
    await expectCode("GROUP_KEY_INVALID", () => open(keyless));
  });
});
