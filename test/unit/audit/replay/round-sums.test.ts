import { expect } from "chai";
import { createEncryptedSum } from "../../../../node/audit/replay/sums/encrypted-sum.ts";
import { createMaskedSum } from "../../../../node/audit/replay/sums/masked-sum.ts";
import { createPlainSum } from "../../../../node/audit/replay/sums/plain-sum.ts";
import { bytesToLanes } from "../../../../node/core/bytes/lanes.ts";
import type { TaskRules } from "../../../../node/core/records.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { roundSumCompliance } from "../../../compliance/round-sum.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { honestUpdate } from "../../../support/history/history-writer.ts";
import { encryptedRoundOfFour } from "../../../support/states/encrypted-round.ts";
import { encryptedRules } from "../../../support/states/encrypted-states.ts";
import { playToClosing } from "../../../support/states/masked-round.ts";
import { plainRules } from "../../../support/states/plain-rules.ts";

const parameterCount = 150;
const rules = {
  ...plainRules,
  ...{ mode: "transparent", rule: "weighted-mean", parameterCount, clipLanes: 1000, serverRateQ16: 40_000 },
} as TaskRules;
const base = honestUpdate({ parameterCount, clipLanes: 2 ** 31 - 1 }, 9, 9);

async function maskedSubject() {
  const play = await playToClosing({ parameterCount }, createRandom(), { dropped: [1] });
  const survivors = play.commitments.map(({ slot }) => play.clients[slot]!);
  const answers = await Promise.all(survivors.map(async ({ slot }) => (await play.ask(slot)).answer));
  const { openings } = await play.collect(answers);
  const opened = { closed: play.closedRound(), openings: openings! };
  const maskedRules = { ...rules, mode: "masked" } as TaskRules;
  return {
    ...{ rules: maskedRules, base, updates: survivors.map(({ lanes, weight }) => ({ lanes, weight })) },
    committed: survivors.map(({ maskedLanes }) => maskedLanes!),
    begin: () => createMaskedSum(maskedRules, opened),
  };
}

async function encryptedSubject() {
  const round = await encryptedRoundOfFour();
  return {
    ...{ rules: encryptedRules, base: round.base, updates: round.updates },
    committed: round.commitments.map(({ contentId }) => bytesToLanes(round.blobs.get(contentId)!)),
    begin: () => createEncryptedSum(encryptedRules, round.open),
  };
}

describe("the sums of rounds", () => {
  roundSumCompliance("plain", { provable: true }, async () => {
    const updates = [1, 2, 3].map((member) => ({ lanes: honestUpdate(rules, member, 1), weight: 7 * member }));
    const committed = updates.map(({ lanes }) => lanes);
    return { rules, base, updates, committed, begin: () => createPlainSum(rules) };
  });
  roundSumCompliance("masked", { provable: true }, maskedSubject);
  roundSumCompliance("encrypted", { provable: false }, encryptedSubject);

  it("plain: a rule that trims gives no model of so few updates that it drops them all", async () => {
    const sum = createPlainSum({ ...rules, rule: "trimmed-mean", trim: 1 });
    for (const member of [1, 2]) sum.add(honestUpdate(rules, member, 1), 1);
    expect((await sum.finish(base)).lanes).to.equal(undefined);
    sum.add(honestUpdate(rules, 3, 1), 1);
    expect((await sum.finish(base)).lanes).to.have.length(parameterCount);
  });

  it("masked: a member that is missing leaves nothing to open, and no chunk to tell", async () => {
    const { begin, committed, updates } = await maskedSubject();
    const sum = begin();
    sum.add(committed[0]!, updates[0]!.weight);
    await expectCode("INVALID_ARGUMENT", () => sum.finish(base));
    expect(sum.rightChunk(0, base.slice(0, 64), [{ lanes: committed[0]!.slice(0, 64), weight: 1 }])).to.equal(
      undefined,
    );
  });

  it("encrypted: who has no key gets the sum alone, and attests to nothing; nor does who finds it cut", async () => {
    const round = await encryptedRoundOfFour((lanes, slot) => (slot === 0 ? lanes.map(() => 2 ** 24) : lanes));
    const summed = async (open?: typeof round.open) => {
      const sum = createEncryptedSum(encryptedRules, open);
      for (const { contentId, weight } of round.commitments) sum.add(bytesToLanes(round.blobs.get(contentId)!), weight);
      return await sum.finish(round.base);
    };
    const closed = await summed();
    expect(closed).to.include({ cutLanes: 0, isAttestable: false }).and.to.have.property("sum");
    expect(closed.lanes).to.equal(undefined);
    const opened = await summed(round.open);
    expect(opened.isAttestable).to.equal(false);
    expect(opened.cutLanes).to.be.greaterThan(0);
    expect(opened.sum!.contentId).to.equal(closed.sum!.contentId);
  });
});
