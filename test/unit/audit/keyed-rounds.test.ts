import { expect } from "chai";
import type { FindingCode } from "../../../node/audit/index.ts";
import { toHex } from "../../../node/core/hex.ts";
import type { Bytes32, Hex } from "../../../node/core/ids.ts";
import type { TaskEvent } from "../../../node/core/task-events.ts";
import { accountOf, buildHistory, type History, type HistoryOptions } from "../../support/history-builder.ts";
import { encryptedRules, maskedRules } from "../../support/plain-rules.ts";
import { by, type Change, type EventName, foundIn, proposing, ruling, tampered, to } from "../../support/tamper.ts";

const other = `0x${"77".repeat(32)}` as Bytes32;
/** No point of secp256k1 has this x. */
const noKey = toHex(new Uint8Array(32).fill(0, 0, 31).fill(5, 31));
const stranger = accountOf("stranger");
const masked = (scripts: HistoryOptions["scripts"] = {}, rules: HistoryOptions["rules"] = {}): HistoryOptions => ({
  ...{ members: 6, rounds: 2, inputs: 210, scripts },
  rules: { ...maskedRules, ...rules },
});
const encrypted = (scripts: HistoryOptions["scripts"] = {}): HistoryOptions => ({
  ...{ members: 4, rounds: 2, inputs: 210, scripts },
  rules: encryptedRules,
});
/** Of six drawn, in the second round five advertise and four commit: slot 4 dropped out. */
const usual = masked({ 2: { keyed: 5, commits: 4 } });
const whole = masked();
const tooFewKeys = masked({ 2: { keyed: 2 } });
const tooFewUpdates = masked({ 2: { keyed: 5, commits: 3 } });
const silent = encrypted({ 2: { keyed: 0, commits: 0 } });

const built = new Map<HistoryOptions, Promise<History>>();
/** The history of these options, written once. */
function historyOf(options: HistoryOptions): Promise<History> {
  const known = built.get(options) ?? buildHistory(options);
  built.set(options, known);
  return known;
}

const flippedAt = (openings: Hex, place: number): Hex => {
  const at = 2 + 64 * place + 63;
  return `${openings.slice(0, at)}${openings[at] === "0" ? "1" : "0"}${openings.slice(at + 1)}` as Hex;
};

const late: readonly FindingCode[] = Array.from({ length: 6 }, () => "ADVERTISEMENT_LATE");

interface Case {
  readonly event: EventName;
  readonly change: Change;
  readonly nth?: number;
  readonly options?: HistoryOptions;
  readonly beside?: readonly FindingCode[];
}

const cases: readonly (readonly [FindingCode, string, Case])[] = [
  [
    "DEADLINE_WRONG",
    "a deadline without the time for keys",
    { event: "RoundOpened", change: by({ commitDeadlineS: -20 }), beside: late, options: whole },
  ],
  ["ADVERTISEMENT_LATE", "keys after their time", { event: "Advertised", nth: 4, change: by({ timestampS: 20 }) }],
  [
    "ADVERTISEMENT_WRONG",
    "a mask key that is none",
    { event: "Advertised", change: to({ maskKey: noKey }), beside: ["ACCUMULATOR_WRONG"] },
  ],
  [
    "ADVERTISEMENT_WRONG",
    "a mask key beyond the curve's order",
    { event: "Advertised", change: to({ maskKey: `0x${"ff".repeat(32)}` }), beside: ["ACCUMULATOR_WRONG"] },
  ],
  [
    "ADVERTISEMENT_WRONG",
    "no hash of the seed",
    { event: "Advertised", change: to({ seedHash: toHex(new Uint8Array(32)) }), beside: ["ACCUMULATOR_WRONG"] },
  ],
  ["ACCUMULATOR_WRONG", "another bundle of shares", { event: "Advertised", change: to({ sharesId: other }) }],
  [
    "PARTICIPANT_NOT_ENROLLED",
    "keys of a stranger",
    { event: "Advertised", nth: 4, change: to({ participant: stranger }), beside: ["ACCUMULATOR_WRONG"] },
  ],
  [
    "COMMITTED_WITHOUT_KEY",
    "a commitment whose keys are missing",
    { event: "Advertised", change: () => undefined, beside: ["ACCUMULATOR_WRONG", "OPENINGS_WRONG"] },
  ],
  [
    "DRAW_WRONG",
    "keys of another slot",
    { event: "Advertised", nth: 4, change: to({ slot: 60 }), beside: ["ACCUMULATOR_WRONG"] },
  ],
  ["STEP_TOO_EARLY", "a commitment while keys could come", { event: "Committed", change: by({ timestampS: -21 }) }],
  ["STEP_TOO_EARLY", "closed while one could commit", { event: "RoundClosed", change: by({ timestampS: -80 }) }],
  [
    "STEP_TOO_EARLY",
    "given up while keys could come",
    { event: "RoundInvalidated", change: by({ timestampS: -20 }), options: tooFewKeys },
  ],
  [
    "STEP_TOO_EARLY",
    "given up while updates could come",
    { event: "RoundInvalidated", change: by({ timestampS: -80 }), options: tooFewUpdates },
  ],
  [
    "STEP_TOO_EARLY",
    "an encrypted round given up while its key could come",
    { event: "RoundInvalidated", change: by({ timestampS: -85 }), options: silent },
  ],
  [
    "INVALIDATION_WRONG",
    "another reason",
    {
      event: "RoundInvalidated",
      change: to({ reason: "no-proposal" }),
      options: tooFewUpdates,
      beside: ["HISTORY_HEAD_WRONG"],
    },
  ],
  ["OPENINGS_WRONG", "no openings", { event: "Opened", change: () => undefined }],
  [
    "OPENINGS_WRONG",
    "too short openings",
    { event: "Opened", change: ({ openings }: { openings: Hex }) => ({ openings: openings.slice(0, -2) }) },
  ],
  [
    "OPENINGS_WRONG",
    "openings of another attempt",
    { event: "Opened", change: to({ attempt: 1 }), beside: ["OPENINGS_WRONG"] },
  ],
  [
    "OPENINGS_WRONG",
    "openings without a proposal",
    {
      event: "Proposed",
      change: () => undefined,
      beside: ["PHASE_ORDER", "RESULT_NOT_PROPOSED", "HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "OPENINGS_WRONG",
    "another word of an encrypted sum",
    { event: "Opened", change: to({ openings: `${other}00` }), options: encrypted() },
  ],
  [
    "EXCLUSION_INVALID",
    "an update left out of a sum",
    { event: "Proposed", change: proposing({ excluded: 1n }), beside: ["TOTAL_WEIGHT_WRONG", "HISTORY_HEAD_WRONG"] },
  ],
  [
    "QUORUM_NOT_REACHED",
    "an encrypted round final by time",
    {
      event: "RoundFinalized",
      change: (event: { timestampS: number }) => ({
        attesters: [],
        evaluations: [],
        timestampS: event.timestampS + 60,
      }),
      options: encrypted(),
    },
  ],
];

describe("the audit of rounds with keys", () => {
  it("finds nothing in true ones", async () => {
    const ring = masked({ 1: { keyed: 5, commits: 4 }, 2: { commits: 5 } }, { neighbours: 2 });
    const struck = masked({ 2: { keyed: 5, commits: 4, refutedProposal: "wrong" } }, { attempts: 3 });
    for (const options of [usual, whole, tooFewKeys, tooFewUpdates, ring, struck, encrypted(), silent]) {
      expect(foundIn(await historyOf(options))).to.deep.equal([]);
      expect(foundIn(await buildHistory({ ...options, detail: false }))).to.deep.equal([]);
    }
  });

  for (const [code, what, { event, change, nth, options = usual, beside = [] }] of cases) {
    it(`${code}: ${what}`, async () => {
      const findings = foundIn(tampered(await historyOf(options), event, 2, change, nth));
      expect(findings.map((finding) => finding.code).sort()).to.deep.equal([...beside, code].sort());
      for (const finding of findings) expect(finding).to.include({ severity: "violation", round: 2, taskId: 1 });
    });
  }

  it("keys twice, after a commitment, and in a task without time for them", async () => {
    const history = await historyOf(usual);
    const keys = history.events.find((event) => event.name === "Advertised" && event.round === 2)!;
    const moved = (at: (event: TaskEvent) => boolean) => {
      const events = history.events.flatMap((event) => (at(event) ? [event, keys] : [event]));
      return foundIn({ ...history, events }).map(({ code }) => code);
    };
    expect(moved((event) => event === keys)).to.include.members(["ADVERTISED_TWICE", "ACCUMULATOR_WRONG"]);
    const last = history.events.findLast((event) => event.name === "Committed");
    expect(moved((event) => event === last)).to.include.members(["ADVERTISED_TWICE", "ADVERTISEMENT_WRONG"]);
    const plain = tampered(history, "TaskCreated", 0, ruling({ mode: "transparent", keyWindowS: 0 }));
    expect(foundIn(plain).map(({ code }) => code)).to.include.members(["ADVERTISEMENT_WRONG", "OPENINGS_WRONG"]);
  });

  it("keys for a round more than the budget has", async () => {
    const history = tampered(await historyOf(whole), "TaskCreated", 0, ruling({ roundsPerParticipant: 1 }));
    const found = foundIn(history).filter(({ code }) => code === "BUDGET_EXCEEDED");
    expect(found.map(({ party, round }) => [party, round])).to.deep.include([history.members[0], 2]);
    expect(found).to.have.length(12);
  });

  it("a false opening that was challenged is none, a true one that was is a lie of the challenger's", async () => {
    const history = await historyOf(masked({ 2: { keyed: 5, commits: 4, refutedProposal: "right" } }, { attempts: 3 }));
    const codes = (slot: number, falsify: boolean) => {
      const struck = tampered(history, "Challenged", 2, to({ kind: "false-opening", chunkIndex: slot }));
      const change = ({ openings }: { openings: Hex }) => ({ openings: flippedAt(openings, slot) });
      return foundIn(falsify ? tampered(struck, "Opened", 2, change) : struck).map(({ code }) => code);
    };
    for (const slot of [0, 3, 4]) {
      expect(codes(slot, true)).to.deep.equal([]);
      expect(codes(slot, false)).to.deep.equal(["CHALLENGE_WRONG"]);
    }
    expect(codes(5, false)).to.deep.equal(["CHALLENGE_WRONG"]);
  });

  it("challenges, demands and reports that a task of its mode does not have", async () => {
    const struck = await historyOf(masked({ 2: { refutedProposal: "wrong" } }));
    expect(foundIn(tampered(struck, "Challenged", 2, to({ kind: "left-out", chunkIndex: 0 })))[0]!.code).to.equal(
      "CHALLENGE_WRONG",
    );
    const hidden = await historyOf(encrypted({ 2: { refutedProposal: "wrong" } }));
    expect(foundIn(hidden).map(({ code }) => code)).to.deep.equal(["CHALLENGE_WRONG"]);
    const demanded = await buildHistory(encrypted({ 2: { demand: "unanswered" } }));
    expect(foundIn(demanded).map(({ code }) => code)).to.include("DEMAND_WRONG");
    const reported = await buildHistory(encrypted({ 2: { report: { member: 3, kind: "invalid-update" } } }));
    expect(foundIn(reported).map(({ code }) => code)).to.include("MISCONDUCT_WRONG");
  });
});

describe("the audit of a restricted task", () => {
  const access = { organisations: ["Klinik A", "Klinik B"], regions: ["EU"], clearance: 2 };

  it("binds who may enrol to the history", async () => {
    const history = await buildHistory({ rounds: 1, access });
    // what was said of those who enrolled is not at hand
    expect(foundIn(history).filter(({ severity }) => severity === "violation")).to.deep.equal([]);
    const changes = [
      { ...access, clearance: 1 },
      { ...access, regions: [] },
      { ...access, organisations: ["Klinik A"] },
    ];
    for (const changed of changes) {
      const codes = foundIn(tampered(history, "AccessRestricted", 0, to({ access: changed }))).map(({ code }) => code);
      expect(codes).to.include("HISTORY_HEAD_WRONG");
    }
    const lost = foundIn(tampered(history, "AccessRestricted", 0, () => undefined)).map(({ code }) => code);
    expect(lost).to.include("HISTORY_HEAD_WRONG");
  });

  it("stands just behind the creation, once", async () => {
    const history = await buildHistory({ rounds: 1, access });
    const restricted = history.events[1]!;
    const late = history.events.toSpliced(1, 1).toSpliced(3, 0, restricted);
    expect(foundIn({ ...history, events: late }).map(({ code }) => code)).to.include("PHASE_ORDER");
    const twice = history.events.toSpliced(2, 0, restricted);
    expect(foundIn({ ...history, events: twice }).map(({ code }) => code)).to.include("PHASE_ORDER");
  });
});
