import { expect } from "chai";
import { challengeReservation } from "../../../node/core/commitment.ts";
import { FedledgerError } from "../../../node/core/error.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { Chain, ChainCall, ChallengeCall, HeldReward } from "../../../node/ports/chain.ts";
import { createCaseJournal } from "../../../node/rounds/case-journal.ts";
import { caseOf } from "../../../node/rounds/case-of.ts";
import { isWorthReserving } from "../../../node/rounds/challenge-turn.ts";
import type { Progress } from "../../../node/rounds/progress.ts";
import { sendCase } from "../../../node/rounds/send-case.ts";
import { decidedCases, settleCase } from "../../../node/rounds/settle-case.ts";
import { openJournal } from "../../../node/system/index.ts";
import { rejection } from "../../support/rejection.ts";
import {
  accounts,
  aggregatingRound,
  hashOf,
  headAt,
  proposedRound,
  rules,
  viewOf,
} from "../../support/round-states.ts";
import { silentLog } from "../../support/silent-log.ts";

const me = `0x${"77".repeat(20)}` as Address;
const other = `0x${"78".repeat(20)}` as Address;
const proposed = proposedRound();
const { hash, challengeDeadlineS: _, ...proposal } = proposed.proposal;
const call: ChallengeCall = { kind: "challengeWeight", taskId: 1, round: 1, proposal, commitments: [] };
const { caseHash } = caseOf(call);
const view = viewOf([proposed]);
const signal = new AbortController().signal;

/** A node whose chain refuses the calls that `refuse` names an error for. */
function setUp(refuse: (call: ChainCall) => string | undefined = () => undefined, held?: HeldReward) {
  const journal = openJournal(":memory:");
  const sent: ChainCall[] = [];
  const atSending: (Bytes32 | undefined)[] = [];
  const cases = createCaseJournal(journal, 1);
  const chain = {
    account: me,
    heldReward: async () => held,
    async send(one: ChainCall) {
      // what a restart would find
      atSending.push((await createCaseJournal(journal, 1).find(caseHash))?.salt);
      const error = refuse(one);
      if (error !== undefined) throw new FedledgerError("TRANSACTION_REVERTED", { error });
      sent.push(one);
      return { transactionHash: hashOf(1), blockNumber: sent.length, gasUsed: 1000 };
    },
  } as unknown as Chain;
  const sleeps: number[] = [];
  const clock = { nowMs: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
  let bytes = 0;
  const random = { bytes: (length: number) => new Uint8Array(length).fill(++bytes) };
  const progress: Progress[] = [];
  const onProgress = (step: Progress) => void progress.push(step);
  const send = (reserve: boolean) =>
    sendCase({ chain, cases, clock, random, log: silentLog, onProgress }, call, { view, reserve, signal });
  return { journal, chain, cases, sent, atSending, sleeps, progress, send };
}

describe("sendCase", () => {
  it("reserves first, with a salt that is in the journal before anything goes out, and a second of the chain before the challenge", async () => {
    const { send, sent, atSending, sleeps, progress } = setUp();
    await send(true);
    const salt = hashOf(1);
    expect(sent).to.deep.equal([
      { kind: "reserveChallenge", reservation: challengeReservation(me, salt, caseHash) },
      { ...call, salt },
    ]);
    expect(atSending).to.deep.equal([salt, salt]);
    expect(sleeps).to.deep.equal([1_000]);
    expect(progress.map(({ kind }) => kind)).to.deep.equal(["reserved", "challenged"]);
  });

  it("challenges without where it is not to reserve, and keeps the case to collect its reward", async () => {
    const { send, sent, cases } = setUp();
    await send(false);
    expect(sent).to.deep.equal([call]);
    expect(await cases.all()).to.deep.equal([{ caseHash, round: 1, against: { proposalHash: hash } }]);
  });

  it("uses the same reservation after a restart, whether it was mined or not", async () => {
    const refusing = setUp(({ kind }) => (kind === "challengeWeight" ? "WrongPhase" : undefined));
    await rejection(refusing.send(true), "TRANSACTION_REVERTED");
    const [reservation] = refusing.sent;
    await rejection(refusing.send(true), "TRANSACTION_REVERTED");
    expect(refusing.sent, "not reserved twice").to.deep.equal([reservation]);
    const known = setUp(({ kind }) => (kind === "reserveChallenge" ? "AlreadyReserved" : undefined));
    await known.send(true);
    expect(known.sent).to.deep.equal([{ ...call, salt: hashOf(1) }]);
  });

  it("does not challenge when the reservation fails otherwise", async () => {
    const { send, sent } = setUp(({ kind }) => (kind === "reserveChallenge" ? "EnforcedPause" : undefined));
    await rejection(send(true), "TRANSACTION_REVERTED");
    expect(sent).to.deep.equal([]);
  });
});

describe("isWorthReserving", () => {
  const bonded = { ...view, rules: { ...rules, aggregatorBondGwei: 5 } };
  it("needs a bond to win a part of, and time", () => {
    expect(isWorthReserving(call, { view, head: headAt(251) })).to.equal(false);
    expect(isWorthReserving(call, { view: bonded, head: headAt(288) })).to.equal(true);
    expect(isWorthReserving(call, { view: bonded, head: headAt(289) })).to.equal(false);
  });
});

describe("settleCase", () => {
  const entry = { caseHash, round: 1, against: { proposalHash: hash } };
  const reserved = { ...entry, salt: hashOf(1), reserved: true };
  const heldBy = (challenger: Address): HeldReward => ({ challenger, amountWei: 7n, collectableFromS: 4_000 });

  it("looks only at what is decided", () => {
    expect(decidedCases([entry], view)).to.deep.equal([]);
    expect(decidedCases([entry], viewOf([aggregatingRound()]))).to.deep.equal([entry]);
    expect(decidedCases([entry], viewOf([{ ...proposed, phase: "finalized" }]))).to.deep.equal([entry]);
    const reported = { caseHash, round: 1, against: { participant: accounts.a } };
    expect(decidedCases([reported], view)).to.deep.equal([]);
    const misconduct = [{ round: 1, participant: accounts.a, reporter: me, kind: "withheld" as const }];
    expect(decidedCases([reported], viewOf([], { misconduct }))).to.deep.equal([reported]);
  });

  it("claims by reservation what somebody else's copy won", async () => {
    const { chain, cases, sent } = setUp(undefined, heldBy(other));
    await cases.keep(reserved);
    expect(await settleCase({ chain, cases }, reserved, headAt(300), signal)).to.deep.equal({ kind: "closed" });
    expect(sent).to.deep.equal([{ kind: "claimReward", caseHash, salt: hashOf(1) }]);
    expect(await cases.all()).to.deep.equal([]);
  });

  it("collects its own after the time in which others may claim it, and says until when that is", async () => {
    const { chain, cases, sent } = setUp(undefined, heldBy(me));
    await cases.keep(entry);
    const waits = { kind: "held", amountWei: 7n, untilS: 4_000 };
    expect(await settleCase({ chain, cases }, entry, headAt(3_999), signal)).to.deep.equal(waits);
    expect(await cases.all()).to.have.length(1);
    expect(await settleCase({ chain, cases }, entry, headAt(4_000), signal)).to.deep.equal({ kind: "closed" });
    expect(sent).to.deep.equal([{ kind: "collectReward", caseHash }]);
  });

  it("leaves a reward that is another's", async () => {
    const none = setUp(undefined, heldBy(other));
    expect(await settleCase(none, entry, headAt(5_000), signal)).to.deep.equal({ kind: "closed" });
    const late = setUp(() => "NotReserved", heldBy(other));
    expect(await settleCase(late, reserved, headAt(5_000), signal)).to.deep.equal({ kind: "closed" });
    const credited = setUp();
    expect(await settleCase(credited, reserved, headAt(5_000), signal)).to.deep.equal({ kind: "closed" });
    expect([...none.sent, ...late.sent, ...credited.sent]).to.deep.equal([]);
  });

  it("survives a journal that cannot be read", async () => {
    const { journal } = setUp();
    await journal.put("cases/1", new TextEncoder().encode('[{"caseHash":1},null,'));
    expect(await createCaseJournal(journal, 1).all()).to.deep.equal([]);
    await journal.put("cases/1", new TextEncoder().encode(`[{"caseHash":1},${JSON.stringify(reserved)}]`));
    expect(await createCaseJournal(journal, 1).all()).to.deep.equal([reserved]);
  });
});
