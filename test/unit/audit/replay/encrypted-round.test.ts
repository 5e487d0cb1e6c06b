import { expect } from "chai";
import { weightedMean } from "../../../../node/aggregation/index.ts";
import { checkRound } from "../../../../node/audit/replay/check-round.ts";
import { checkUpdate } from "../../../../node/audit/replay/check-update.ts";
import { judgeUnopened } from "../../../../node/audit/replay/encrypted-round.ts";
import { createFindingLog } from "../../../../node/audit/replay/findings.ts";
import { chunkTreeRoot } from "../../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../../node/core/bytes/content-id.ts";
import { lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import type { Commitment } from "../../../../node/core/records.ts";
import { createCipherSum } from "../../../../node/privacy/encrypted/cipher-sum.ts";
import { type EncryptedRound, encryptedRoundOfFour } from "../../../support/states/encrypted-round.ts";
import { encryptedRules as rules } from "../../../support/states/encrypted-states.ts";
import { accounts, hashOf } from "../../../support/states/round-states.ts";

const codes = (findings: readonly { readonly code: string; readonly severity: string }[]) =>
  findings.map(({ code, severity }) => `${code} ${severity}`);

describe("an encrypted round, looked at", () => {
  let made: EncryptedRound;
  let sumId: `0x${string}`;
  let model: Int32Array;

  before(async () => {
    made = await encryptedRoundOfFour();
    const sum = createCipherSum(rules.parameterCount);
    for (const { contentId } of made.commitments) sum.add(made.blobs.get(contentId)!);
    sumId = await contentIdOf(sum.finish());
    model = weightedMean({ base: made.base, updates: made.updates, serverRateQ16: rules.serverRateQ16 });
  });

  /** The round at the right proposal, but for the changes. */
  async function proposed(changes: object = {}, commitments: readonly Commitment[] = made.commitments) {
    const proposal = {
      attempt: 0,
      aggregator: accounts.x,
      modelRoot: chunkTreeRoot(model),
      contentId: await contentIdOf(lanesToBytes(model)),
      totalWeight: commitments.reduce((total, { weight }) => total + BigInt(weight), 0n),
      excluded: 0n,
      openings: sumId,
      ...changes,
    };
    return { ...made.closed(commitments), proposal };
  }

  const look = (round: Parameters<typeof checkRound>[0]["round"], withKey: boolean, from = made) =>
    checkRound({
      ...{ taskId: 1, rules, round, baseLanes: from.base, getUpdate: from.get },
      ...(withKey && { open: from.open }),
    });

  it("has its sum recomputed by anybody, and its model by who holds the key, bit for bit as in the open", async () => {
    const seen = await look(await proposed(), false);
    expect(seen.findings).to.deep.equal([]);
    expect(seen.sum?.contentId).to.equal(sumId);
    expect(seen.lanes, "nothing is seen without the key").to.equal(undefined);
    expect(seen.agrees, "and nothing is attested").to.equal(false);
    expect(seen.updates.map(({ status }) => status)).to.deep.equal(["valid", "valid", "valid", "valid"]);
    const opened = await look(await proposed(), true);
    expect(opened.lanes).to.deep.equal(model);
    expect(opened.agrees).to.equal(true);
    const unproposed = await look(made.closed(), true);
    expect(unproposed.modelRoot).to.equal(chunkTreeRoot(model));
    expect(unproposed.agrees).to.equal(false);
  });

  it("is a violation when another sum, model, content id or weight was proposed", async () => {
    expect(codes((await look(await proposed({ openings: hashOf(1) }), false)).findings)).to.deep.equal([
      "SUM_WRONG violation",
    ]);
    expect(codes((await look(await proposed({ openings: undefined }), false)).findings)).to.deep.equal([
      "SUM_WRONG violation",
    ]);
    expect(codes((await look(await proposed({ totalWeight: 1n }), false)).findings)).to.deep.equal([
      "TOTAL_WEIGHT_WRONG violation",
    ]);
    // what the sum opens to is seen with the key only
    expect((await look(await proposed({ modelRoot: hashOf(1) }), false)).findings).to.deep.equal([]);
    expect(codes((await look(await proposed({ modelRoot: hashOf(1) }), true)).findings)).to.deep.equal([
      "AGGREGATE_WRONG violation",
    ]);
    expect(codes((await look(await proposed({ contentId: hashOf(1) }), true)).findings)).to.deep.equal([
      "MODEL_BYTES_DIFFER violation",
    ]);
  });

  it("is not recomputed while a ciphertext is missing, and is wrong with one that is none", async () => {
    const [first, ...rest] = made.commitments as [Commitment, ...Commitment[]];
    const gone = await made.commit(0, new Uint8Array(49_152));
    made.blobs.delete(gone.contentId);
    const missing = await look(await proposed({}, [gone, ...rest]), true);
    expect(codes(missing.findings)).to.deep.equal(["UPDATE_MISSING unchecked"]);
    expect(missing.sum).to.equal(undefined);
    const invalid = made.blobs.get(first.contentId)!.slice().fill(0xff, 1536, 1542);
    const wrong = await look(await proposed({}, [await made.commit(0, invalid), ...rest]), true);
    expect(codes(wrong.findings)).to.deep.equal(["UPDATE_OUT_OF_BOUNDS violation", "INCLUSION_UNJUSTIFIED violation"]);
    expect(wrong.findings[0]).to.deep.include({ party: accounts.a, chunk: 6 });
    expect(wrong.sum).to.equal(undefined);
  });

  it("has what a participant encrypts beyond the clip told by who holds the key, who does not agree", async () => {
    const lie = await encryptedRoundOfFour((lanes, slot) => (slot === 2 ? lanes.fill(2 ** 28, 0, 1) : lanes));
    const seen = await look({ ...lie.closed() }, true, lie);
    expect(seen.agrees).to.equal(false);
    expect(codes(seen.findings)).to.deep.equal(["SUM_OUT_OF_BOUNDS unchecked"]);
    expect(seen.lanes![0]! - lie.base[0]!).to.equal(rules.clipLanes);
    expect(seen.lanes!.slice(1)).to.deep.equal(
      weightedMean({ base: lie.base, updates: lie.updates, serverRateQ16: rules.serverRateQ16 }).slice(1),
    );
  });

  it("has its model checked against the clip by who does not hold the key", async () => {
    const round = await proposed();
    const { sum } = await look(round, false);
    const judge = (of: Int32Array | undefined, base: Int32Array | "none" = made.base) => {
      const log = createFindingLog(1, 1);
      const judged = judgeUnopened(log, {
        rules,
        proposal: round.proposal,
        sum,
        base: base === "none" ? undefined : base,
        model: of,
      });
      return { ...judged, codes: codes(log.findings), chunk: log.findings[0]?.chunk };
    };
    expect(judge(model)).to.deep.include({ isSumRight: true, codes: [] });
    const most = made.base.map((lane, i) => lane + (i % 2 === 0 ? rules.clipLanes : -rules.clipLanes));
    expect(judge(most)).to.deep.include({ isSumRight: true, codes: [], movedLanes: rules.clipLanes });
    const beyond = most.slice();
    beyond[70]! += 1;
    expect(judge(beyond)).to.deep.include({ codes: ["MODEL_BEYOND_CLIP violation"], chunk: 1 });
    for (const [of, base] of [
      [undefined, made.base],
      [model, "none"],
    ] as const) {
      const judged = judge(of, base);
      expect(judged).to.deep.include({ isSumRight: true, codes: [] });
      expect(judged.movedLanes).to.equal(undefined);
    }
  });
});

describe("an encrypted update, checked", () => {
  it("is what was committed and a ciphertext, or is not counted", async () => {
    const { commitments, blobs } = await encryptedRoundOfFour();
    const [commitment] = commitments as [Commitment];
    const bytes = blobs.get(commitment.contentId)!;
    const good = await checkUpdate({ bytes, commitment, rules });
    expect(good.findings).to.deep.equal([]);
    expect(good.lanes).to.have.length(49_152 / 4);
    for (const at of [0, 24_576, bytes.length - 1]) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      const check = await checkUpdate({ bytes: changed, commitment, rules });
      expect(codes(check.findings)).to.deep.equal(["UPDATE_BYTES_DIFFER unchecked"]);
      expect(check.lanes).to.equal(undefined);
    }
    const short = bytes.slice(0, -4);
    expect(codes((await checkUpdate({ bytes: short, commitment, rules })).findings)).to.deep.equal([
      "UPDATE_BYTES_DIFFER unchecked",
    ]);
    // the plain lanes of another mode are no encrypted update
    const plain = { ...rules, mode: "transparent" as const };
    expect(codes((await checkUpdate({ bytes, commitment, rules: plain })).findings)).to.deep.equal([
      "UPDATE_BYTES_DIFFER violation",
    ]);
  });
});
