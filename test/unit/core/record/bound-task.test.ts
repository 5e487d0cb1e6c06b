import { requireBound } from "../../../../node/core/record/bound-task.ts";
import { foldTask } from "../../../../node/core/record/fold-task.ts";
import type { RoundView, TaskView } from "../../../../node/core/record/task-view.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { accountOf, buildHistory } from "../../../support/history/history-builder.ts";
import { drawingRules, maskedRules } from "../../../support/states/plain-rules.ts";

const deployment = { chainId: 31_337, federation: accountOf("federation") };
const other = `0x${"ab".repeat(32)}` as const;

describe("a task that its hashes bind", () => {
  let view: TaskView;
  const refused = async (shown: TaskView, of = deployment) =>
    await expectCode("INVALID_HISTORY", async () => requireBound(shown, of));
  const round = (changed: Partial<RoundView>): TaskView => ({
    ...view,
    rounds: view.rounds.map((each, i) => (i === view.rounds.length - 1 ? { ...each, ...changed } : each)),
  });

  before(async () => {
    const scripts = { 1: { end: "proposed" } } as const;
    view = foldTask((await buildHistory({ members: 4, rules: maskedRules, scripts })).events);
  });

  it("passes as it is, masked or drawing a part, before a round, in one and behind it", async () => {
    const histories = [
      await buildHistory({ rules: maskedRules, members: 4 }),
      await buildHistory({ rules: { ...drawingRules, minUpdates: 2 }, members: 5, rounds: 2 }),
    ];
    for (const { events } of histories) {
      for (let end = 1; end <= events.length; end++) {
        let shown: TaskView;
        try {
          shown = foldTask(events.slice(0, end));
        } catch {
          continue; // in the middle of a call
        }
        requireBound(shown, deployment);
      }
    }
  });

  it("is refused with another mode, other rules, another specification, access or initial model", async () => {
    const { rules } = view;
    await refused({ ...view, rules: { ...rules, mode: "transparent", keyWindowS: 0, thresholdPercent: 0 } });
    await refused({ ...view, rules: { ...rules, minUpdates: 3 + rules.minUpdates } });
    await refused({ ...view, spec: view.spec.replace("0.1", "0.2") });
    await refused({ ...view, access: { ...view.access, clearance: 1 } });
    await refused({ ...view, initialModelRoot: other });
    await refused({ ...view, firstHead: other });
  });

  it("is refused with a true start value over a smaller round, another base, head, draw or number", async () => {
    await refused(round({ drawn: 3, enrolled: 3 }));
    await refused(round({ baseModelRoot: other }));
    await refused(round({ headAtOpening: other }));
    await refused(round({ seed: 1n }));
    await refused(round({ round: 2 }));
    await refused(round({ start: other }));
  });

  it("is refused as another federation's or chain's", async () => {
    await refused(view, { ...deployment, chainId: 1 });
    await refused(view, { ...deployment, federation: accountOf("another") });
  });
});
