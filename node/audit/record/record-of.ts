import { hexEquals } from "../../core/bytes/hex.ts";
import { itemAt } from "../../core/bytes/items.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { Finding, FindingCode } from "../replay/findings.ts";
import type { RoundDraft, RoundRecord, TaskRecord, Walk } from "./task-record.ts";

/** What is found where one of the events' hashes is not that of the events. */
const unbinding: ReadonlySet<FindingCode> = new Set(["HISTORY_HEAD_WRONG", "ACCUMULATOR_WRONG"]);

/**
 * Whether the events are those that the history's head is of, the contract's where it is known. Where they are not,
 * whoever told them may have left out or made up any of them: what they show of an account, it need not have done.
 */
export function isBound(walk: Walk, stored: { readonly historyHead: Bytes32 } | undefined): boolean {
  const logs = [walk.log, ...walk.rounds.map(({ log }) => log)];
  const isWrong = logs.some(({ findings }) => findings.some(({ code }) => unbinding.has(code)));
  return !isWrong && (stored === undefined || walk.heads.some((head) => hexEquals(head, stored.historyHead)));
}

/** The record of a task whose events are all read. */
export function recordOf(walk: Walk, seen: Pick<TaskRecord, "isBound" | "timesCompared">): TaskRecord {
  const accounts = (role: string) =>
    [...walk.states.values()].filter((state) => state.role === role).map(({ account }) => account);
  return {
    taskId: walk.taskId,
    created: walk.created,
    rounds: walk.rounds.map(roundRecordOf),
    expelled: walk.expelled,
    statements: walk.statements,
    recorded: walk.recorded,
    participants: accounts("participant"),
    aggregators: accounts("aggregator"),
    accepted: walk.accepted,
    entries: walk.entries,
    historyHead: itemAt(walk.heads, 0),
    findings: walk.log.findings,
    ...seen,
  };
}

function roundRecordOf(draft: RoundDraft): RoundRecord {
  const { round, phase, opened, drawn, seed, start, acceptedBefore, advertisements, commitments, closed } = draft;
  const { assignments, proposal, superseded, ended, strike, isVoid, members, events } = draft;
  return {
    ...{ round, phase, opened, drawn, seed, start, acceptedBefore, advertisements, commitments, assignments },
    headAtOpening: itemAt(draft.headsBefore, 0),
    anchor: itemAt(draft.anchors, 0),
    accumulator: itemAt(draft.accumulators, 0),
    ...(closed && { closed }),
    ...{ proposal, superseded, isVoid, members, events },
    ...(ended && { ended }),
    ...(strike && { strike }),
    findings: unsettledFindings(draft),
  };
}

/**
 * The round's findings without those that a strike has settled: the wrong weight of a proposal that was struck for it
 * is what the record is there to show, and nothing of it became a result.
 */
function unsettledFindings({ log, superseded, strike, proposal }: RoundDraft): readonly Finding[] {
  const former = [...superseded, ...(strike && proposal ? [{ ...proposal, strike }] : [])];
  const struck = former.filter((each) => each.strike?.event.kind === "wrong-weight").map(({ hash }) => hash);
  return log.findings.filter(
    ({ code, data }) => code !== "TOTAL_WEIGHT_WRONG" || !struck.some((hash) => hash === data.proposalHash),
  );
}
