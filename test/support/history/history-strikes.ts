import type { Address } from "../../../node/core/ids.ts";
import type { ProofKind, Proposal } from "../../../node/core/records.ts";
import { proofWei } from "../../../node/core/task/least-bond.ts";
import { markLeaving } from "./history-members.ts";
import type { RoundScript, ScriptedProof } from "./history-options.ts";
import { goOn, invalid, type OpenRound } from "./history-steps.ts";
import { accountOf, enter, type Unplaced, type Writer } from "./history-writer.ts";

const gwei = 10n ** 9n;
const nobody = `0x${"00".repeat(20)}` as Address;
/** Who wins all proofs of a history. */
export const prover = accountOf("prover");

/** Strikes a proposal that stands; the next aggregator is assigned, or the round ends. Returns whether it goes on. */
export function strikeStanding(
  writer: Writer,
  open: OpenRound,
  proposal: Proposal,
  { kind, index = 3, offender: who }: ScriptedProof = { kind: "wrong-chunk" },
): boolean {
  const { taskId, members } = writer;
  const { round } = open;
  const { aggregator } = proposal;
  const offender = who === undefined ? nobody : members[who]!;
  const struck: Unplaced = { name: "Struck", taskId, round, prover, aggregator, offender, kind, index };
  const expelled = expelAll(writer, { round, kind }, [aggregator, ...(who === undefined ? [] : [offender])]);
  const about = { round, proof: kind, index, prover, firstVoid: 0, lastVoid: 0, offender };
  enter(writer, { kind: "struck", ...about, proposalHash: open.standing });
  const next = goOn(writer, open, "proven-wrong");
  writer.mine(prover, struck, ...expelled, next);
  return next.name === "AggregatorAssigned";
}

/** Strikes an accepted round: it and all later ones are void where it was not, and a round in flight ends. */
export function strikeAccepted(
  writer: Writer,
  { round, kind, index = kind === "wrong-chunk" ? 3 : 0, offender: who }: NonNullable<RoundScript["strike"]>,
  running?: OpenRound,
): void {
  const { taskId, members, ended } = writer;
  const { open, proposal, attesters } = ended.get(round)!;
  const { aggregator } = proposal;
  const offender = who === undefined ? nobody : members[who]!;
  writer.nowS += 1;
  const rollsBack = !writer.void.has(round);
  const events: Unplaced[] = [{ name: "Struck", taskId, round, prover, aggregator, offender, kind, index }];
  if (rollsBack && running) events.push(invalid(writer, running, "rolled-back"));
  const lastRound = writer.round;
  if (rollsBack) {
    const modelRoot = open.baseModelRoot;
    events.push({ name: "RolledBack", taskId, firstRound: round, lastRound, modelRoot });
    for (let each = round; each <= lastRound; each++) writer.void.add(each);
    writer.accepted = open.acceptedBefore;
    writer.lanes = open.lanes;
    writer.modelRoot = modelRoot;
  }
  const wronged = who === undefined ? [] : [offender];
  events.push(...expelAll(writer, { round, kind }, [aggregator, ...attesters, ...wronged]));
  const [firstVoid, lastVoid] = rollsBack ? [round, lastRound] : [0, 0];
  const about = { round, proof: kind, index, prover, firstVoid, lastVoid, offender };
  enter(writer, { kind: "struck", ...about, proposalHash: open.standing });
  writer.mine(prover, ...events);
}

/** Expels a participant apart from any proposal. */
export function expel(writer: Writer, round: number, { member, kind }: NonNullable<RoundScript["expel"]>): void {
  const account = writer.members[member]!;
  const events = expelAll(writer, { round, kind }, [account]);
  enter(writer, { kind: "expelled", round, account, proof: kind, prover });
  writer.mine(prover, ...events);
}

/** Those of these accounts that are not expelled yet lose their bonds and their places; what was taken is divided. */
function expelAll(
  writer: Writer,
  { round, kind }: { readonly round: number; readonly kind: ProofKind },
  accounts: readonly Address[],
): readonly Unplaced[] {
  const { taskId, expelled, bonded } = writer;
  const events: Unplaced[] = [];
  let takenWei = 0n;
  for (const account of accounts) {
    if (expelled.has(account)) continue;
    const amountWei = bonded.delete(account) ? bondOf(writer, account) : 0n;
    takenWei += amountWei;
    expelled.add(account);
    markLeaving(writer, account);
    events.push({ name: "MemberExpelled", taskId, round, account, kind, amountWei });
  }
  const [half, cost] = [takenWei / 2n, (proofWei(writer.rules, kind) * 3n) / 2n];
  const rewardWei = half < cost ? half : cost;
  return [...events, { name: "Rewarded", taskId, prover, rewardWei, burntWei: takenWei - rewardWei }];
}

function bondOf({ rules, members }: Writer, account: Address): bigint {
  return BigInt(members.includes(account) ? rules.participantBondGwei : rules.aggregatorBondGwei) * gwei;
}
