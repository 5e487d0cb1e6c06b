import { expect } from "chai";
import fc from "fast-check";
import { buildReceipt, type UpdateReceipt, verifyReceipt } from "../../../../node/audit/index.ts";
import type { Bytes32 } from "../../../../node/core/ids.ts";
import { accountOf, buildHistory, type History } from "../../../support/history/history-builder.ts";
import { maskedRules } from "../../../support/states/plain-rules.ts";

describe("receipts", () => {
  let history: History;
  let trusted: Parameters<typeof verifyReceipt>[1];
  before(async () => {
    history = await buildHistory({
      members: 4,
      rounds: 5,
      scripts: { 2: { exclude: [1] }, 3: { commits: 1 }, 5: { end: "proposed" } },
    });
    const { chainId, federation, storedState } = history;
    trusted = { chainId, federation, taskId: 1, historyHead: storedState.historyHead };
  });
  const receiptOf = (round: number, member: number): UpdateReceipt =>
    buildReceipt({ ...history, round, participant: history.members[member]! });
  /** As it comes back from a file. */
  const reread = (receipt: UpdateReceipt): unknown => JSON.parse(JSON.stringify(receipt));

  it("prove every update of every ended round, against the head that the contract stores", () => {
    for (const round of [1, 2, 4]) {
      for (const member of [0, 1, 2, 3]) {
        const verdict = verifyReceipt(reread(receiptOf(round, member)), trusted);
        if (!verdict.valid) expect.fail(verdict.reason);
        expect(verdict.included).to.equal(!(round === 2 && member === 1));
        expect(verdict.commitment).to.include({ participant: history.members[member], weight: member + 1 });
      }
    }
  });

  it("prove an update of an invalid round, as one that no result is made of", () => {
    const verdict = verifyReceipt(reread(receiptOf(3, 0)), trusted);
    expect(verdict).to.include({ valid: true, included: false });
  });

  it("prove it against the head of an earlier end too", async () => {
    const end = history.events.find((event) => event.name === "RoundAccepted" && event.round === 1)!;
    const events = history.events.slice(0, history.events.indexOf(end) + 1);
    const receipt = buildReceipt({ ...history, events, round: 1, participant: history.members[0]! });
    if (end.name !== "RoundAccepted") expect.fail();
    expect(receipt.after).to.deep.equal([]);
    expect(verifyReceipt(receipt, { ...trusted, historyHead: end.historyHead }).valid).to.equal(true);
    expect(verifyReceipt(receipt, trusted).valid).to.equal(false);
  });

  it("are refused where there is nothing to prove", () => {
    const refused = (round: number, participant = history.members[0]!) =>
      expect(() => buildReceipt({ ...history, round, participant }))
        .to.throw()
        .with.property("code");
    refused(5).equal("NO_RECEIPT");
    refused(6).equal("NO_RECEIPT");
    refused(0).equal("NO_RECEIPT");
    refused(3, history.members[1]!).equal("NO_RECEIPT");
    refused(1, accountOf("stranger")).equal("NO_RECEIPT");
  });

  it("are refused where the events do not follow from each other", () => {
    const events = history.events.map((event) =>
      event.name === "Committed" && event.round === 1 ? { ...event, weight: event.weight + 1 } : event,
    );
    expect(() => buildReceipt({ ...history, events, round: 1, participant: history.members[0]! }))
      .to.throw()
      .with.property("code", "INVALID_HISTORY");
  });

  it("of another chain, federation or task prove nothing", () => {
    const receipt = receiptOf(1, 0);
    for (const elsewhere of [{ chainId: 1 }, { federation: accountOf("elsewhere") }, { taskId: 2 }]) {
      expect(verifyReceipt(receipt, { ...trusted, ...elsewhere }).valid).to.equal(false);
      expect(verifyReceipt({ ...receipt, ...elsewhere }, { ...trusted, ...elsewhere }).valid).to.equal(false);
    }
  });

  it("of masked rounds bind the keys, and no advertisement passes for a commitment", async () => {
    const masked = await buildHistory({
      ...{ members: 8, rounds: 2, inputs: 20, rules: maskedRules },
      scripts: { 1: { keyed: 7, commits: 6 }, 2: { keyed: 2 } },
    });
    const { chainId, federation, storedState, members } = masked;
    const against = { chainId, federation, taskId: 1, historyHead: storedState.historyHead };
    const receipt = buildReceipt({ ...masked, round: 1, participant: members[2]! });
    expect(receipt.advertisements).to.have.length(7);
    expect(verifyReceipt(reread(receipt), against)).to.include({ valid: true, included: true });
    const { advertisements = [], commitments } = receipt;
    const another = advertisements.with(6, { ...advertisements[6]!, sharesId: advertisements[0]!.sharesId });
    expect(verifyReceipt({ ...receipt, advertisements: another }, against).valid).to.equal(false);
    const { advertisements: _, ...without } = receipt;
    expect(verifyReceipt(without, against).valid).to.equal(false);
    // the seventh advertised and never committed
    const forged = { ...commitments[0]!, ...advertisements[6]! };
    const made = { ...receipt, participant: members[6]!, advertisements: advertisements.slice(0, 6) };
    expect(verifyReceipt({ ...made, commitments: [forged, ...commitments] }, against).valid).to.equal(false);
  });

  it("with any single value changed prove nothing", () => {
    const paths = (value: unknown, path: (string | number)[] = []): (string | number)[][] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))
        : [path];
    const receipt = reread(receiptOf(2, 2)) as object;
    // The head in the receipt is for people; the one that counts is the contract's.
    const all = paths(receipt).filter(([first]) => first !== "head");
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.integer({ min: 1, max: 1000 }), (path, by) => {
        const changed = structuredClone(receipt) as Record<string | number, unknown>;
        let at = changed;
        for (const key of path.slice(0, -1)) at = at[key] as typeof at;
        const last = path.at(-1)!;
        at[last] = otherValue(at[last], by);
        const verdict = verifyReceipt(changed, trusted);
        // Another participant's name makes it that participant's receipt, if it has an update there: true as well.
        if (verdict.valid) expect(path).to.deep.equal(["participant"]);
      }),
      { numRuns: 500 },
    );
  });

  it("that are no receipts prove nothing, whatever they are", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(verifyReceipt(value, trusted).valid).to.equal(false);
      }),
    );
    const receipt = receiptOf(1, 0);
    for (const broken of [
      { ...receipt, format: "fedledger/receipt/2" },
      { ...receipt, commitments: {} },
      { ...receipt, commitments: [] },
      { ...receipt, after: [{ ...receipt.after[0], kind: "won" }] },
      { ...receipt, after: [{ ...receipt.after[0], kind: "constructor" }] },
      { ...receipt, reason: "rain" },
      { ...receipt, opening: { ...receipt.opening, seed: "-1" } },
      { ...receipt, result: { ...receipt.result, acceptedBefore: -1 } },
      { ...receipt, result: undefined },
      { ...receipt, headBefore: "0x" as Bytes32 },
    ]) {
      expect(verifyReceipt(broken, trusted).valid).to.equal(false);
    }
  });
});

function otherValue(value: unknown, by: number): unknown {
  if (typeof value === "number") return value + by;
  const text = String(value);
  if (/^\d+$/.test(text)) return String(BigInt(text) + BigInt(by));
  if (!text.startsWith("0x")) return `${text}x`;
  const at = 2 + (by % (text.length - 2));
  return text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
}
