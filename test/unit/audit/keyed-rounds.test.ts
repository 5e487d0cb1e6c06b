import { expect } from "chai";
import type { FindingCode } from "../../../node/audit/index.ts";
import { toHex } from "../../../node/core/bytes/hex.ts";
import type { Bytes32, Hex } from "../../../node/core/ids.ts";
import { extendHistory } from "../../../node/core/record/history-head.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import { hashBytes } from "../../../node/core/words/commitment.ts";
import { accountOf, buildHistory, type History, type HistoryOptions } from "../../support/history/history-builder.ts";
import {
  by,
  type Change,
  type EventName,
  foundIn,
  proposing,
  ruling,
  tampered,
  to,
} from "../../support/history/tamper.ts";
import { encryptedRules, maskedRules } from "../../support/states/plain-rules.ts";

const other = `0x${"77".repeat(32)}` as Bytes32;
/** No point of secp256k1 has this x. */
const noKey = toHex(new Uint8Array(32).fill(0, 0, 31).fill(5, 31));
const stranger = accountOf("stranger");
const masked = (scripts: HistoryOptions["scripts"] = {}, rules: HistoryOptions["rules"] = {}): HistoryOptions => ({
  ...{ members: 8, aggregators: 3, rounds: 2, inputs: 210, scripts },
  rules: { ...maskedRules, ...rules },
});
const encrypted = (scripts: HistoryOptions["scripts"] = {}): HistoryOptions => ({
  ...{ members: 4, rounds: 2, inputs: 210, scripts },
  rules: encryptedRules,
});
/** Of eight drawn, in the second round seven advertise and six commit: slot 6 dropped out. */
const usual = masked({ 2: { keyed: 7, commits: 6 } });
const whole = masked();
const tooFewKeys = masked({ 2: { keyed: 2 } });
const tooFewUpdates = masked({ 2: { keyed: 7, commits: 3 } });
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

const late: readonly FindingCode[] = Array.from({ length: 8 }, () => "ADVERTISEMENT_LATE");

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
  ["ADVERTISEMENT_LATE", "keys after their time", { event: "Advertised", nth: 6, change: by({ timestampS: 20 }) }],
  [
    "ADVERTISEMENT_WRONG",
    "a mask key that is none",
    {
      event: "Advertised",
      change: to({ maskKey: noKey }),
      beside: ["ACCUMULATOR_WRONG", "SIGNATURE_WRONG", "HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "ADVERTISEMENT_WRONG",
    "a mask key beyond the curve's order",
    {
      event: "Advertised",
      change: to({ maskKey: `0x${"ff".repeat(32)}` }),
      beside: ["ACCUMULATOR_WRONG", "SIGNATURE_WRONG", "HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "ADVERTISEMENT_WRONG",
    "no hash of the seed",
    {
      event: "Advertised",
      change: to({ seedHash: toHex(new Uint8Array(32)) }),
      beside: ["ACCUMULATOR_WRONG", "SIGNATURE_WRONG", "HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "ADVERTISEMENT_WRONG",
    "no share key",
    {
      event: "Advertised",
      change: to({ shareKey: toHex(new Uint8Array(32)) }),
      beside: ["ACCUMULATOR_WRONG", "SIGNATURE_WRONG", "HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "ACCUMULATOR_WRONG",
    "another bundle of shares",
    { event: "Advertised", change: to({ sharesId: other }), beside: ["SIGNATURE_WRONG", "HISTORY_HEAD_WRONG"] },
  ],
  ["SIGNATURE_WRONG", "keys that nobody signed", { event: "Advertised", change: to({ signature: "0x00" }) }],
  [
    "SIGNATURE_WRONG",
    "keys that another signed",
    {
      event: "Advertised",
      change: ({ signature }: { signature: Hex }) => ({ signature: signature.replace(/.{4}$/, "001b") }),
    },
  ],
  [
    "PARTICIPANT_NOT_ENROLLED",
    "keys of a stranger",
    {
      event: "Advertised",
      nth: 6,
      change: to({ participant: stranger }),
      beside: ["ACCUMULATOR_WRONG", "SIGNATURE_WRONG", "HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "COMMITTED_WITHOUT_KEY",
    "a commitment whose keys are missing",
    {
      event: "Advertised",
      change: () => undefined,
      beside: ["ACCUMULATOR_WRONG", "OPENINGS_WRONG", "HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "DRAW_WRONG",
    "keys of another slot",
    { event: "Advertised", nth: 6, change: to({ slot: 60 }), beside: ["ACCUMULATOR_WRONG", "HISTORY_HEAD_WRONG"] },
  ],
  ["STEP_TOO_EARLY", "a commitment while keys could come", { event: "Committed", change: by({ timestampS: -21 }) }],
  ["STEP_TOO_EARLY", "closed while one could commit", { event: "RoundClosed", change: by({ timestampS: -80 }) }],
  [
    "STEP_TOO_EARLY",
    "given up while keys could come",
    { event: "RoundInvalid", change: by({ timestampS: -20 }), options: tooFewKeys },
  ],
  [
    "STEP_TOO_EARLY",
    "given up while updates could come",
    { event: "RoundInvalid", change: by({ timestampS: -80 }), options: tooFewUpdates },
  ],
  [
    "STEP_TOO_EARLY",
    "an encrypted round given up while its key could come",
    { event: "RoundInvalid", change: by({ timestampS: -85 }), options: silent },
  ],
  [
    "INVALIDATION_WRONG",
    "another reason",
    {
      event: "RoundInvalid",
      change: to({ reason: "no-proposal" }),
      options: tooFewUpdates,
      beside: ["HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "OPENINGS_WRONG",
    "no openings",
    { event: "Proposed", change: to({ openings: "0x" }), beside: ["HISTORY_HEAD_WRONG"] },
  ],
  [
    "OPENINGS_WRONG",
    "too short openings",
    {
      event: "Proposed",
      change: ({ openings }: { openings: Hex }) => ({ openings: openings.slice(0, -2) }),
      beside: ["HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "OPENINGS_WRONG",
    "another length of an encrypted sum's name",
    {
      event: "Proposed",
      change: to({ openings: `${other}00` }),
      options: encrypted(),
      beside: ["HISTORY_HEAD_WRONG"],
    },
  ],
  [
    "EXCLUSION_INVALID",
    "an update left out of a sum",
    { event: "Proposed", change: proposing({ excluded: 1n }), beside: ["TOTAL_WEIGHT_WRONG", "HISTORY_HEAD_WRONG"] },
  ],
];

describe("the audit of rounds with keys", () => {
  it("finds nothing in true ones", async () => {
    const struck = masked({ 2: { keyed: 7, commits: 6, struckProposal: "wrong" } }, { attempts: 3 });
    for (const options of [usual, whole, tooFewKeys, tooFewUpdates, struck, encrypted(), silent]) {
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

  it("keys and commitments for a round more than the budget has; a masked round that ended open costs none", async () => {
    const budget = ruling({ roundsPerParticipant: 1 });
    const history = tampered(await historyOf(whole), "TaskCreated", 0, budget);
    const found = foundIn(history).filter(({ code }) => code === "BUDGET_EXCEEDED");
    expect(found.map(({ party, round }) => [party, round])).to.deep.include([history.members[0], 2]);
    expect(found).to.have.length(16);
    const open = await buildHistory(masked({ 1: { keyed: 7, commits: 3 } }));
    const codes = (of: History) => foundIn(tampered(of, "TaskCreated", 0, budget)).map(({ code }) => code);
    expect(codes(open)).not.to.include("BUDGET_EXCEEDED");
    const transparent = await buildHistory({ ...{ members: 4, rounds: 2 }, scripts: { 1: { commits: 1 } } });
    expect(codes(transparent)).to.include("BUDGET_EXCEEDED");
  });

  it("a false opening that was struck is none, a true one that was is a lie of the prover's", async () => {
    const history = await historyOf(
      masked(
        { 2: { keyed: 7, commits: 6, struckProposal: "right", proof: { kind: "false-opening", index: 0 } } },
        { attempts: 3 },
      ),
    );
    const codes = (index: number, falsify: boolean) => {
      const struck = tampered(history, "Struck", 2, to({ index }));
      const change = ({ openings }: { openings: Hex }) => ({ openings: flippedAt(openings, index) });
      const found = foundIn(falsify ? tampered(struck, "Proposed", 2, change) : struck);
      // the head binds the slot, and is not what is asked here
      return found.map(({ code }) => code).filter((code) => code !== "HISTORY_HEAD_WRONG");
    };
    for (const slot of [0, 3, 6]) {
      expect(codes(slot, true)).to.deep.equal([]);
      expect(codes(slot, false)).to.deep.equal(["STRIKE_WRONG"]);
    }
    expect(codes(7, false)).to.deep.equal(["STRIKE_WRONG"]);
  });

  it("proofs that a task of its mode does not have", async () => {
    const hidden = await historyOf({ ...encrypted({ 2: { struckProposal: "wrong" } }), aggregators: 3 });
    expect(foundIn(hidden).map(({ code }) => code)).to.deep.equal(["STRIKE_WRONG"]);
    const expelled = await buildHistory(encrypted({ 2: { expel: { member: 3, kind: "invalid-update" } } }));
    expect(foundIn(expelled).map(({ code }) => code)).to.include("EXPULSION_WRONG");
    const plain = await buildHistory({ scripts: { 2: { struckProposal: "wrong", proof: { kind: "false-opening" } } } });
    expect(foundIn(plain).map(({ code }) => code)).to.include("STRIKE_WRONG");
  });

  it("share keys: of participants of masked tasks, as long as they are", async () => {
    const history = await historyOf(whole);
    const last = history.events.at(-1)!;
    const told = (changes: object, of = history) => {
      const key = { name: "ShareKeySet", participant: of.members[0], shareKey: `0x${"12".repeat(96)}` };
      const event = { ...last, ...key, logIndex: last.logIndex + 1, ...changes } as TaskEvent;
      const { participant: account, shareKey } = event as Extract<TaskEvent, { name: "ShareKeySet" }>;
      const entry = { kind: "share-key", account, shareKeyHash: hashBytes(shareKey) } as const;
      const historyHead = extendHistory(of.storedState.historyHead, entry);
      const events = [...of.events, { ...event, blockNumber: 10 ** 6 }];
      return foundIn({ ...of, events, storedState: { ...of.storedState, historyHead } }).map(({ code }) => code);
    };
    expect(told({})).to.deep.equal([]);
    expect(told({ participant: stranger })).to.deep.equal(["ADVERTISEMENT_WRONG"]);
    expect(told({ shareKey: "0x12" })).to.deep.equal(["ADVERTISEMENT_WRONG"]);
    expect(told({}, await buildHistory())).to.deep.equal(["ADVERTISEMENT_WRONG"]);
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
      const codes = foundIn(tampered(history, "TaskCreated", 0, to({ access: changed }))).map(({ code }) => code);
      expect(codes).to.include("HISTORY_HEAD_WRONG");
    }
  });
});
