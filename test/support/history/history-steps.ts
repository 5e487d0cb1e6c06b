import { ruleByName } from "../../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import { turnOf } from "../../../node/core/record/rotation.ts";
import { slotsOf } from "../../../node/core/record/round-keys.ts";
import type { Advertisement, Commitment, Proposal, Reason, RoundInputs } from "../../../node/core/records.ts";
import { hashBytes, proposalHash, updateRootOf, wordHash, zeroBytes32 } from "../../../node/core/words/commitment.ts";
import type { MaskSecrets } from "../../../node/privacy/masking/index.ts";
import { maskedModel, openingsOf } from "./history-keys.ts";
import type { RoundScript } from "./history-options.ts";
import { enter, type Unplaced, type Writer, type WriterPlace } from "./history-writer.ts";

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
  readonly acceptedBefore: number;
  readonly drawn: number;
  /** Aggregators' places at the opening. */
  readonly count: number;
  start: Bytes32;
  /** Of the drawn. */
  slots: readonly (WriterPlace & { readonly slot: number })[];
  /** In a masked or encrypted task. */
  readonly advertisements: (Advertisement & { readonly signature: Hex })[];
  /** By slot. */
  readonly secrets: Map<number, MaskSecrets>;
  anchor: Bytes32;
  accumulator: Bytes32;
  committed: readonly Committed[];
  attempt: number;
  aggregator?: Address;
  /** Hash of the proposal that stands, or was accepted; zero where none does. */
  standing: Bytes32;
}

/** A proposal and its model. */
export interface Proposed {
  readonly proposal: Proposal;
  readonly lanes: Int32Array;
  readonly openings: Hex;
}

/** What a later strike needs of an accepted round. */
export interface AcceptedRound {
  readonly open: OpenRound;
  readonly proposal: Proposal;
  readonly attesters: readonly Address[];
}

/** Assigns whoever's turn it is; undefined where it is nobody's. Of a further attempt `reason` says why. */
export function assignment(writer: Writer, open: OpenRound, reason?: Reason): Unplaced | undefined {
  const { taskId, nowS, rules, joined } = writer;
  const { round, attempt, count } = open;
  const turn = turnOf({ round, attempt, count }, joined);
  if (turn === undefined) return undefined;
  const { aggregator, place } = turn;
  open.aggregator = aggregator;
  if (reason) enter(writer, { kind: "reassigned", round, attempt, aggregator, reason, standing: open.standing });
  open.standing = zeroBytes32;
  const deadlineS = nowS + rules.aggregateWindowS;
  return { name: "AggregatorAssigned", taskId, round, attempt, aggregator, place, count, deadlineS };
}

/**
 * Has the next aggregator assigned after `lateS` seconds, or the round ended where there is none. Returns whether it
 * goes on.
 */
export function reassign(writer: Writer, open: OpenRound, lateS: number, reason: Reason): boolean {
  writer.nowS += lateS + 1;
  if (reason === "no-proposal") missTurn(writer, open);
  const next = goOn(writer, open, reason);
  writer.mine(writer.members[1]!, next);
  return next.name === "AggregatorAssigned";
}

/** What follows when an attempt has come to nothing: the next one, or the round's end. */
export function goOn(writer: Writer, open: OpenRound, reason: Reason): Unplaced {
  open.attempt++;
  if (open.attempt >= writer.rules.attempts) return invalid(writer, open, reason);
  return assignment(writer, open, reason) ?? invalid(writer, open, "no-aggregator");
}

/** The aggregator that let its deadline pass goes behind the others. */
function missTurn({ joined }: Writer, { aggregator }: OpenRound): void {
  const place = joined.find(({ account }) => account === aggregator);
  if (place) place.idle = true;
}

/** Proposes what the script makes of the rule's model of the updates. */
export async function propose(writer: Writer, open: OpenRound, script: RoundScript): Promise<Proposed> {
  const { rules } = writer;
  const { committed, attempt, round } = open;
  writer.nowS += 2;
  const isOut = (at: number) => script.exclude?.includes(at) ?? false;
  const excluded = committed.filter((_, i) => isOut(i));
  const included = committed.filter((_, i) => !isOut(i));
  const honest = rules.mode === "masked" ? maskedModel(writer, open) : plainModel(writer, open, included);
  const lanes = script.model?.(honest.slice()) ?? honest;
  const [aggregator, modelRoot] = [open.aggregator!, chunkTreeRoot(lanes)];
  const follows: Proposal = {
    attempt,
    aggregator,
    modelRoot,
    contentId: await writer.put(lanes, { round, sender: aggregator, purpose: "model", root: modelRoot }),
    totalWeight: weightOf(included),
    excluded: slotsOf(excluded),
  };
  const proposal = script.proposal?.(follows) ?? follows;
  return { proposal, lanes, openings: record(writer, open, proposal, script) };
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
  const [aggregator, modelRoot] = [open.aggregator!, chunkTreeRoot(wrong)];
  record(writer, open, {
    attempt,
    aggregator,
    modelRoot,
    contentId: await writer.put(wrong, { round, sender: aggregator, purpose: "model", root: modelRoot }),
    totalWeight: weightOf(committed.slice(1)),
    excluded: slotsOf(committed.slice(0, 1)),
  });
}

function record(writer: Writer, open: OpenRound, proposal: Proposal, script: RoundScript = {}): Hex {
  const { taskId, nowS, rules, joined } = writer;
  const { round, accumulator } = open;
  const attestDeadlineS = nowS + rules.attestWindowS;
  const honest = openingsOf(writer, open);
  const openings = script.openings?.(honest) ?? honest;
  const place = joined.find(({ account }) => account === proposal.aggregator);
  if (place) place.idle = false;
  open.standing = proposalHash(taskId, round, accumulator, openings, proposal);
  writer.mine(proposal.aggregator, {
    ...{ name: "Proposed", taskId, round, accumulator, proposal, openings, attestDeadlineS },
  } as Unplaced);
  return openings;
}

/** Accepts a proposal by everybody that may attest, or by whom the script says. */
export function accept(
  writer: Writer,
  open: OpenRound,
  { proposal, lanes, openings }: Proposed,
  script: RoundScript,
): void {
  const { taskId, rules, members, expelled } = writer;
  const { round, accumulator } = open;
  writer.nowS += 3;
  const all = open.committed.map(({ participant }) => participant).filter((account) => !expelled.has(account));
  const attesters = script.attesters?.(all) ?? all;
  const hash = proposalHash(taskId, round, accumulator, openings, proposal);
  enter(writer, { kind: "accepted", round, wordHash: wordHash(inputsOf(writer, open, openings), hash, attesters) });
  const { historyHead } = writer;
  const { modelRoot } = proposal;
  const provableUntilS = writer.nowS + rules.challengeWindowS;
  const end = { name: "RoundAccepted", taskId, round, modelRoot, attesters, provableUntilS, historyHead } as const;
  writer.mine(members[0]!, end);
  writer.lanes = lanes;
  writer.modelRoot = modelRoot;
  writer.accepted++;
  writer.ended.set(round, { open, proposal, attesters });
}

function inputsOf({ taskId }: Writer, open: OpenRound, openings: Hex): RoundInputs {
  const { round, drawn, acceptedBefore, baseModelRoot, anchor, accumulator, committed, advertisements } = open;
  return {
    ...{ taskId, round, drawn, acceptedBefore, baseModelRoot, anchor, accumulator },
    committed: slotsOf(committed),
    keyed: slotsOf(advertisements),
    totalWeight: weightOf(committed),
    openingsHash: hashBytes(openings),
  };
}

/** The event that ends a round without a result. */
export function invalid(writer: Writer, open: OpenRound, reason: Reason): Unplaced {
  const { taskId } = writer;
  const { round, anchor, accumulator, standing } = open;
  enter(writer, { kind: "invalid", round, reason, anchor, accumulator, standing });
  return { name: "RoundInvalid", taskId, round, reason, historyHead: writer.historyHead };
}

/** What a participant commits to. */
export function boundRoot(participant: Address, lanes: Int32Array): Bytes32 {
  return updateRootOf(participant, chunkTreeRoot(lanes));
}

/** The sum of the weights. */
export function weightOf(commitments: readonly Commitment[]): bigint {
  return commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
}
