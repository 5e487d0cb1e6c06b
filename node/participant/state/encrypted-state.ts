import type { Bytes32 } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Advertisement, SignedAdvertisement } from "../../core/records.ts";
import type { OpenedSum } from "../../rounds/words/open-sum-messages.ts";
import { remembered } from "./trained-update.ts";

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
  | { readonly kind: "open-key"; readonly key: string; readonly round: RoundView; readonly dealt: Advertisement }
  | { readonly kind: "encrypt"; readonly key: string; readonly round: RoundView }
  /** Adds the ciphertexts of a closed round and opens the sum. */
  | { readonly kind: "open-sum"; readonly key: string; readonly round: RoundView };

const actionKinds: readonly string[] = ["deal-key", "open-key", "encrypt", "open-sum"];

/** Whether an action is one of encrypted rounds. */
export function isEncryptedAction<A extends { readonly kind: string }>(
  action: A | EncryptedAction,
): action is EncryptedAction {
  return actionKinds.includes(action.kind);
}

const eventKinds: readonly string[] = [
  "trained-unencrypted",
  "key-dealt",
  "key-opened",
  "sum-opened",
  "encryption-refused",
];

/** Whether an event is one of encrypted rounds. */
export function isEncryptedEvent<E extends { readonly kind: string }>(
  event: E | EncryptedEvent,
): event is EncryptedEvent {
  return eventKinds.includes(event.kind);
}

/** Refusals that are remembered. */
const mostRefusals = 32;

/** The state after an event. */
export function reduceEncrypted<S extends EncryptedState>(state: S, event: EncryptedEvent): S {
  switch (event.kind) {
    case "trained-unencrypted":
      return { ...state, unencrypted: event.start };
    case "key-dealt":
      return { ...state, dealt: event.signed };
    case "key-opened":
      return { ...state, openKeys: remembered(state.openKeys, event.key, event.signed) };
    case "sum-opened":
      return { ...state, openedSums: remembered(state.openedSums, event.about, event.opened) };
    case "encryption-refused":
      return { ...state, refusedKeys: new Set([...state.refusedKeys, event.key].slice(-mostRefusals)) };
  }
}
