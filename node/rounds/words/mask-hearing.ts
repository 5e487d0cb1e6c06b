import type { RoundNumber } from "../../core/ids.ts";
import type { ClosingWord, SignedAdvertisement } from "../../core/records.ts";
import { type AdvertisementPool, addAdvertisement, onlyAdvertisementsOf } from "./advertisement-pool.ts";
import { changed } from "./changed.ts";
import { addClosing, type ClosingPool, onlyClosingsOf } from "./closing-pool.ts";
import type { Unmasking } from "./mask-messages.ts";
import { addUnmasking, onlyUnmaskingsOf, type UnmaskPool } from "./unmask-pool.ts";

/** What a node has heard of masked rounds. Immutable. */
export interface MaskHearing {
  /** Keys of open rounds that others may bring to the chain. */
  readonly advertisements: AdvertisementPool;
  /** Which updates survivors say that closed rounds have. */
  readonly closings: ClosingPool;
  /** What survivors told to open closed rounds. */
  readonly unmaskings: UnmaskPool;
}

/** What a node knows that has heard nothing. */
export const noMaskHearing: MaskHearing = {
  advertisements: new Map(),
  closings: new Map(),
  unmaskings: new Map(),
};

/** What is heard of masked rounds. */
export type MaskHeardEvent =
  /** Signed keys, their signature and draw checked. */
  | { readonly kind: "advertisement"; readonly signed: SignedAdvertisement }
  /** A closing word, its signature and round checked. */
  | { readonly kind: "closing"; readonly word: ClosingWord }
  /** What a survivor told, its author, round and seed checked. */
  | { readonly kind: "unmasking"; readonly unmasking: Unmasking };

/** What is known after an event; the same when it adds nothing. */
export function reduceMaskHearing(hearing: MaskHearing, event: MaskHeardEvent): MaskHearing {
  switch (event.kind) {
    case "advertisement":
      return changed(hearing, { advertisements: addAdvertisement(hearing.advertisements, event.signed) });
    case "closing":
      return changed(hearing, { closings: addClosing(hearing.closings, event.word) });
    case "unmasking":
      return changed(hearing, { unmaskings: addUnmasking(hearing.unmaskings, event.unmasking) });
  }
}

/** What is known of these rounds; the same when there is nothing of others. */
export function onlyMaskHearingOf(hearing: MaskHearing, rounds: readonly RoundNumber[]): MaskHearing {
  return changed(hearing, {
    advertisements: onlyAdvertisementsOf(hearing.advertisements, rounds),
    closings: onlyClosingsOf(hearing.closings, rounds),
    unmaskings: onlyUnmaskingsOf(hearing.unmaskings, rounds),
  });
}
