import type { Bytes32, Hex } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Advertisement, ClosingWord, Commitment, SignedAdvertisement } from "../../core/records.ts";
import type { Reducers } from "../../rounds/machine/machine.ts";
import type { Unmasking } from "../../rounds/words/mask-messages.ts";
import { closedKey, remembered, type TrainedUpdate } from "./trained-update.ts";

/** What this participant told to open a masked round. */
export interface ToldUnmasking {
  readonly unmasking: Unmasking;
  /** Number of share bundles that it was made from. */
  readonly bundles: number;
}

/** What only masked rounds need of a participant's state. Nothing of it outlives the process. */
export interface MaskedState {
  /** The public share keys at hand, the newest last; absent until the file was read. */
  readonly shareKeys?: readonly Bytes32[];
  /** Its word on a new share key, as it goes to the chain. */
  readonly shareKeyWord?: Hex;
  /** Its keys of a round, signed; their secrets are in this process. */
  readonly keys?: SignedAdvertisement;
  /** Content id of the share bundle that all aggregators were asked to hold. */
  readonly sharesOffered?: Bytes32;
  /** Start value of the round for which an update was trained that waits for its mask. */
  readonly trainedFor?: Bytes32;
  /** Anchor of the round whose update was masked. */
  readonly maskedWith?: Bytes32;
  /** Content ids of the share bundles that are here, in lower case. */
  readonly bundles: ReadonlySet<string>;
  /** Masked updates that are here, by {@link maskedUpdateKey}. */
  readonly updatesHere: ReadonlySet<string>;
  /** Its one word on the closing of the newest round. */
  readonly closing?: ClosingWord;
  /** What it told to open masked rounds, by {@link closedKey}. */
  readonly told: ReadonlyMap<string, ToldUnmasking>;
  /** Steps that it refuses for its own safety, by the keys of their actions. */
  readonly refusedMasks: ReadonlySet<string>;
}

/** The state of one that has done nothing. */
export const noMaskedState: MaskedState = {
  bundles: new Set(),
  updatesHere: new Set(),
  told: new Map(),
  refusedMasks: new Set(),
};

/** What happens in masked rounds. */
export type MaskedEvent =
  | { readonly kind: "share-keys"; readonly keys: readonly Bytes32[] }
  | { readonly kind: "share-key-signed"; readonly word: Hex }
  | { readonly kind: "keys-made"; readonly keys: SignedAdvertisement }
  | { readonly kind: "shares-offered"; readonly sharesId: Bytes32 }
  /** An update was trained for the round of this start value, or masked before a restart. */
  | { readonly kind: "lanes-trained"; readonly start: Bytes32 }
  /** The update under its masks: stored, and in the journal. */
  | { readonly kind: "masked"; readonly update: TrainedUpdate; readonly anchor: Bytes32 }
  /** A share bundle of another member is here. */
  | { readonly kind: "bundle"; readonly sharesId: Bytes32 }
  | { readonly kind: "masked-update-here"; readonly commitment: Commitment }
  | { readonly kind: "closing-signed"; readonly word: ClosingWord }
  | { readonly kind: "told"; readonly told: ToldUnmasking }
  /** The step of this key is not taken, and not tried again. */
  | { readonly kind: "mask-refused"; readonly key: string };

/** What a participant does in masked rounds. */
export type MaskedAction =
  | { readonly kind: "read-share-keys"; readonly key: string }
  /** Makes and signs a share key in the place of one that was lost. */
  | { readonly kind: "sign-share-key"; readonly key: string; readonly named: Bytes32 | undefined }
  /** Overwrites the share keys before the one that its newest word names. */
  | { readonly kind: "settle-share-key"; readonly key: string; readonly named: Bytes32 }
  /**
   * Makes secrets, seals their shares and signs; `isLate`: without waiting for members whose grant or share key is not
   * on record.
   */
  | { readonly kind: "make-keys"; readonly key: string; readonly round: RoundView; readonly isLate: boolean }
  | { readonly kind: "offer-shares"; readonly key: string; readonly keys: SignedAdvertisement }
  | { readonly kind: "announce-keys"; readonly key: string; readonly keys: SignedAdvertisement }
  | { readonly kind: "get-shares"; readonly key: string; readonly round: RoundView; readonly of: Advertisement }
  | { readonly kind: "mask"; readonly key: string; readonly round: RoundView }
  | { readonly kind: "get-masked-update"; readonly key: string; readonly commitment: Commitment }
  | { readonly kind: "sign-closing"; readonly key: string; readonly round: RoundView }
  | { readonly kind: "announce-closing"; readonly key: string; readonly word: ClosingWord }
  | {
      readonly kind: "unmask";
      readonly key: string;
      readonly round: RoundView;
      readonly words: readonly ClosingWord[];
      /** Slots whose masked update is here. */
      readonly held: readonly number[];
      readonly bundles: number;
    }
  | { readonly kind: "announce-unmasking"; readonly key: string; readonly told: ToldUnmasking };

/** Bundles and updates that are remembered to be here: those of two rounds of 64. */
const mostHere = 128;
/** Refusals that are remembered. */
const mostRefusals = 32;

/** What each of these events makes of a state. */
export function maskedReducers<S extends MaskedState>(): Reducers<S, MaskedEvent> {
  return {
    "share-keys": (state, { keys }) => ({ ...state, shareKeys: keys }),
    "share-key-signed": (state, { word }) => ({ ...state, shareKeyWord: word }),
    "keys-made": (state, { keys }) => ({ ...state, keys }),
    "shares-offered": (state, { sharesId }) => ({ ...state, sharesOffered: sharesId }),
    "lanes-trained": (state, { start }) => ({ ...state, trainedFor: start }),
    masked: (state, { update, anchor }) => ({ ...state, update, maskedWith: anchor }),
    bundle: (state, { sharesId }) => ({ ...state, bundles: added(state.bundles, sharesId.toLowerCase(), mostHere) }),
    "masked-update-here": (state, { commitment }) => ({
      ...state,
      updatesHere: added(state.updatesHere, maskedUpdateKey(commitment), mostHere),
    }),
    "closing-signed": (state, { word }) => ({ ...state, closing: word }),
    told: (state, { told }) => ({ ...state, told: remembered(state.told, closedKey(told.unmasking), told) }),
    "mask-refused": (state, { key }) => ({ ...state, refusedMasks: added(state.refusedMasks, key, mostRefusals) }),
  };
}

/** Names a masked update by all that is checked of it. */
export function maskedUpdateKey({ round, participant, updateRoot, contentId }: Commitment): string {
  return `${round}:${participant}:${updateRoot}:${contentId}`.toLowerCase();
}

function added(set: ReadonlySet<string>, entry: string, most: number): ReadonlySet<string> {
  return new Set([...[...set].filter((other) => other !== entry), entry].slice(-most));
}
