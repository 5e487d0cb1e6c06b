import { extendAccumulator, startAccumulator } from "../../core/commitment.ts";
import { FedledgerError, isFedledgerError } from "../../core/error.ts";
import { hexEquals } from "../../core/hex.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../../core/ids.ts";
import { maskGraph } from "../../core/mask-graph.ts";
import type { Commitment } from "../../core/records.ts";
import { entryOf, type UnmaskAnswer } from "./collect-openings.ts";
import { type AnswerRecord, type BoundKey, keysHash, type MaskedRecord, type SecretsRecord } from "./mask-records.ts";
import { shareBytes } from "./share-hash.ts";
import { openShare } from "./shares.ts";

/** A round with its keys as the chain has it; a RoundView with advertisements fits. */
export interface KeyedView {
  readonly round: RoundNumber;
  readonly baseModelRoot: Bytes32;
  readonly seed: bigint;
  readonly drawn: number;
  readonly advertisements?: readonly BoundKey[];
}

/** A closed round as the chain has it; a RoundView fits. */
export interface ClosedView extends KeyedView {
  readonly enrolled: number;
  readonly commitments: readonly Pick<Commitment, "participant" | "slot" | "weight" | "updateRoot" | "contentId">[];
  readonly accumulator: Bytes32;
}

/** What a participant has in its journal of a round. */
export interface OwnRecords {
  readonly secrets: SecretsRecord;
  readonly masked: MaskedRecord | undefined;
  readonly answer: AnswerRecord | undefined;
}

/** What is given, and what is to be written to the journal before it is. */
export interface Unmasking {
  readonly answer: UnmaskAnswer;
  readonly record: AnswerRecord;
  /** Slots of neighbours whose share is not given: no bundle, no share in it, or one that is not for this participant in this round. */
  readonly unopened: readonly { readonly slot: number; readonly reason: "no-bundle" | "no-share" | "replayed" }[];
}

/**
 * Whether an update may be masked now, with these keys: to be asked before a masked update is made.
 *
 * Throws MASK_BASE_CHANGED for another base model than the secrets were made for, MASK_NOT_MEMBER unless this participant has
 * advertised, MASK_KEY_SWAPPED if others stand in the place of its keys, MASK_ALREADY_USED if an update was masked with other keys.
 * @returns the hash of the keys, for the journal's record
 */
export function checkMasking(own: Pick<OwnRecords, "secrets" | "masked">, view: KeyedView): Bytes32 {
  const { secrets, masked } = own;
  const { round } = view;
  checkBase(secrets, view);
  const advertisements = checkOwnKeys(secrets, view);
  const keys = keysHash(advertisements);
  if (masked === undefined || (hexEquals(masked.keys, keys) && hexEquals(masked.baseModelRoot, view.baseModelRoot))) {
    return keys;
  }
  throw new FedledgerError("MASK_ALREADY_USED", { round, reason: "with other keys" });
}

/**
 * What a survivor gives towards the opening of a closed round, or why it gives nothing: a client's own rules, whatever it is told (docs/protocol.md section
 * 13; Bonawitz et al., CCS 2017, section 6.2). The same closing may be answered again, with the same answer.
 *
 * Rejects with MASK_BASE_CHANGED, MASK_NOT_MEMBER, MASK_KEY_SWAPPED, MASK_BOTH_SHARES, MASK_SET_CHANGED, MASK_BELOW_THRESHOLD. A
 * share that is not for this participant in this round (MASK_SHARE_REPLAYED) is not given; others are.
 *
 * @param own from the journal; the rules in it, not those of the view, are what is held to
 * @param request.bundles by slot, of the neighbours that advertised
 * @param request.privateKey X25519, this participant's
 */
export async function answerUnmasking(
  own: OwnRecords,
  request: {
    readonly chainId: number | bigint;
    readonly federation: Address;
    readonly taskId: TaskId;
    readonly view: ClosedView;
    readonly bundles: ReadonlyMap<number, Uint8Array>;
    readonly privateKey: Uint8Array;
  },
): Promise<Unmasking> {
  const { secrets } = own;
  const { view, federation, taskId } = request;
  const surviving = checkClosing(own, request);
  const graph = maskGraph(secrets);
  const neighbours = graph[secrets.slot]!;
  const about = (view.advertisements ?? []).filter(({ slot }) => neighbours.includes(slot));
  about.sort((a, b) => a.slot - b.slot);
  const record: AnswerRecord = {
    accumulator: view.accumulator,
    seedsOf: about.filter(({ slot }) => surviving.has(slot)).map(({ slot }) => slot),
    keysOf: about.filter(({ slot }) => !surviving.has(slot)).map(({ slot }) => slot),
  };
  checkGiven(own, view, record);
  checkEnough(secrets, view, neighbours, surviving);

  const context = { federation, taskId, round: view.round, seed: secrets.seed };
  const unopened: Unmasking["unopened"][number][] = [];
  const shares = new Uint8Array(shareBytes * about.length);
  await Promise.all(
    about.map(async ({ slot, participant }, i) => {
      const bundle = request.bundles.get(slot);
      if (bundle === undefined) return unopened.push({ slot, reason: "no-bundle" });
      const entry = entryOf(bundle, graph[slot]!, secrets.slot);
      const parties = { from: participant, to: secrets.participant, entry, privateKey: request.privateKey };
      const held = await openShare(context, parties).catch((error: unknown) => {
        if (isFedledgerError(error, "MASK_SHARE_REPLAYED")) return "replayed" as const;
        throw error;
      });
      if (held === "replayed") return unopened.push({ slot, reason: "replayed" });
      if (held === undefined) return unopened.push({ slot, reason: "no-share" });
      shares.set(surviving.has(slot) ? held.seed : held.key, shareBytes * i);
    }),
  );
  unopened.sort((a, b) => a.slot - b.slot);
  return { answer: { slot: secrets.slot, seed: secrets.secrets.seed, shares }, record, unopened };
}

function checkBase({ taskId: _, ...secrets }: SecretsRecord, { round, seed, baseModelRoot }: KeyedView): void {
  if (secrets.round !== round || secrets.seed !== seed) {
    throw new FedledgerError("MASK_NOT_MEMBER", { round, reason: "its secrets are of another opening" });
  }
  if (hexEquals(secrets.baseModelRoot, baseModelRoot)) return;
  throw new FedledgerError("MASK_BASE_CHANGED", { round, expected: secrets.baseModelRoot, actual: baseModelRoot });
}

/** The advertisements, this participant's own as it made it among them. */
function checkOwnKeys(secrets: SecretsRecord, { round, drawn, advertisements = [] }: KeyedView): readonly BoundKey[] {
  const swapped = (reason: string) => new FedledgerError("MASK_KEY_SWAPPED", { round, reason });
  const isRange = advertisements.every(({ slot }) => Number.isInteger(slot) && slot >= 0 && slot < secrets.drawn);
  const isUnique = new Set(advertisements.map(({ slot }) => slot)).size === advertisements.length;
  if (!isRange || !isUnique || drawn !== secrets.drawn) throw swapped("the slots are not those of the draw");
  const own = advertisements.find(({ slot }) => slot === secrets.slot);
  if (own === undefined) throw new FedledgerError("MASK_NOT_MEMBER", { round, reason: "it has not advertised" });
  const { maskKey, seedHash } = secrets.secrets;
  const isOwn =
    hexEquals(own.participant, secrets.participant) &&
    hexEquals(own.maskKey, maskKey) &&
    hexEquals(own.seedHash, seedHash) &&
    hexEquals(own.sharesId, secrets.sharesId);
  if (!isOwn) throw swapped("this participant's own are others");
  return advertisements;
}

/** The surviving slots of a closing that this participant has part in, and whose record leads to its accumulator. */
function checkClosing(own: OwnRecords, request: Parameters<typeof answerUnmasking>[1]): ReadonlySet<number> {
  const { secrets, masked } = own;
  const { view, chainId, federation, taskId } = request;
  const { round, commitments } = view;
  const notMember = (reason: string) => new FedledgerError("MASK_NOT_MEMBER", { round, reason });
  if (taskId !== secrets.taskId) throw notMember("its secrets are of another task");
  checkBase(secrets, view);
  const advertisements = checkOwnKeys(secrets, view);
  const keys = new Map(advertisements.map((key) => [key.slot, key]));
  const surviving = new Set(commitments.map(({ slot }) => slot));
  const isSubset = commitments.every(({ slot, participant }) => {
    const key = keys.get(slot);
    return key !== undefined && hexEquals(key.participant, participant);
  });
  if (!isSubset || surviving.size !== commitments.length)
    throw notMember("those who committed are not those who advertised");
  const ownCommitment = commitments.find(({ slot }) => slot === secrets.slot);
  if (ownCommitment === undefined || masked === undefined) throw notMember("it has not committed");
  if (!hexEquals(ownCommitment.updateRoot, masked.updateRoot))
    throw notMember("what it committed to is not its masked update");
  if (!hexEquals(masked.keys, keysHash(advertisements))) {
    throw new FedledgerError("MASK_KEY_SWAPPED", { round, reason: "they are not those its update was masked with" });
  }
  const start = startAccumulator({ chainId, federation, taskId, ...view });
  const entries = [...advertisements, ...commitments];
  if (!hexEquals(entries.reduce(extendAccumulator, start), view.accumulator)) {
    throw new FedledgerError("MASK_KEY_SWAPPED", { round, reason: "they do not lead to the round's accumulator" });
  }
  return surviving;
}

/** Nothing is given beyond what was given for one closing. */
function checkGiven({ answer }: OwnRecords, { round, accumulator }: ClosedView, asked: AnswerRecord): void {
  if (answer === undefined) return;
  const both = (slots: readonly number[], others: readonly number[]) => slots.find((slot) => others.includes(slot));
  const seedToo = both(asked.seedsOf, answer.keysOf);
  const keyToo = both(asked.keysOf, answer.seedsOf);
  if (seedToo !== undefined)
    throw new FedledgerError("MASK_BOTH_SHARES", { round, slot: seedToo, given: "key", asked: "seed" });
  if (keyToo !== undefined)
    throw new FedledgerError("MASK_BOTH_SHARES", { round, slot: keyToo, given: "seed", asked: "key" });
  if (hexEquals(answer.accumulator, accumulator)) return;
  throw new FedledgerError("MASK_SET_CHANGED", { round, expected: answer.accumulator, actual: accumulator });
}

/**
 * Enough survive: of all that advertised as many as the task's threshold and minimum ask for, and of this participant and its neighbours that
 * advertised the threshold's share and at least three, so that its update is not alone with few masks. Whoever refuses for the latter cannot be
 * opened by its neighbours' shares either: they are fewer than it takes (docs/protocol.md section 13).
 */
function checkEnough(
  { slot: own, thresholdPercent, minUpdates }: SecretsRecord,
  { round, advertisements = [] }: ClosedView,
  neighbours: readonly number[],
  surviving: ReadonlySet<number>,
): void {
  const groups = [
    { slots: advertisements.map(({ slot }) => slot), floor: Math.max(3, minUpdates) },
    {
      slots: advertisements.map(({ slot }) => slot).filter((slot) => slot === own || neighbours.includes(slot)),
      floor: 3,
    },
  ];
  for (const { slots, floor } of groups) {
    const least = Math.max(floor, Math.ceil((slots.length * thresholdPercent) / 100));
    const actual = slots.filter((slot) => surviving.has(slot)).length;
    if (actual < least) throw new FedledgerError("MASK_BELOW_THRESHOLD", { round, actual, of: slots.length, least });
  }
}
