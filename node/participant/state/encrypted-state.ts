import type { Bytes32, Hex } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Advertisement, SignedAdvertisement } from "../../core/records.ts";
import type { Reducers } from "../../rounds/machine/machine.ts";
import type { OpenedSum } from "../../rounds/words/open-sum-messages.ts";
import { remembered } from "./trained-update.ts";

/** The advertisement that deals the group key of a round, with its dealer's signature. */
export type DealtKey = Advertisement & { readonly signature: Hex };

/** What only encrypted rounds need of a participant's state. */
export interface EncryptedState {
  /** Start value of the round for which an update was trained that waits for its encryption. */
  readonly unencrypted?: Bytes32;
  /** The group key that this participant dealt, as it advertises it. */
  readonly dealt?: SignedAdvertisement;
  /** Its words on group keys of which its copy was opened and found right, by the keys of the actions. */
  readonly openKeys: ReadonlyMap<string, SignedAdvertisement>;
  /** What the sums of closed rounds open to, by closedKey. */
  readonly openedSums: ReadonlyMap<string, OpenedSum>;
  /** Steps that it refuses: somebody else is wrong, or its own safety forbids them; by the keys of the actions. */
  readonly refusedKeys: ReadonlySet<string>;
}

/** The state of one that has done nothing. */
export const noEncryptedState: EncryptedState = {
  openKeys: new Map(),
  openedSums: new Map(),
  refusedKeys: new Set(),
};

/** What happens in encrypted rounds. */
export type EncryptedEvent =
  /** The update was trained; its lanes are with whoever performs the actions. */
  | { readonly kind: "trained-unencrypted"; readonly start: Bytes32 }
  | { readonly kind: "key-dealt"; readonly signed: SignedAdvertisement }
  /** The group key is open and right; `key` is the action's. */
  | { readonly kind: "key-opened"; readonly key: string; readonly signed: SignedAdvertisement }
  | { readonly kind: "sum-opened"; readonly about: string; readonly opened: OpenedSum }
  /** The step of this key is not taken, and not tried again. */
  | { readonly kind: "encryption-refused"; readonly key: string };

/** What a participant does in encrypted rounds. */
export type EncryptedAction =
  /** Makes the group key and seals it to the drawn. */
  | { readonly kind: "deal-key"; readonly key: string; readonly round: RoundView }
  | { readonly kind: "open-key"; readonly key: string; readonly round: RoundView; readonly dealt: DealtKey }
  | { readonly kind: "encrypt"; readonly key: string; readonly round: RoundView }
  /** Adds the ciphertexts of a closed round and opens the sum. */
  | { readonly kind: "open-sum"; readonly key: string; readonly round: RoundView };

/** Refusals that are remembered. */
const mostRefusals = 32;

/** What each of these events makes of a state. */
export function encryptedReducers<S extends EncryptedState>(): Reducers<S, EncryptedEvent> {
  return {
    "trained-unencrypted": (state, { start }) => ({ ...state, unencrypted: start }),
    "key-dealt": (state, { signed }) => ({ ...state, dealt: signed }),
    "key-opened": (state, { key, signed }) => ({ ...state, openKeys: remembered(state.openKeys, key, signed) }),
    "sum-opened": (state, { about, opened }) => ({
      ...state,
      openedSums: remembered(state.openedSums, about, opened),
    }),
    "encryption-refused": (state, { key }) => ({
      ...state,
      refusedKeys: new Set([...state.refusedKeys, key].slice(-mostRefusals)),
    }),
  };
}
