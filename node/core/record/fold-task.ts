import { FedledgerError } from "../errors/error.ts";
import { hashBytes } from "../words/commitment.ts";
import { type Draft, impossible, type TaskEventOf } from "./fold-draft.ts";
import { opened } from "./fold-opening.ts";
import { enrolled, freed, joined, leaving, resumed } from "./fold-places.ts";
import { expelled, rewarded, rolledBack, struck } from "./fold-proofs.ts";
import { accepted, advanced, invalidated, roundOf } from "./fold-rounds.ts";
import { extendHistory } from "./history-head.ts";
import type { TaskEvent } from "./task-events.ts";
import type { TaskView, UnfinishedCall } from "./task-view.ts";

/**
 * The task as its events tell it: the fold of the events over `view`, or from the creation when there is none.
 *
 * Pure: `view` is not modified, and folding in pieces gives the same as at once. It reckons the history head, anchors,
 * accumulators, places and the rotation by itself, from the head that TaskCreated names (which the audit judges), and
 * throws INVALID_HISTORY for an event that cannot follow from those before it, or names another head, root, accumulator
 * or aggregator.
 */
export function foldTask(events: readonly TaskEvent[], view?: TaskView): TaskView {
  let draft = view && draftOf(view);
  for (const event of events) draft = applied(event, draft);
  if (draft === undefined) {
    throw new FedledgerError("INVALID_HISTORY", { name: "TaskCreated", round: 0, reason: "there are no events" });
  }
  return draft;
}

function draftOf(view: TaskView): Draft {
  const { enrolled, joined, leavers, rounds } = view;
  return {
    ...view,
    enrolled: [...enrolled],
    joined: [...joined],
    leavers: [...leavers],
    rounds: [...rounds],
  };
}

function applied(event: TaskEvent, draft: Draft | undefined): Draft {
  if (event.name === "TaskCreated") {
    if (draft !== undefined) throw impossible(event, "the task exists");
    return created(event);
  }
  if (draft === undefined) throw impossible(event, "the task does not exist yet");
  if (event.taskId !== draft.taskId) throw impossible(event, `it belongs to task ${event.taskId}`);
  expectContinuation(event, draft);
  switch (event.name) {
    case "Enrolled":
      return enrolled(event, draft);
    case "Joined":
      return joined(event, draft);
    case "Leaving":
      return leaving(event, draft);
    case "Left":
      return freed(event, draft);
    case "Resumed":
      return resumed(event, draft);
    case "ShareKeySet": {
      const { participant: account, shareKey } = event;
      const entry = { kind: "share-key", account, shareKeyHash: hashBytes(shareKey) } as const;
      const shareKeys = new Map(draft.shareKeys).set(account, shareKey);
      return { ...draft, shareKeys, historyHead: extendHistory(draft.historyHead, entry) };
    }
    case "Recorded": {
      const { author, kind, hash } = event;
      const entry = { kind: "recorded", account: author, entryKind: kind, hash } as const;
      const recorded = [...(draft.recorded ?? []), { author, kind, hash }];
      return { ...draft, recorded, historyHead: extendHistory(draft.historyHead, entry) };
    }
    case "RoundOpened":
      return opened(event, draft);
    case "RoundAccepted":
      return accepted(event, roundOf(event, draft), draft);
    case "RoundInvalid":
      return invalidated(event, roundOf(event, draft), draft);
    case "Struck":
      return struck(event, draft);
    case "RolledBack":
      return rolledBack(event, draft);
    case "MemberExpelled":
      return expelled(event, draft);
    case "Rewarded":
      return rewarded(event, draft);
    case "BondReleased":
      return draft;
    default:
      return advanced(event, roundOf(event, draft), draft);
  }
}

/** Refuses what cannot stand between the events of one call. */
function expectContinuation(event: TaskEvent, { unfinished }: Draft): void {
  if (unfinished === undefined || mayFollow[unfinished.call].includes(event.name)) return;
  throw impossible(event, "a call before it is not told to its end");
}

const mayFollow: Record<UnfinishedCall["call"], readonly TaskEvent["name"][]> = {
  "free-places": ["Left"],
  strike: ["RoundInvalid", "RolledBack", "MemberExpelled", "Rewarded"],
  expel: ["Rewarded"],
};

function created(event: TaskEventOf<"TaskCreated">): Draft {
  const { taskId, creator, rules, access, spec, modelRoot, historyHead } = event;
  return {
    taskId,
    creator,
    rules,
    access,
    spec,
    initialModelRoot: modelRoot,
    modelRoot,
    enrolled: [],
    joined: [],
    leavers: [],
    shareKeys: new Map(),
    rounds: [],
    accepted: 0,
    firstHead: historyHead,
    historyHead,
    complete: false,
  };
}
