import { expect } from "chai";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Chain, ChainCall } from "../../../../node/ports/chain.ts";
import type { ModelSource } from "../../../../node/rounds/blobs/model-source.ts";
import { subjectOf } from "../../../../node/rounds/blobs/proposed-round.ts";
import type { Judgement, UpdateFault } from "../../../../node/rounds/court/court-state.ts";
import type { CommonAction } from "../../../../node/rounds/machine/due-in-common.ts";
import { performBy } from "../../../../node/rounds/machine/machine.ts";
import { createRoleDesk } from "../../../../node/rounds/machine/role-desk.ts";
import type { RoleDeps } from "../../../../node/rounds/machine/role-process.ts";
import type { Progress } from "../../../../node/rounds/progress/progress.ts";
import type { RoundEvent } from "../../../../node/rounds/state/round-state.ts";
import { faultIn, proofAgainst } from "../../../support/played/proofs-against.ts";
import { rejection } from "../../../support/rejection.ts";
import { silentLog } from "../../../support/silent-log.ts";
import { stateAt } from "../../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  aggregatingRound,
  commitmentOf,
  proposedRound,
  times,
  viewOf,
} from "../../../support/states/round-states.ts";

const accepted = acceptedRound();
const proposed = proposedRound();
const metric = { examples: 4, correct: 3, lossQ24: 5n };

/** A desk whose calls revert with this, whose source gives a model or not, and whose judge finds this. */
function setUp({ revert = "", reads = true, has = true, judgement, faults = [] }: Partial<Setting> = {}) {
  const sent: ChainCall[] = [];
  const told: Progress[] = [];
  const events: RoundEvent[] = [];
  const chain = {
    account: accounts.d,
    async send(call: ChainCall) {
      if (revert !== "") throw new FedledgerError("TRANSACTION_REVERTED", { call: call.kind, error: revert });
      sent.push(call);
      return { gasUsed: 9, blockNumber: 12, transactionHash: `0x${"00".repeat(32)}` };
    },
  } as unknown as Chain;
  const source = {
    reads: () => reads,
    async model() {
      if (!has) throw new FedledgerError("BLOB_NOT_FOUND", { contentId: "x", providers: 0 });
      return new Uint8Array(8);
    },
  } as unknown as ModelSource;
  const deps = {
    chain,
    source,
    times,
    clock: { nowMs: () => 0 },
    log: silentLog,
    onProgress: (step: Progress) => void told.push(step),
    measurePublicly: async () => metric,
  } as unknown as RoleDeps & { source: ModelSource; times: typeof times };
  const desk = createRoleDesk(deps, {
    ...(judgement && { judge: async () => ({ judgement, faults }) }),
  });
  const state = stateAt(accounts.d, "watcher", viewOf([accepted]), 200);
  const { signal } = new AbortController();
  const emit = (event: RoundEvent) => {
    events.push(event);
    return state;
  };
  const perform = (action: CommonAction) =>
    performBy(desk, action, { state, look: { ...state, signal }, signal, emit });
  return { perform, sent, told, events };
}

interface Setting {
  readonly revert: string;
  readonly reads: boolean;
  readonly has: boolean;
  readonly judgement: Judgement;
  readonly faults: readonly UpdateFault[];
}

describe("the desk of every role", () => {
  const prove: CommonAction = { kind: "prove", key: "prove:1:x", call: proofAgainst(accepted) };
  const measure: CommonAction = { kind: "measure", key: "m", subject: subjectOf(accepted), round: accepted };
  const judge = (round = accepted): CommonAction => ({ kind: "judge", key: "j", subject: subjectOf(round), round });

  it("looks for a reward behind a proof of its own", async () => {
    const { perform, events, told } = setUp();
    await perform(prove);
    expect(events).to.deep.equal([{ kind: "earned", block: 12 }]);
    expect(told).to.deep.equal([{ kind: "proved", round: 1, proofKind: "wrong-weight", gasUsed: 9 }]);
  });

  it("lets rest what the contract has no use for, and tries again at once what may come right", async () => {
    for (const revert of ["NothingToTake", "NoLongerProvable"]) {
      const { perform, events } = setUp({ revert });
      await perform(prove);
      expect(events).to.deep.equal([{ kind: "refused", key: "prove:1:x", untilS: 230 }]);
    }
    const { perform, events } = setUp({ revert: "WrongEvidence" });
    await rejection(perform(prove), "TRANSACTION_REVERTED");
    expect(events).to.deep.equal([]);
  });

  it("tells what it judged, and looks again for what could not be had: soon while the proposal stands", async () => {
    const right = setUp({ judgement: { isRight: true } });
    expect(await right.perform(judge())).to.equal(undefined);
    expect(right.events).to.deep.equal([
      { kind: "judged", subject: subjectOf(accepted), judgement: { isRight: true } },
    ]);
    expect(right.told.map(({ kind }) => kind)).to.deep.equal(["recomputed"]);
    const missing: Judgement = { isRight: false, missing: [commitmentOf(1)] };
    expect(await setUp({ judgement: missing }).perform(judge(proposed))).to.deep.equal({ repeatMs: times.republishMs });
    const open = setUp({ judgement: missing });
    expect(await open.perform(judge())).to.deep.equal({ repeatMs: 15_000 });
    expect(await open.perform(judge()), "in vain").to.deep.equal({ repeatMs: 30_000 });
  });

  it("tells the court of updates that break the rules", async () => {
    const fault = faultIn(aggregatingRound(), 2);
    const judging = setUp({ judgement: { isRight: true }, faults: [fault] });
    await judging.perform(judge());
    expect(judging.events[0]).to.deep.equal({ kind: "fault", fault });
  });

  it("measures a model that it has, waits for one that it has not, and leaves one that it may not read", async () => {
    const measured = { kind: "measured", subject: subjectOf(accepted) };
    const here = setUp();
    await here.perform(measure);
    expect(here.told).to.deep.equal([{ kind: "public-metric", round: 1, metric }]);
    expect(here.events).to.deep.equal([measured]);
    const away = setUp({ has: false });
    expect(await away.perform(measure)).to.deep.equal({ repeatMs: 15_000 });
    expect(away.events).to.deep.equal([]);
    const sealed = setUp({ has: false, reads: false });
    await sealed.perform(measure);
    expect([sealed.told, sealed.events]).to.deep.equal([[], [measured]]);
  });
});
