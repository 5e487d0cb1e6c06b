import { expect } from "chai";
import { createMaskJournal } from "../../../../node/privacy/masking/index.ts";
import { expectCode } from "../../../support/expect-code.ts";

const root = (digit: string) => `0x${digit.repeat(64)}` as const;

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

const of = { taskId: 1, round: 2 };
const masked = { anchor: root("a"), baseModelRoot: root("1"), updateRoot: root("4"), contentId: root("5"), weight: 7 };
const closing = { accumulator: root("6") };

describe("what a node writes down of its masks", () => {
  it("comes back as it was written, for this round only", async () => {
    const journal = createMaskJournal(memoryJournal());
    await journal.writeMasked(of, masked);
    await journal.writeClosing(of, closing);
    expect(await journal.readMasked(of)).to.deep.equal(masked);
    expect(await journal.readClosing(of)).to.deep.equal(closing);
    for (const other of [{ taskId: 2 }, { round: 1 }]) {
      expect(await journal.readMasked({ ...of, ...other })).to.equal(undefined);
      expect(await journal.readClosing({ ...of, ...other })).to.equal(undefined);
    }
  });

  it("is written once a round: the same again is nothing new, anything else is refused", async () => {
    const journal = createMaskJournal(memoryJournal());
    for (let i = 0; i < 2; i++) {
      await journal.writeMasked(of, masked);
      await journal.writeClosing(of, closing);
    }
    await journal.writeClosing(of, { accumulator: root("6").toUpperCase().replace("0X", "0x") as `0x${string}` });
    await expectCode("MASK_ALREADY_USED", () => journal.writeMasked(of, { ...masked, updateRoot: root("7") }));
    await expectCode("MASK_ALREADY_USED", () => journal.writeMasked(of, { ...masked, anchor: root("7") }));
    const { data } = await expectCode("MASK_SET_CHANGED", () => journal.writeClosing(of, { accumulator: root("7") }));
    expect(data).to.include({ round: 2, expected: root("6"), actual: root("7") });
    expect(await journal.readMasked(of)).to.deep.equal(masked);
  });

  it("that cannot be read counts as broken, never as not there", async () => {
    const memory = memoryJournal();
    const journal = createMaskJournal(memory);
    await journal.writeMasked(of, masked);
    await journal.writeClosing(of, closing);
    const written = new Map(memory.map);
    const damages = [
      () => "",
      () => "null",
      () => "{}",
      (text: string) => text.slice(0, -1),
      (text: string) => text.replace(/"weight":\d+/, '"weight":-1').replace('"0x6', '"x6'),
      (text: string) => text.replace(/0x[0-9a-f]{2}/, "0x"),
    ];
    for (const damage of damages) {
      for (const [key, bytes] of written) {
        memory.map.set(key, new TextEncoder().encode(damage(new TextDecoder().decode(bytes))));
      }
      await expectCode("MASK_RECORD_BROKEN", () => journal.readMasked(of));
      await expectCode("MASK_RECORD_BROKEN", () => journal.readClosing(of));
    }
  });
});
