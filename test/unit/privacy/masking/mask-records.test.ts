import { expect } from "chai";
import {
  createMaskJournal,
  createMaskSecrets,
  keysHash,
  type SecretsRecord,
} from "../../../../node/privacy/masking/index.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { expectCode } from "../../../support/expect-code.ts";

const root = (digit: string) => `0x${digit.repeat(64)}` as const;
const account = `0x${"ab".repeat(20)}` as const;

function memoryJournal() {
  const map = new Map<string, Uint8Array>();
  return {
    map,
    get: async (key: string) => map.get(key),
    put: async (key: string, value: Uint8Array) => void map.set(key, value),
    delete: async (key: string) => void map.delete(key),
    close: async () => {},
  };
}

const opening = { taskId: 1, round: 2, seed: (1n << 72n) - 1n };
const secrets: SecretsRecord = {
  ...opening,
  baseModelRoot: root("1"),
  participant: account,
  slot: 3,
  drawn: 9,
  neighbours: 4,
  thresholdPercent: 67,
  minUpdates: 3,
  secrets: createMaskSecrets(createRandom()),
  sharesId: root("2"),
};
const masked = { baseModelRoot: root("1"), keys: root("3"), updateRoot: root("4"), contentId: root("5"), weight: 7 };
const answer = { accumulator: root("6"), seedsOf: [1, 2], keysOf: [5] };

describe("what a node writes down of its masks", () => {
  it("comes back as it was written, for this opening only", async () => {
    const journal = createMaskJournal(memoryJournal());
    await journal.writeSecrets(secrets);
    await journal.writeMasked(opening, masked);
    await journal.writeAnswer(opening, answer);
    expect(await journal.readSecrets(opening)).to.deep.equal(secrets);
    expect(await journal.readMasked(opening)).to.deep.equal(masked);
    expect(await journal.readAnswer(opening)).to.deep.equal(answer);
    for (const other of [{ taskId: 2 }, { round: 1 }, { seed: 1n }]) {
      expect(await journal.readSecrets({ ...opening, ...other })).to.equal(undefined);
      expect(await journal.readMasked({ ...opening, ...other })).to.equal(undefined);
      expect(await journal.readAnswer({ ...opening, ...other })).to.equal(undefined);
    }
  });

  it("is written once: the same again is nothing new, anything else is refused", async () => {
    const journal = createMaskJournal(memoryJournal());
    for (let i = 0; i < 2; i++) {
      await journal.writeSecrets(secrets);
      await journal.writeMasked(opening, masked);
      await journal.writeAnswer(opening, answer);
    }
    await expectCode("MASK_ALREADY_USED", () => journal.writeSecrets({ ...secrets, baseModelRoot: root("7") }));
    await expectCode("MASK_ALREADY_USED", () =>
      journal.writeSecrets({ ...secrets, secrets: createMaskSecrets(createRandom()) }),
    );
    await expectCode("MASK_ALREADY_USED", () => journal.writeMasked(opening, { ...masked, updateRoot: root("7") }));
    await expectCode("MASK_SET_CHANGED", () => journal.writeAnswer(opening, { ...answer, accumulator: root("7") }));
    expect(await journal.readMasked(opening)).to.deep.equal(masked);
  });

  it("is forgotten at the end, as far as it is secret", async () => {
    const memory = memoryJournal();
    const journal = createMaskJournal(memory);
    await journal.writeSecrets(secrets);
    await journal.writeMasked(opening, masked);
    await journal.writeAnswer(opening, answer);
    await journal.forget(opening);
    expect(await journal.readSecrets(opening)).to.equal(undefined);
    expect(await journal.readMasked(opening)).to.deep.equal(masked);
    expect(await journal.readAnswer(opening)).to.deep.equal(answer);
    const left = [...memory.map.values()].map((bytes) => new TextDecoder().decode(bytes)).join();
    expect(left).not.to.contain(Buffer.from(secrets.secrets.secretKey).toString("hex"));
  });

  it("that cannot be read counts as broken, never as not there", async () => {
    const memory = memoryJournal();
    const journal = createMaskJournal(memory);
    await journal.writeSecrets(secrets);
    await journal.writeMasked(opening, masked);
    await journal.writeAnswer(opening, answer);
    const written = new Map(memory.map);
    const readAll = [
      () => journal.readSecrets(opening),
      () => journal.readMasked(opening),
      () => journal.readAnswer(opening),
    ];
    const damages = [
      () => "",
      () => "null",
      () => "{}",
      (text: string) => text.slice(0, -1),
      (text: string) => text.replace(/"(slot|weight)":\d+/, '"$1":-1').replace('"keysOf":[5]', '"keysOf":["5"]'),
      (text: string) => text.replace(/0x[0-9a-f]{2}/, "0x"),
    ];
    for (const damage of damages) {
      for (const [key, bytes] of written) {
        memory.map.set(key, new TextEncoder().encode(damage(new TextDecoder().decode(bytes))));
      }
      for (const read of readAll) await expectCode("MASK_RECORD_BROKEN", read);
    }
  });

  it("binds keys whatever their order", () => {
    const key = (slot: number) => ({
      participant: account,
      slot,
      maskKey: root("1"),
      seedHash: root("2"),
      sharesId: root("3"),
    });
    expect(keysHash([key(1), key(2)])).to.equal(keysHash([key(2), key(1)]));
    for (const other of [{ maskKey: root("4") }, { seedHash: root("4") }, { sharesId: root("4") }, { slot: 4 }]) {
      expect(keysHash([key(1), { ...key(2), ...other }])).not.to.equal(keysHash([key(1), key(2)]));
    }
  });
});
