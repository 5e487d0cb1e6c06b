import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { ClosingWord, Commitment } from "../../core/records.ts";
import { accumulatorOf } from "../../core/words/commitment.ts";
import {
  checkKeys,
  fellowsNeeded,
  type KeyedView,
  leastMembers,
  type MaskTrust,
  type RoundSecrets,
} from "./check-keys.ts";
import type { UnmaskAnswer } from "./collect-openings.ts";
import type { ClosingRecord, MaskedRecord } from "./mask-records.ts";
import { fellowsOf } from "./round-masks.ts";
import { shareBytes } from "./share-hash.ts";
import { entryOf, openShare } from "./shares.ts";

/** A closed round as an endpoint shows it; a RoundView fits. */
export interface ClosedView extends KeyedView {
  readonly commitments: readonly Commitment[];
  readonly accumulator: Bytes32;
}

/** What a member has of a round: its secrets in memory, the rest in its journal. */
export interface OwnRound {
  readonly secrets: RoundSecrets;
  readonly masked: MaskedRecord | undefined;
  readonly closing: ClosingRecord | undefined;
}

/** What is given to open a round. */
export interface Unmasking {
  readonly answer: UnmaskAnswer;
  /**
   * Slots of fellows whose share is not given: no bundle, no share in it, or one that is not for this member in this
   * round.
   */
  readonly unopened: readonly { readonly slot: number; readonly reason: "no-bundle" | "no-share" | "replayed" }[];
}

/**
 * Whether an update may be masked now, with these keys: to be asked before a masked update is made, and once again of
 * what was masked.
 *
 * Throws as {@link checkKeys} does, and MASK_ALREADY_USED if an update was masked in this round with other keys, in
 * whichever opening of it.
 * @returns the anchor that binds the keys, for the journal's record
 */
export function checkMasking(
  { secrets, masked }: Omit<OwnRound, "closing">,
  view: KeyedView,
  trust: MaskTrust,
): Bytes32 {
  checkKeys(secrets, view, trust);
  const { round, anchor } = view;
  if (masked === undefined || hexEquals(masked.anchor, anchor)) return anchor;
  throw new FedledgerError("MASK_ALREADY_USED", { round, reason: "with other keys" });
}

/**
 * The surviving slots of a closing that a member may sign: it has part in it, enough others have, and the record leads
 * to its accumulator.
 *
 * Throws as {@link checkKeys} does; MASK_NOT_MEMBER, MASK_KEY_SWAPPED, MASK_BELOW_THRESHOLD; MASK_SET_CHANGED where it
 * signed another closing of this round, in whichever opening of it.
 */
export function checkClosing(
  { secrets, masked, closing }: OwnRound,
  view: ClosedView,
  trust: MaskTrust,
): ReadonlySet<number> {
  const { round, commitments, anchor, accumulator } = view;
  const notMember = (reason: string) => new FedledgerError("MASK_NOT_MEMBER", { round, reason });
  const keys = new Map(checkKeys(secrets, view, trust).map((key) => [key.slot, key]));
  const surviving = new Set(commitments.map(({ slot }) => slot));
  const isSubset = commitments.every(({ slot, participant }) =>
    hexEquals(keys.get(slot)?.participant ?? "", participant),
  );
  if (!isSubset || surviving.size !== commitments.length) {
    throw notMember("those who committed are not those who advertised");
  }
  const own = commitments.find(({ slot }) => slot === secrets.slot);
  if (own === undefined || masked === undefined) throw notMember("it has not committed");
  if (!hexEquals(own.updateRoot, masked.updateRoot)) throw notMember("what it committed to is not its masked update");
  if (!hexEquals(masked.anchor, anchor)) {
    throw new FedledgerError("MASK_KEY_SWAPPED", { round, reason: "they are not those its update was masked with" });
  }
  if (!hexEquals(accumulatorOf(anchor, commitments), accumulator)) {
    throw new FedledgerError("MASK_KEY_SWAPPED", { round, reason: "they do not lead to the round's accumulator" });
  }
  const least = leastMembers(secrets);
  if (surviving.size < least) {
    throw new FedledgerError("MASK_BELOW_THRESHOLD", { round, actual: surviving.size, of: secrets.drawn, least });
  }
  if (closing === undefined || hexEquals(closing.accumulator, accumulator)) return surviving;
  throw new FedledgerError("MASK_SET_CHANGED", { round, expected: closing.accumulator, actual: accumulator });
}

/**
 * What a survivor gives towards the opening of a closed round, or why it gives nothing: a member's own rules, whatever
 * it is told (docs/protocol/masks.md; Bonawitz et al., CCS 2017, section 6.2). It opens the closing that it signed,
 * when enough of its fellows have signed the same one, and when it holds all updates that the sum is of.
 *
 * Rejects as {@link checkClosing} throws; with MASK_NOT_MEMBER where it signed no closing, MASK_WORDS_MISSING,
 * MASK_UPDATES_MISSING. A share that is not for this member in this round (MASK_SHARE_REPLAYED) is not given; others
 * are.
 *
 * @param request.words closing words that were heard, in any order; each is checked
 * @param request.held slots whose masked update is here, checked against its root
 * @param request.bundles by slot, of the fellows that advertised
 */
export async function answerUnmasking(
  own: OwnRound,
  request: {
    readonly view: ClosedView;
    readonly trust: MaskTrust;
    readonly words: readonly ClosingWord[];
    readonly held: ReadonlySet<number>;
    readonly bundles: ReadonlyMap<number, Uint8Array>;
  },
): Promise<Unmasking> {
  const { secrets } = own;
  const { view, trust, words, held, bundles } = request;
  const { round, start, advertisements = [] } = view;
  const surviving = checkClosing(own, view, trust);
  if (own.closing === undefined) throw new FedledgerError("MASK_NOT_MEMBER", { round, reason: "it signed no closing" });
  const actual = agreeing(words, secrets, view, trust);
  const least = fellowsNeeded(secrets);
  if (actual < least) throw new FedledgerError("MASK_WORDS_MISSING", { round, actual, least });
  const here = [...surviving].filter((slot) => held.has(slot)).length;
  if (here < surviving.size)
    throw new FedledgerError("MASK_UPDATES_MISSING", { round, actual: here, of: surviving.size });

  const about = fellowsOf({ taskId: secrets.taskId, round, advertisements }, secrets.slot);
  const unopened: Unmasking["unopened"][number][] = [];
  const shares = new Uint8Array(shareBytes * about.length);
  await Promise.all(
    about.map(async ({ slot, participant }, i) => {
      const bundle = bundles.get(slot);
      if (bundle === undefined) return unopened.push({ slot, reason: "no-bundle" });
      const entry = entryOf(bundle, slot, secrets.slot);
      const parties = { from: participant, to: secrets.participant, entry, privateKey: secrets.openingKey };
      const opened = await openShare(start, parties).catch((error: unknown) => {
        if (isFedledgerError(error, "MASK_SHARE_REPLAYED")) return "replayed" as const;
        throw error;
      });
      if (opened === "replayed") return unopened.push({ slot, reason: "replayed" });
      if (opened === undefined) return unopened.push({ slot, reason: "no-share" });
      shares.set(surviving.has(slot) ? opened.seed : opened.key, shareBytes * i);
    }),
  );
  unopened.sort((a, b) => a.slot - b.slot);
  return { answer: { slot: secrets.slot, seed: secrets.secrets.seed, shares }, unopened };
}

/** How many other survivors signed this very closing. */
function agreeing(
  words: readonly ClosingWord[],
  { taskId, participant: me }: RoundSecrets,
  { round, accumulator, commitments }: ClosedView,
  { recoverSigner }: MaskTrust,
): number {
  const about = { taskId, round, accumulator };
  const fellows = commitments.filter(({ participant }) => !hexEquals(participant, me));
  return fellows.filter(({ participant }) =>
    words.some((word) => {
      if (!hexEquals(word.participant, participant) || !hexEquals(word.accumulator, accumulator)) return false;
      const signer = recoverSigner({ type: "closing", ...about, participant, signature: word.signature });
      return signer !== undefined && hexEquals(signer, participant);
    }),
  ).length;
}
