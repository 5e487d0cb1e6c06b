import { expect } from "chai";
import type { AuditReport, FindingCode } from "../../../node/audit/index.ts";
import type { Address } from "../../../node/core/ids.ts";
import type { Commitment, Proposal } from "../../../node/core/records.ts";
import type { History } from "./history-options.ts";

/** What a member, by its number, committed to in a round. */
export const commitmentOf = (history: History, round: number, member: number): Commitment =>
  history.events.find(
    (event) => event.name === "Committed" && event.round === round && event.participant === history.members[member],
  ) as unknown as Commitment;
/** The last proposal of a round. */
export const proposed = (history: History, round: number): Proposal => {
  const event = history.events.findLast((each) => each.name === "Proposed" && each.round === round);
  if (event?.name !== "Proposed") expect.fail("no proposal");
  return event.proposal;
};

/** Each finding as its code, severity, round and party. */
export const told = ({ findings }: AuditReport) =>
  findings.map(({ code, severity, round, party }) => [code, severity, round, party] as const);
/** One line of {@link told}. */
export const line = (code: FindingCode, severity: "violation" | "unchecked", round: number, party?: Address) =>
  [code, severity, round, party] as const;
