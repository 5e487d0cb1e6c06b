import { expect } from "chai";
import {
  createPublicMeasure,
  makeTestSet,
  ownTestSet,
  requireOwnTestSet,
} from "../../../../node/api/tasks/test-set.ts";
import { initialLanes } from "../../../../node/core/task/initial-model.ts";
import { canonicalTaskSpec, type TaskSpec } from "../../../../node/core/task/task-spec.ts";
import type { GetOptions } from "../../../../node/ports/index.ts";
import { taskPreset } from "../../../../node/training/index.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { silentLog } from "../../../support/silent-log.ts";

const fractionBits = 20;

describe("the public test set", () => {
  const { spec } = taskPreset("breast-cancer");
  const none = { testSet: undefined, data: undefined };

  it("is the kept part of a named data set, or the file's; a file that is only trained on gives none", async () => {
    const made = await makeTestSet(spec, { ...none, data: "breast-cancer" }, {});
    expect(made?.name.examples).to.equal(114);
    expect(await makeTestSet(spec, { ...none, data: "some.csv" }, {})).to.equal(undefined);
    expect(await makeTestSet(spec, none, {})).to.equal(undefined);
    await expectCode("FILE_NOT_FOUND", () => makeTestSet(spec, { ...none, testSet: "none.csv" }, {}));
  });

  it("is made again by whoever has the data set, and by nobody else", async () => {
    const { name, bytes } = (await makeTestSet(spec, { ...none, data: "breast-cancer" }, {}))!;
    expect(await ownTestSet({ ...spec, testSet: name }, none, {})).to.deep.equal(bytes);
    const other = { ...name, contentId: `0x${"44".repeat(32)}` as const };
    expect(await ownTestSet({ ...spec, testSet: other }, none, {})).to.equal(undefined);
  });

  it("measures what it makes itself, keeps it, and fetches what it cannot make, once", async () => {
    const { name, bytes } = (await makeTestSet(spec, { ...none, data: "breast-cancer" }, {}))!;
    const lanes = initialLanes(spec, fractionBits);
    const asked: GetOptions[] = [];
    const kept: Uint8Array[] = [];
    const measureOf = (named: TaskSpec, given: Uint8Array | undefined) =>
      createPublicMeasure({
        chain: { members: async () => [] },
        task: async () => ({ spec: canonicalTaskSpec(named), rules: { fractionBits } }),
        store: {
          async get(_, options) {
            asked.push(options);
            if (given === undefined) throw new Error("nobody has it");
            return given;
          },
        },
        keep: async (each) => kept.push(each),
        values: none,
        log: silentLog,
      });
    const own = await measureOf({ ...spec, testSet: name }, undefined)(lanes, { round: 1 });
    expect(own?.examples).to.equal(114);
    expect(kept).to.deep.equal([bytes]);
    expect(asked).to.deep.equal([]);

    const unknown = { ...name, contentId: `0x${"44".repeat(32)}` as const };
    const fetching = measureOf({ ...spec, testSet: unknown }, bytes);
    expect(await fetching(lanes, { round: 1 })).to.deep.equal(own);
    expect(await fetching(lanes, { round: 2 })).to.deep.equal(own);
    expect(asked.map(({ lengthBytes }) => lengthBytes)).to.deep.equal([bytes.length]);
    expect(await measureOf({ ...spec, testSet: unknown }, undefined)(lanes, { round: 1 })).to.equal(undefined);
    expect(await measureOf(spec, undefined)(lanes, { round: 1 })).to.equal(undefined);
  });

  it("is told once, and measures nothing, where what a creator names is none", async () => {
    const { name, bytes } = (await makeTestSet(spec, { ...none, data: "breast-cancer" }, {}))!;
    const lanes = initialLanes(spec, fractionBits);
    const warned: string[] = [];
    for (const [text, given] of [
      [canonicalTaskSpec({ ...spec, testSet: { ...name, contentId: `0x${"44".repeat(32)}` as const } }), bytes.fill(7)],
      ["no specification", undefined],
    ] as const) {
      warned.length = 0;
      const measure = createPublicMeasure({
        chain: { members: async () => [] },
        task: async () => ({ spec: text, rules: { fractionBits } }),
        store: { get: async () => given ?? new Uint8Array() },
        values: none,
        log: { ...silentLog, warn: (message) => warned.push(message) },
      });
      expect(await measure(lanes, { round: 1 })).to.equal(undefined);
      expect(await measure(lanes, { round: 2 })).to.equal(undefined);
      expect(warned).to.deep.equal(["Models cannot be measured on the public test set that the task names"]);
    }
  });

  it("is the file's that is given for it, or the audit does not begin", async () => {
    const { name } = (await makeTestSet(spec, { ...none, data: "breast-cancer" }, {}))!;
    const text = canonicalTaskSpec({ ...spec, testSet: name });
    await expectCode("FILE_NOT_FOUND", () => requireOwnTestSet({ spec: text }, "none.csv"));
    await requireOwnTestSet({ spec: text }, undefined);
    await requireOwnTestSet({ spec: "no specification" }, "none.csv");
  });
});
