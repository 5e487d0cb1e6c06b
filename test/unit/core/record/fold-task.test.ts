import { expect } from "chai";
import fc from "fast-check";
import { foldTask } from "../../../../node/core/record/fold-task.ts";
import { extendHistory, type HistoryEntry } from "../../../../node/core/record/history-head.ts";
import { finalFromS, isProvable, type TaskView } from "../../../../node/core/record/task-view.ts";
import { extendAccumulator, extendAnchor, zeroBytes32 } from "../../../../node/core/words/commitment.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { accepted1, drawing, members, toProposal, wholeHistory } from "../../../support/played/told-stories.ts";
import {
  account,
  advertised,
  assigned,
  bytes32,
  committed,
  created,
  enrolled,
  events,
  expelled,
  fold,
  invalid,
  joined,
  leaving,
  left,
  opened,
  proposed,
  rewarded,
  story,
  struck,
  taskId,
} from "../../../support/played/told-task.ts";

const places = (view: TaskView): string =>
  [...view.enrolled, ...view.joined].map((p) => `${BigInt(p.account)}${p.leaving ? "-" : ""}`).join(" ");
const idle = (view: TaskView): number[] => view.joined.filter((p) => p.idle).map((p) => Number(BigInt(p.account)));
const headOf = (head: `0x${string}`, ...entries: HistoryEntry[]) => entries.reduce(extendHistory, head);

describe("foldTask", () => {
  it("begins with the task as it was created", () => {
    const view = fold(created());
    expect(view).to.deep.include({ taskId, creator: account(1), spec: "{}", rounds: [], enrolled: [], joined: [] });
    expect(view).to.deep.include({ initialModelRoot: bytes32(1), modelRoot: bytes32(1), historyHead: bytes32(2) });
    expect(view).to.deep.include({ accepted: 0, complete: false, leavers: [] });
    expect(view).not.to.have.property("modelContentId");
  });

  it("follows a round to its acceptance", () => {
    const at = (count: number) => fold(...accepted1.slice(0, count)).rounds[0]!;
    expect(at(7)).to.deep.include({ phase: "open", drawn: 3, aggregators: 2, openedAtBlock: 16, totalWeight: 0n });
    expect(at(7)).to.include({ start: bytes32(301), anchor: bytes32(301), accumulator: bytes32(301) });
    expect(at(9).totalWeight).to.equal(20n);
    const sum = at(9).commitments.reduce(extendAccumulator, bytes32(301));
    expect(at(9)).to.include({ anchor: bytes32(301), accumulator: sum });
    expect(at(10)).to.include({ phase: "aggregating" }).and.not.have.property("assignment");
    const turn = { attempt: 0, aggregator: account(22), place: 1, count: 2, deadlineS: 2000 };
    expect(at(11).assignment).to.deep.equal(turn);
    expect(at(12)).to.include({ phase: "proposed" });
    const view = fold(...accepted1);
    const [round] = view.rounds;
    expect(round).to.include({ phase: "accepted" });
    expect(round!.result!.attesters).to.deep.equal([account(11), account(12)]);
    expect(view).to.include({ modelRoot: bytes32(510), modelContentId: bytes32(610), accepted: 1, complete: false });
    expect(isProvable(round!, 5000)).to.equal(true);
    expect(isProvable(round!, 5001)).to.equal(false);
    expect(finalFromS(view)).to.equal(5001);
  });

  it("the head grows by an entry for what is no commitment", () => {
    const view = fold(...members, leaving(12), left(12), leaving(21), leaving(13), left(13), left(21));
    const joins = { kind: "joined", attributesHash: bytes32(71) } as const;
    const enrols = { kind: "enrolled", statement: zeroBytes32, attributesHash: bytes32(70) } as const;
    const expected = headOf(
      bytes32(2),
      ...[11, 12, 13].map((who) => ({ ...enrols, account: account(who) })),
      ...[21, 22].map((who) => ({ ...joins, account: account(who) })),
      { kind: "leaving", account: account(12) },
      { kind: "freed", places: 1 },
      { kind: "leaving", account: account(21) },
      { kind: "leaving", account: account(13) },
      { kind: "freed", places: 2 },
    );
    expect(view.historyHead).to.equal(expected);
  });

  it("knows who left until it takes a place again", () => {
    const steps = [...members, leaving(12), left(12), leaving(22), left(22)];
    expect(fold(...members)).not.to.have.property("left");
    expect(fold(...steps).left).to.deep.equal([account(12), account(22)]);
    expect(fold(...steps, enrolled(12, 2), joined(22, 1)).left).to.deep.equal([]);
  });

  it("a missed turn makes idle, and the next one is told why; a proposal or a resumption ends it", () => {
    const missed = story(...toProposal.slice(0, -1), assigned(1, 1, 21, 0));
    expect(idle(fold(...missed))).to.deep.equal([22]);
    const before = fold(...toProposal.slice(0, -1)).historyHead;
    const entry = {
      kind: "reassigned",
      round: 1,
      attempt: 1,
      aggregator: account(21),
      reason: "no-proposal",
      standing: zeroBytes32,
    } as const;
    expect(fold(...missed).historyHead).to.equal(extendHistory(before, entry));
    // both idle: the first of them has its turn all the same
    const again = story(...missed, assigned(1, 2, 22, 1));
    expect(idle(fold(...again))).to.deep.equal([21, 22]);
    expect(idle(fold(...story(...again, proposed)))).to.deep.equal([21]);
    expect(idle(fold(...again, { name: "Resumed", taskId, aggregator: account(21) }))).to.deep.equal([22]);
    const ended = story(...again, (b) => invalid(b, "no-proposal"));
    expect(idle(fold(...ended))).to.deep.equal([21, 22]);
    expect(idle(fold(...story(...toProposal.slice(0, -1), (b) => invalid(b, "too-few-updates"))))).to.deep.equal([]);
    // who proposed and was not attested did not miss its turn
    expect(idle(fold(...toProposal, assigned(1, 1, 21, 0)))).to.deep.equal([]);
  });

  it("an idle bit moves with its place", () => {
    const steps = story(...toProposal.slice(0, -1), (b) => invalid(b, "no-proposal"), leaving(21), left(21));
    expect(fold(...steps).joined).to.deep.equal([{ account: account(22), leaving: false, idle: true }]);
  });

  it("an invalid round leaves the model as it was", () => {
    const view = fold(...story(...members, opened(1, 3, 2), (before) => invalid(before, "too-few-updates")));
    expect(view.rounds[0]).to.include({ phase: "invalid", invalidReason: "too-few-updates" });
    expect(view).to.include({ modelRoot: bytes32(1), complete: false, accepted: 0 });
  });

  it("keys come before commitments and make the anchor", () => {
    const masked = [created({ mode: "masked", keyWindowS: 9 }), ...members.slice(1), opened(1, 3, 2)];
    const steps = [...masked, advertised(1, 12, 1), advertised(1, 11, 0)];
    const round = fold(...steps).rounds[0]!;
    const anchor = round.advertisements!.reduce(extendAnchor, bytes32(301));
    expect(round).to.include({ start: bytes32(301), anchor, accumulator: anchor });
    expect(round.advertisements![0]).to.include({ signature: "0x01", shareKey: bytes32(83) });
    expect(fold(...steps, committed(1, 11, 0)).rounds[0]!.commitments).to.have.length(1);
  });

  it("a draw begins the windows, and the start value comes with it", () => {
    const draws = [created({ drawDelayBlocks: 4 }), ...members.slice(1)];
    const waiting = { drawBlock: 77, commitDeadlineS: 0, start: zeroBytes32, drawn: 2 };
    const steps = [...draws, opened(1, 3, 2, waiting)];
    expect(fold(...steps).rounds[0]).to.include({ phase: "drawing", start: zeroBytes32, drawBlock: 77 });
    const open = { phase: "open", seed: 5n, anchor: bytes32(4), accumulator: bytes32(4), commitDeadlineS: 900 };
    expect(fold(...steps, drawing).rounds[0]).to.include(open);
    const never = fold(...story(...steps, (before) => invalid(before, "no-draw")));
    const nothing = { anchor: zeroBytes32, accumulator: zeroBytes32, standing: zeroBytes32 };
    const entry = { kind: "invalid", round: 1, reason: "no-draw", ...nothing };
    expect(never.historyHead).to.equal(extendHistory(fold(...steps).historyHead, entry as HistoryEntry));
  });

  it("places: the last of a list moves into a freed place, between rounds", () => {
    expect(places(fold(...members))).to.equal("11 12 13 21 22");
    expect(places(fold(...members, leaving(12)))).to.equal("11 12- 13 21 22");
    expect(places(fold(...members, leaving(11), left(11)))).to.equal("13 12 21 22");
    expect(places(fold(...members, leaving(21), leaving(13), left(13), left(21)))).to.equal("11 12 22");
  });

  it("places are freed in 32 steps at once, from the newest leaver, and one call makes one entry", () => {
    const all = Array.from({ length: 40 }, (_, i) => leaving(100 + i));
    const gone = Array.from({ length: 40 }, (_, i) => left(139 - i));
    const freed = (places: number) => ({ kind: "freed", places }) as const;
    const entriesOf = (enrolledCount: number, ...entries: HistoryEntry[]) => {
      const many = [created(), ...Array.from({ length: enrolledCount }, (_, i) => enrolled(100 + i, i)), ...all];
      expect(fold(...many, ...gone).historyHead).to.equal(headOf(fold(...many).historyHead, ...entries));
    };
    // others move into the places: a step for each
    entriesOf(50, freed(32), freed(8));
    // the last of the list leaves itself: it is freed, and its mark taken off by a step of its own
    entriesOf(40, freed(16), freed(16), freed(8));
  });

  it("is complete with its accepted rounds, and says when it is final", () => {
    const view = fold(...wholeHistory);
    expect(view).to.include({ complete: true, accepted: 3 });
    expect(finalFromS(view)).to.equal(5001);
    expect(fold(...wholeHistory.slice(0, -1)).complete).to.equal(false);
    expect(view.shareKeys.get(account(14))).to.equal("0x0102");
    expect(view.recorded).to.deep.equal([{ author: account(1), kind: 1, hash: bytes32(8) }]);
  });

  it("in pieces gives the same as at once, and never changes a view it was given", () => {
    const all = events(story(...toProposal, struck(1, 22), expelled(1, 22), rewarded(), assigned(1, 1, 21, 0)));
    for (const one of [all, events(wholeHistory)]) {
      const whole = foldTask(one);
      fc.assert(
        fc.property(fc.uniqueArray(fc.integer({ min: 1, max: one.length - 1 }), { maxLength: 6 }), (cuts) => {
          const borders = [0, ...cuts.sort((a, b) => a - b), one.length];
          let view: TaskView | undefined;
          for (let i = 1; i < borders.length; i++) {
            const before = structuredClone(view);
            const next = foldTask(one.slice(borders[i - 1], borders[i]), view);
            expect(view).to.deep.equal(before);
            view = next;
          }
          expect(view).to.deep.equal(whole);
        }),
        { numRuns: 30 },
      );
      expect(foldTask([], whole)).to.deep.equal(whole);
    }
  });

  it("refuses any event left out of a whole history but what changes no head", async () => {
    const bound = wholeHistory.filter(({ name }) => name !== "ShareKeySet");
    for (const step of bound.slice(0, -1)) {
      await expectCode("INVALID_HISTORY", () => fold(...wholeHistory.filter((other) => other !== step)));
    }
  });
});
