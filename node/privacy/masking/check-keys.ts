import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import { shareThreshold } from "../../core/modes/share-threshold.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Advertisement, TaskRules } from "../../core/records.ts";
import { anchorOf, type Deployment, startValue } from "../../core/words/commitment.ts";
import type { ChainReader } from "../../ports/chain.ts";
import type { MaskSecrets } from "./mask-keys.ts";
import type { MaskRound } from "./mask-records.ts";

/**
 * A member's secrets of one opening of a round, and the rules it holds itself to. In memory only: whoever restarts has
 * none.
 */
export interface RoundSecrets extends MaskRound {
  /** The round's start value, which binds its base, its draw and all history before it. */
  readonly start: Bytes32;
  readonly participant: Address;
  readonly slot: number;
  readonly drawn: number;
  readonly thresholdPercent: number;
  readonly minUpdates: number;
  readonly secrets: MaskSecrets;
  /** Content id of its share bundle. */
  readonly sharesId: Bytes32;
  /** X25519 public key for the shares of its next round, as it advertises it. */
  readonly shareKey: Bytes32;
  /** X25519 private key that opens the shares of this round. */
  readonly openingKey: Uint8Array;
}

/** A round's opening as an endpoint shows it; a RoundView fits. */
export type OpenedView = Pick<
  RoundView,
  "round" | "headAtOpening" | "baseModelRoot" | "seed" | "enrolled" | "drawn" | "start"
>;

/** A round with its keys as an endpoint shows it; a RoundView fits. */
export type KeyedView = OpenedView & Pick<RoundView, "anchor" | "advertisements">;

/** What a member believes without any endpoint's word. */
export interface MaskTrust extends Deployment {
  /** Pure. */
  readonly recoverSigner: ChainReader["recoverSigner"];
  /** Whether the account shows a grant of the invitation's grant key. */
  readonly isGranted: (account: Address) => boolean;
  /** Who is drawn, by slot, as the places and the seed give it. */
  readonly drawnBySlot: ReadonlyMap<number, Address>;
  /** Those of the task that the invitation names. */
  readonly rules: Pick<TaskRules, "thresholdPercent" | "minUpdates">;
}

/**
 * How many of its fellows a member of a round asks for: to sign its closing before it opens, and to give shares of a
 * secret.
 */
export function fellowsNeeded({ drawn, thresholdPercent }: Pick<RoundSecrets, "drawn" | "thresholdPercent">): number {
  return shareThreshold(drawn, thresholdPercent);
}

/**
 * The fewest members that must be in a sum for a member to have part in it: itself and the fellows it asks for, three,
 * and the task's minimum.
 */
export function leastMembers(secrets: Pick<RoundSecrets, "drawn" | "thresholdPercent" | "minUpdates">): number {
  return Math.max(3, secrets.minUpdates, fellowsNeeded(secrets) + 1);
}

/**
 * Whether a member may make keys for a round as it is shown, before anything is sealed or signed for it: its start
 * value follows from the task's history, base and draw, so that no word over it stands for another round; and as many
 * are drawn as the task's rules ask for, three at least, for that number says how many shares open a secret.
 *
 * Throws MASK_KEY_SWAPPED, MASK_BELOW_THRESHOLD.
 */
export function checkOpening(view: OpenedView, { taskId }: Pick<RoundSecrets, "taskId">, trust: MaskTrust): void {
  const { round, start, drawn, enrolled } = view;
  const { chainId, federation, rules } = trust;
  if (!hexEquals(start, startValue({ chainId, federation, taskId, ...view, historyHead: view.headAtOpening }))) {
    const reason = "the start value does not follow from the task's history";
    throw new FedledgerError("MASK_KEY_SWAPPED", { round, reason });
  }
  const least = Math.max(3, rules.minUpdates);
  if (drawn < least) throw new FedledgerError("MASK_BELOW_THRESHOLD", { round, actual: drawn, of: enrolled, least });
}

/**
 * The keys of a round, if a member may share masks with their owners: each signed by its owner over the round's start
 * value and shown with a grant, its own as it made them, dealt by the draw and the rules of this round, and all leading
 * from a start value that follows from the task's history to the anchor. Nothing is believed of an endpoint.
 *
 * Throws MASK_NOT_MEMBER for another opening than the secrets were made for, or where this member has not advertised;
 * MASK_KEY_SWAPPED; MASK_WORD_FALSE; MASK_NO_GRANT; MASK_BELOW_THRESHOLD where too few advertised for anything to come
 * of the round.
 */
export function checkKeys(
  secrets: RoundSecrets,
  view: KeyedView,
  trust: MaskTrust,
): readonly (Advertisement & { readonly signature: Hex })[] {
  const { round, start, drawn, advertisements = [] } = view;
  const { taskId } = secrets;
  const { thresholdPercent, minUpdates } = trust.rules;
  const swapped = (reason: string) => new FedledgerError("MASK_KEY_SWAPPED", { round, reason });
  if (secrets.round !== round || !hexEquals(secrets.start, start)) {
    throw new FedledgerError("MASK_NOT_MEMBER", { round, reason: "its secrets are of another opening" });
  }
  checkOpening(view, secrets, trust);
  const isDealt = secrets.thresholdPercent === thresholdPercent && secrets.minUpdates === minUpdates;
  if (secrets.drawn !== drawn || !isDealt) throw swapped("this participant's shares were dealt by other rules");
  const own = advertisements.find(({ slot }) => slot === secrets.slot);
  if (own === undefined) throw new FedledgerError("MASK_NOT_MEMBER", { round, reason: "it has not advertised" });
  if (!isOwn(own, secrets)) throw swapped("this participant's own are others");
  if (new Set(advertisements.map(({ slot }) => slot)).size !== advertisements.length) {
    throw swapped("a slot has two keys");
  }
  for (const advertisement of advertisements) checkAdvertisement(advertisement, { taskId, start }, trust);
  if (!hexEquals(anchorOf(start, advertisements), view.anchor)) throw swapped("they do not lead to the anchor");
  const least = leastMembers(secrets);
  if (advertisements.length < least) {
    throw new FedledgerError("MASK_BELOW_THRESHOLD", {
      round,
      actual: advertisements.length,
      of: secrets.drawn,
      least,
    });
  }
  return advertisements;
}

function isOwn(own: Advertisement, { participant, secrets, sharesId, shareKey }: RoundSecrets): boolean {
  return (
    hexEquals(own.participant, participant) &&
    hexEquals(own.maskKey, secrets.maskKey) &&
    hexEquals(own.seedHash, secrets.seedHash) &&
    hexEquals(own.sharesId, sharesId) &&
    hexEquals(own.shareKey, shareKey)
  );
}

function checkAdvertisement(
  advertisement: Advertisement & { readonly signature: Hex },
  about: Pick<RoundSecrets, "taskId" | "start">,
  { recoverSigner, isGranted, drawnBySlot }: MaskTrust,
): void {
  const { round, slot, participant: account } = advertisement;
  if (!hexEquals(drawnBySlot.get(slot) ?? "", account)) {
    throw new FedledgerError("MASK_KEY_SWAPPED", { round, reason: `${account} is not drawn for slot ${slot}` });
  }
  const signer = recoverSigner({ type: "advertisement", ...advertisement, ...about });
  if (signer === undefined || !hexEquals(signer, account)) {
    throw new FedledgerError("MASK_WORD_FALSE", { round, account });
  }
  if (!isGranted(account)) throw new FedledgerError("MASK_NO_GRANT", { round, account });
}
