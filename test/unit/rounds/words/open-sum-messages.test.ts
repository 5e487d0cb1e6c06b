import { expect } from "chai";
import fc from "fast-check";
import {
  decodeOpenSum,
  decodeOpenSumAnswer,
  encodeOpenSum,
  encodeOpenSumAnswer,
  type OpenSumAnswer,
} from "../../../../node/rounds/words/open-sum-messages.ts";

const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((all): `0x${string}` => `0x${Buffer.from(all).toString("hex")}`);
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const request = fc.record({ taskId: uint32, round: uint32, accumulator: hash }, { noNullPrototype: true });
const answer = fc.oneof(
  fc.record({ opened: fc.constant(true), sumId: hash, modelRoot: hash, contentId: hash }, { noNullPrototype: true }),
  fc.record(
    {
      opened: fc.constant(false),
      reason: fc.constantFrom("unknown-task", "wrong-round", "not-aggregator", "not-opened", "refused"),
    },
    { noNullPrototype: true },
  ),
) as fc.Arbitrary<OpenSumAnswer>;

describe("messages about the sum of an encrypted round", () => {
  it("are read as they were written", () => {
    fc.assert(
      fc.property(request, (about) => {
        expect(decodeOpenSum(encodeOpenSum(about))).to.deep.equal(about);
      }),
    );
    fc.assert(
      fc.property(answer, (told) => {
        expect(decodeOpenSumAnswer(encodeOpenSumAnswer(told))).to.deep.equal(told);
      }),
    );
  });

  it("are refused when anything in them is malformed", () => {
    const zeros = `0x${"00".repeat(32)}`;
    const requests = [
      {},
      { taskId: 1, round: 1 },
      { taskId: 1, round: 1, accumulator: "0x" },
      { taskId: -1, round: 1, accumulator: zeros },
    ];
    for (const fields of [...requests, { taskId: 1, round: 1, accumulator: zeros, bytes: zeros }, "text", null]) {
      expect(decodeOpenSum(new TextEncoder().encode(JSON.stringify(fields)))).to.equal(undefined);
    }
    const answers = [
      { opened: true },
      { opened: true, sumId: zeros, modelRoot: zeros },
      { opened: false },
      { opened: false, reason: "other" },
      { opened: false, sumId: zeros, modelRoot: zeros, contentId: zeros },
    ];
    for (const fields of answers) {
      expect(decodeOpenSumAnswer(new TextEncoder().encode(JSON.stringify(fields)))).to.equal(undefined);
    }
  });
});
