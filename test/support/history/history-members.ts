import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { Attributes } from "../../../node/core/records.ts";
import { attributesHash, zeroBytes32 } from "../../../node/core/words/commitment.ts";
import { enter, hashOf, type Unplaced, type Writer, type WriterPlace } from "./history-writer.ts";

const nothing: Attributes = { organisation: "", region: "", clearance: 0 };

/** Gives everybody their places, participants before aggregators. */
export function placeEverybody(writer: Writer, attributes: (account: Address) => Attributes = () => nothing): void {
  const { taskId, rules, members, aggregators, participants, joined } = writer;
  for (const [index, account] of members.entries()) {
    const statement = rules.statementRequired ? hashOf(`statement of ${account}`) : zeroBytes32;
    const attributesHash_ = attributesHash(attributes(account));
    takePlace(writer, account, participants, rules.participantBondGwei);
    enter(writer, { kind: "enrolled", account, statement, attributesHash: attributesHash_ });
    writer.mine(account, {
      ...{ name: "Enrolled", taskId, participant: account, index, statement, attributesHash: attributesHash_ },
    } as Unplaced);
  }
  for (const [index, account] of aggregators.entries()) {
    const attributesHash_ = attributesHash(attributes(account));
    takePlace(writer, account, joined, rules.aggregatorBondGwei);
    enter(writer, { kind: "joined", account, attributesHash: attributesHash_ });
    writer.mine(account, { name: "Joined", taskId, aggregator: account, index, attributesHash: attributesHash_ });
  }
}

function takePlace(writer: Writer, account: Address, places: WriterPlace[], bondGwei: number): void {
  places.push({ account, leaving: false, idle: false });
  if (bondGwei > 0) writer.bonded.add(account);
}

/** Has an account leave. */
export function leave(writer: Writer, account: Address): void {
  markLeaving(writer, account);
  enter(writer, { kind: "leaving", account });
  writer.mine(account, { name: "Leaving", taskId: writer.taskId, account });
}

/** Marks an account as leaving: it asked to, or was expelled. */
export function markLeaving({ participants, joined, leavers }: Writer, account: Address): void {
  for (const places of [participants, joined]) {
    const index = places.findIndex((each) => each.account === account);
    if (index < 0 || places[index]!.leaving) continue;
    places[index]!.leaving = true;
    leavers.push({ ofAggregator: places === joined, index });
  }
}

/** What the next opening frees, as the contract goes through those that left: from the newest, at most 32 steps. */
export function freePlaces(writer: Writer): readonly Unplaced[] {
  const { taskId, participants, joined, leavers } = writer;
  const freed: Unplaced[] = [];
  for (let step = 0; step < 32 && leavers.length > 0; step++) {
    const { ofAggregator, index } = leavers.at(-1)!;
    const list = ofAggregator ? joined : participants;
    if (!list[index]?.leaving) {
      leavers.pop();
      continue;
    }
    const last = list.pop()!;
    if (last.leaving) {
      freed.push({ name: "Left", taskId, account: last.account });
      continue;
    }
    freed.push({ name: "Left", taskId, account: list[index]!.account });
    list[index] = last;
    leavers.pop();
  }
  if (freed.length > 0) enter(writer, { kind: "freed", places: freed.length });
  return freed;
}

/** Puts a hash on the task's record. */
export function putOnRecord(writer: Writer, author: Address, kind: number, hash: Bytes32): void {
  enter(writer, { kind: "recorded", account: author, entryKind: kind, hash });
  writer.mine(author, { name: "Recorded", taskId: writer.taskId, author, kind, hash });
}

/** Has an aggregator come back that had missed a turn. */
export function resume(writer: Writer, account: Address): void {
  writer.joined.find((place) => place.account === account)!.idle = false;
  enter(writer, { kind: "resumed", account });
  writer.mine(account, { name: "Resumed", taskId: writer.taskId, aggregator: account });
}
