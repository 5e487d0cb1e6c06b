import { ruleByName } from "../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { extendHistory, proposalHash, updateRootOf, zeroBytes32 } from "../../node/core/commitment.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import type {
  Advertisement,
  ChallengeKind,
  Commitment,
  GivenWord,
  InvalidReason,
  Proposal,
} from "../../node/core/records.ts";
import type { MaskSecrets } from "../../node/privacy/masking/index.ts";
import { maskedModel, openingsOf } from "./history-keys.ts";
import type { RoundScript } from "./history-options.ts";
import { accountOf, signWord, type Unplaced, type Writer } from "./history-writer.ts";

/** A commitment and what was committed; `honest`: what is hidden in it. */
export interface Committed extends Commitment {
  readonly lanes: Int32Array;
  readonly honest: Int32Array;
}

/** A round in the making. */
export interface OpenRound {
  readonly round: number;
  readonly lanes: Int32Array;
  readonly baseModelRoot: Bytes32;
  readonly seed: bigint;
  /** Of the drawn. */
  readonly slots: readonly { readonly participant: Address; readonly slot: number }[];
  /** In a masked or encrypted task. */
  readonly advertisements: Advertisement[];
  /** By slot. */
  readonly secrets: Map<number, MaskSecrets>;
  accumulator: Bytes32;
  committed: readonly Committed[];
  attempt: number;
}

/** A proposal and its model. */
export interface Proposed {
  readonly proposal: Proposal;
  readonly lanes: Int32Array;
}

const gwei = 10n ** 9n;

/** The next assignment with what it locks, once `before` has ended the last one. */
export function assignment(writer: Writer, { round, attempt }: OpenRound): readonly Unplaced[] {
  const { taskId, nowS, rules } = writer;
  const aggregator = assigned(writer, round, attempt);
  const deadlineS = nowS + rules.aggregateWindowS;
  writer.answering.set(round, aggregator);
  return [
    ...bond(writer, "BondLocked", round),
    { name: "AggregatorAssigned", taskId, round, attempt, aggregator, deadlineS },
  ];
}

/** What ends the liability of a round's aggregator. */
export function release(writer: Writer, round: number): readonly Unplaced[] {
  const released = writer.answering.has(round) ? bond(writer, "BondReleased", round) : [];
  writer.answering.delete(round);
  return released;
}

function bond({ taskId, rules, answering }: Writer, name: "BondLocked" | "BondReleased", round: number): Unplaced[] {
  const amountWei = BigInt(rules.aggregatorBondGwei) * gwei;
  return amountWei === 0n ? [] : [{ name, taskId, round, account: answering.get(round)!, amountWei }];
}

function assigned({ aggregators }: Writer, round: number, attempt: number): Address {
  return aggregators[(round + attempt) % 2 === 0 ? 0 : 1];
}

/** Has the next aggregator assigned after `lateS` seconds. */
export function reassign(writer: Writer, open: OpenRound, lateS: number): void {
  writer.nowS += lateS + 1;
  const released = release(writer, open.round);
  open.attempt++;
  writer.mine(writer.members[1]!, ...released, ...assignment(writer, open));
}

/** Proposes what the script makes of the rule's model of the updates, with the words of all that committed. */
export async function propose(writer: Writer, open: OpenRound, script: RoundScript): Promise<Proposed> {
  const { rules } = writer;
  const { committed, attempt, round } = open;
  writer.nowS += 2;
  const isOut = (at: number) => script.exclude?.includes(at) ?? false;
  const excluded = committed.filter((_, i) => isOut(i));
  const included = committed.filter((_, i) => !isOut(i));
  const honest = rules.mode === "masked" ? maskedModel(writer, open) : plainModel(writer, open, included);
  const lanes = script.model?.(honest.slice()) ?? honest;
  const [aggregator, modelRoot] = [assigned(writer, round, attempt), chunkTreeRoot(lanes)];
  const follows: Proposal = {
    attempt,
    aggregator,
    modelRoot,
    contentId: await writer.put(lanes, { round, sender: aggregator, purpose: "model", root: modelRoot }),
    totalWeight: weightOf(included),
    excluded: bitsOf(excluded),
  };
  const proposal = script.proposal?.(follows) ?? follows;
  record(writer, open, proposal, script);
  return { proposal, lanes };
}

function plainModel({ rules }: Writer, open: OpenRound, included: readonly Committed[]): Int32Array {
  const aggregation = ruleByName(rules.rule).create(rules);
  for (const { honest, weight } of included) aggregation.add(honest, weight);
  return aggregation.finish(open.lanes);
}

/** A proposal of another model without the first update, for which there is no reason. */
export async function proposeWrongly(writer: Writer, open: OpenRound): Promise<void> {
  const wrong = open.lanes.map((lane) => lane + 1);
  const { committed, attempt, round } = open;
  writer.nowS += 2;
  const [aggregator, modelRoot] = [assigned(writer, round, attempt), chunkTreeRoot(wrong)];
  record(writer, open, {
    attempt,
    aggregator,
    modelRoot,
    contentId: await writer.put(wrong, { round, sender: aggregator, purpose: "model", root: modelRoot }),
    totalWeight: weightOf(committed.slice(1)),
    excluded: bitsOf(committed.slice(0, 1)),
  });
}

function record(writer: Writer, open: OpenRound, proposal: Proposal, script: RoundScript = {}): void {
  const { taskId, nowS, rules, detail } = writer;
  const challengeDeadlineS = nowS + rules.challengeWindowS;
  const words =
    rules.holders > 0 && detail
      ? { words: script.words?.(wordsOf(writer, open, script)) ?? wordsOf(writer, open, script) }
      : {};
  const event = { name: "Proposed", taskId, round: open.round, proposal, challengeDeadlineS, ...words } as const;
  const honest = openingsOf(writer, open);
  const openings = honest && (script.openings?.(honest) ?? honest);
  const { attempt } = proposal;
  const opened = openings ? [{ name: "Opened", taskId, round: open.round, attempt, openings } as const] : [];
  writer.mine(proposal.aggregator, ...opened, event);
}

/** Everybody that committed says that it holds all but what the script leaves out, ascending by account. */
function wordsOf(
  writer: Writer,
  { round, committed, accumulator }: OpenRound,
  { exclude = [] }: RoundScript,
): GivenWord[] {
  const slots = bitsOf(committed.filter((_, i) => !exclude.includes(i)));
  return committed
    .map(({ participant }) => participant)
    .sort()
    .map((holder) => ({
      slots,
      signature: signWord(writer, { taskId: writer.taskId, round, accumulator, slots, holder }),
    }));
}

/** A won challenge with what it takes, up to but without what follows of the round. */
export function challenge(
  writer: Writer,
  { round }: OpenRound,
  { aggregator }: Proposal,
  kind: ChallengeKind = "wrong-chunk",
  chunkIndex = 3,
): readonly Unplaced[] {
  const { taskId, rules, members, answering } = writer;
  const challenger = members[1]!;
  const amountGwei = BigInt(rules.aggregatorBondGwei);
  answering.delete(round);
  const amounts = { amountWei: amountGwei * gwei, rewardWei: (amountGwei / 2n) * gwei };
  const slashed: Unplaced = { name: "Slashed", taskId, round, account: aggregator, challenger, ...amounts };
  return [
    { name: "Challenged", taskId, round, challenger, aggregator, kind, chunkIndex },
    ...(amountGwei === 0n ? [] : [slashed]),
  ];
}

/** A report that is won: the participant is expelled, and loses its bond where it has one. */
export function report(
  writer: Writer,
  { round }: OpenRound,
  { member, kind }: NonNullable<RoundScript["report"]>,
): void {
  const { taskId, members, rules, leaving } = writer;
  const participant = members[member]!;
  const reporter = accountOf("reporter");
  const amountGwei = BigInt(rules.participantBondGwei);
  const amounts = { amountWei: amountGwei * gwei, rewardWei: (amountGwei / 2n) * gwei };
  writer.expelled.push(participant);
  leaving.push(participant);
  writer.mine(
    reporter,
    { name: "Misconduct", taskId, round, participant, reporter, kind },
    ...(amountGwei === 0n
      ? []
      : [{ name: "Slashed", taskId, round, account: participant, challenger: reporter, ...amounts } as const]),
    { name: "Leaving", taskId, participant },
  );
}

/** Makes a proposal final by everybody that may attest, or by time. */
export function finalize(writer: Writer, open: OpenRound, { proposal, lanes }: Proposed, unchallenged: boolean): void {
  const { taskId, rules, members, places, leaving } = writer;
  const { round } = open;
  writer.nowS += unchallenged ? rules.challengeWindowS + 1 : 3;
  const attesters = unchallenged ? [] : places.filter((each) => !leaving.includes(each)).sort();
  const evaluations = attesters.map((_, i) => ({
    samples: 10 + i,
    metricQ24: BigInt(Math.round((0.5 + 0.4 * (1 - 0.8 ** round) + 0.01 * i) * 2 ** 24)),
    lossQ24: BigInt(Math.round(2 * 0.8 ** round * 2 ** 24)),
  }));
  extend(writer, open, "finalized", proposalHash(taskId, round, proposal), "none");
  const { historyHead } = writer;
  const { modelRoot } = proposal;
  const released = release(writer, round);
  const end = { name: "RoundFinalized", taskId, round, modelRoot, attesters, evaluations, historyHead } as const;
  writer.mine(members[0]!, ...released, end);
  writer.lanes = lanes;
  writer.modelRoot = modelRoot;
}

/** The events that invalidate a round. */
export function invalidation(writer: Writer, open: OpenRound, reason: InvalidReason): readonly Unplaced[] {
  const { taskId } = writer;
  extend(writer, open, "invalidated", zeroBytes32, reason);
  const { historyHead } = writer;
  return [...release(writer, open.round), { name: "RoundInvalidated", taskId, round: open.round, reason, historyHead }];
}

function extend(
  writer: Writer,
  open: OpenRound,
  phase: "finalized" | "invalidated",
  hash: Bytes32,
  reason: InvalidReason,
): void {
  const { round, baseModelRoot, accumulator } = open;
  const end = { round, phase, baseModelRoot, accumulator, proposalHash: hash, reason };
  writer.historyHead = extendHistory(writer.historyHead, end);
}

/** What a participant commits to. */
export function boundRoot(participant: Address, lanes: Int32Array): Bytes32 {
  return updateRootOf(participant, chunkTreeRoot(lanes));
}

/** The slots as a bitmap. */
export function bitsOf(commitments: readonly Commitment[]): bigint {
  return commitments.reduce((bits, { slot }) => bits | (1n << BigInt(slot)), 0n);
}

/** The sum of the weights. */
export function weightOf(commitments: readonly Commitment[]): bigint {
  return commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
}
