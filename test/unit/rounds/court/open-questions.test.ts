import { expect } from "chai";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Commitment } from "../../../../node/core/records.ts";
import type { Judgement } from "../../../../node/rounds/court/court-state.ts";
import { createOpenQuestions } from "../../../../node/rounds/court/open-questions.ts";
import { createVirtualClock } from "../../../simulation/world/virtual-clock.ts";
import { rejection } from "../../../support/rejection.ts";
import {
  acceptedRound,
  commitmentOf,
  members,
  proposedRound,
  rules,
  times,
  viewOf,
} from "../../../support/states/round-states.ts";

const standing = proposedRound();
const missing = [commitmentOf(1), commitmentOf(2)];

/** Questions of a node that can read these updates, and no others. */
function setUp(...readable: readonly Commitment[]) {
  const here = new Set(readable);
  const asked: Commitment[] = [];
  const models = { asked: 0, isHere: false };
  const questions = createOpenQuestions({
    store: { has: async () => false },
    source: {
      async update(update) {
        asked.push(update as Commitment);
        if (here.has(update as Commitment)) return new Uint8Array();
        throw new FedledgerError("BLOB_NOT_FOUND", { contentId: update.contentId, providers: 0 });
      },
      async model() {
        models.asked++;
        if (models.isHere) return new Uint8Array();
        throw new FedledgerError("BLOB_SEALED", { contentId: standing.proposal.contentId, reason: "no key" });
      },
    },
    clock: createVirtualClock(0),
    times,
  });
  const look = { view: viewOf([standing]), members, signal: new AbortController().signal };
  const open = (absent?: readonly Commitment[], round = standing) => {
    const judgement: Judgement = { isRight: false, missing: absent ?? [] };
    return questions.pauseMs(round, rules, { judgement, faults: [], ...(absent && { absent }) });
  };
  return { questions, look, here, asked, models, open };
}

describe("a proposal whose inputs are not all here", () => {
  it("is judged at first, and again when something came that was missing, and not before", async () => {
    const { questions, look, here, asked, open } = setUp();
    expect(await questions.hasNews(standing, look)).to.equal(true);
    expect(asked).to.deep.equal([]);
    open(missing);
    expect(await questions.hasNews(standing, look)).to.equal(false);
    expect(new Set(asked), "nothing else is asked for").to.deep.equal(new Set(missing));
    here.add(missing[1]!);
    expect(await questions.hasNews(standing, look)).to.equal(true);
  });

  it("is never judged again where all that is missing is here, and other than what was committed", async () => {
    const { questions, look, open } = setUp();
    open([]);
    expect(await questions.hasNews(standing, look)).to.equal(false);
  });

  it("is judged again when its sealed model can be read, where all else is right", async () => {
    const { questions, look, asked, models } = setUp();
    const judgement: Judgement = { isRight: false, missing: [] };
    questions.pauseMs(standing, rules, { judgement, faults: [], absent: [], isModelAbsent: true });
    expect(await questions.hasNews(standing, look)).to.equal(false);
    models.isHere = true;
    expect(await questions.hasNews(standing, look)).to.equal(true);
    expect([asked, models.asked]).to.deep.equal([[], 2]);
  });

  it("is judged at each look where it waits for something else: its base, or leave to read", async () => {
    const { questions, look, open } = setUp();
    open(undefined);
    expect(await questions.hasNews(standing, look)).to.equal(true);
  });

  it("is looked at after growing pauses, from the beginning again when something came", () => {
    const { questions, open } = setUp();
    const vain = () => questions.pauseMs(standing, rules);
    expect([open(missing), vain(), vain(), vain(), vain(), vain()]).to.deep.equal([
      500, 1_000, 2_000, 4_000, 7_500, 7_500,
    ]);
    expect([open(missing.slice(1)), vain()]).to.deep.equal([500, 1_000]);
    const accepted = acceptedRound({ round: 2 });
    const old = () => questions.pauseMs(accepted, rules);
    expect([open(missing, accepted), old(), old(), old(), old()]).to.deep.equal([
      15_000, 30_000, 60_000, 120_000, 120_000,
    ]);
  });

  it("is forgotten when it is judged to the end", () => {
    const { questions, open } = setUp();
    open(missing);
    expect(questions.pauseMs(standing, rules, { judgement: { isRight: true }, faults: [] })).to.equal(undefined);
    expect(open(missing)).to.equal(500);
  });

  it("takes less time at later looks", () => {
    const { questions, open } = setUp();
    expect(questions.patience(standing, rules).timeoutMs).to.equal(15_000);
    open(undefined);
    expect(questions.patience(standing, rules).timeoutMs).to.equal(3_750);
  });

  it("ends with the caller's reason", async () => {
    const { questions, look, open } = setUp();
    open(missing);
    const stopped = { ...look, signal: AbortSignal.abort(new FedledgerError("INTERRUPTED")) };
    await rejection(questions.hasNews(standing, stopped), "INTERRUPTED");
  });
});
