import { expect } from "chai";
import type { RoundSum } from "../../node/audit/replay/sums/round-sum.ts";
import { chunkLanes } from "../../node/core/bytes/chunk-tree.ts";
import type { TaskRules } from "../../node/core/records.ts";
import { expectCode } from "../support/expect-code.ts";

/** A round whose sum is under test: what its members trained, and how that looks when it is committed. */
export interface RoundSumSubject {
  readonly rules: TaskRules;
  readonly base: Int32Array;
  /** What was trained, before any mask or encryption. */
  readonly updates: readonly { readonly lanes: Int32Array; readonly weight: number }[];
  /** The same updates as they were committed. */
  readonly committed: readonly Int32Array[];
  begin(): RoundSum;
}

/** The suite that the sum of every mode runs, for the weighted mean; `provable` where a contract can tell a chunk. */
export function roundSumCompliance(
  name: string,
  { provable }: { readonly provable: boolean },
  open: () => Promise<RoundSumSubject>,
): void {
  describe(`RoundSum: ${name}`, () => {
    let subject: RoundSumSubject;
    before(async () => {
      subject = await open();
    });

    const addAll = (sum: RoundSum, order: readonly number[]): RoundSum => {
      for (const i of order) sum.add(subject.committed[i]!, subject.updates[i]!.weight);
      return sum;
    };
    const all = () => subject.updates.map((_, i) => i);

    it("is the weighted mean by its definition, in exact integers, whatever the order", async () => {
      const right = meanByDefinition(subject);
      for (const order of [all(), all().reverse()]) {
        const result = await addAll(subject.begin(), order).finish(subject.base);
        expect(result.lanes).to.deep.equal(right);
        expect(result).to.include({ cutLanes: 0, isAttestable: true });
      }
    });

    it("does not touch the base, nor what is added", async () => {
      const [base, first] = [subject.base.slice(), subject.committed[0]!.slice()];
      await addAll(subject.begin(), all()).finish(subject.base);
      expect(subject.base).to.deep.equal(base);
      expect(subject.committed[0]).to.deep.equal(first);
    });

    it("gives no model without a base, and refuses one of another length", async () => {
      expect((await addAll(subject.begin(), all()).finish(undefined)).lanes).to.equal(undefined);
      await expectCode("LENGTH_MISMATCH", () => addAll(subject.begin(), all()).finish(new Int32Array(3)));
    });

    it("refuses an update of another length", () => {
      expect(() => subject.begin().add(subject.committed[0]!.slice(1), 1))
        .to.throw()
        .with.property("code");
    });

    it(provable ? "tells every chunk of its model from the same chunks alone" : "tells no chunk", async () => {
      const { rules, base, committed, updates } = subject;
      const model = (await addAll(subject.begin(), all()).finish(base)).lanes!;
      for (let index = 0; index * chunkLanes < rules.parameterCount; index++) {
        const chunk = (lanes: Int32Array): Int32Array => {
          const padded = new Int32Array(chunkLanes);
          padded.set(lanes.subarray(index * chunkLanes, (index + 1) * chunkLanes));
          return padded;
        };
        const shown = committed.map((lanes, i) => ({ lanes: chunk(lanes), weight: updates[i]!.weight }));
        const right = subject.begin().rightChunk(index, chunk(base), shown);
        expect(right, `chunk ${index}`).to.deep.equal(provable ? chunk(model) : undefined);
      }
    });
  });
}

/** saturate32(θ + floorDiv(S · rate, W · 2^16)), lane by lane (docs/protocol/specification.md). */
function meanByDefinition({ base, updates, rules }: RoundSumSubject): Int32Array {
  const weight = updates.reduce((all, each) => all + BigInt(each.weight), 0n);
  return base.map((lane, i) => {
    const sum = updates.reduce((all, each) => all + BigInt(each.weight) * BigInt(each.lanes[i]!), 0n);
    const [above, below] = [sum * BigInt(rules.serverRateQ16), weight * 65_536n];
    const rest = ((above % below) + below) % below;
    const moved = BigInt(lane) + (above - rest) / below;
    return Number(moved > 2n ** 31n - 1n ? 2n ** 31n - 1n : moved < -(2n ** 31n) ? -(2n ** 31n) : moved);
  });
}
