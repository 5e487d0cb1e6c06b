import type { ErrorCode } from "../../core/errors/error-catalogue.ts";
import type { RoundNumber } from "../../core/ids.ts";

/** What a node tells of masked rounds. */
export type MaskProgress =
  | {
      /** Aggregators were asked to keep this node's shares. */
      readonly kind: "shares-held";
      readonly round: RoundNumber;
      readonly holders: number;
      readonly asked: number;
    }
  | {
      /** This node brought the keys of so many to the chain. */
      readonly kind: "keys-batched";
      readonly round: RoundNumber;
      readonly keys: number;
      readonly gasUsed: number;
    }
  | {
      /** This node's update is under the masks that it shares with so many others. */
      readonly kind: "masked";
      readonly round: RoundNumber;
      readonly others: number;
      readonly durationMs: number;
    }
  | {
      /** This node said which updates a closed round has; it opens the sum when so many others have said the same. */
      readonly kind: "closing-signed";
      readonly round: RoundNumber;
      readonly needed: number;
    }
  | {
      /** This node told what opens the sum of a masked round: its own seed and so many shares of others'. */
      readonly kind: "unmasked";
      readonly round: RoundNumber;
      readonly shares: number;
      readonly of: number;
    }
  | {
      /** This node does not do what a masked round asks of it next, for its own safety. */
      readonly kind: "masking-refused";
      readonly round: RoundNumber;
      readonly code: ErrorCode;
      readonly reason: string;
    }
  | {
      /** The aggregator put together what opens the sum, as far as it was told. */
      readonly kind: "openings";
      readonly round: RoundNumber;
      /** Survivors that were heard, of all. */
      readonly heard: number;
      readonly of: number;
      /** Slots whose seed or key cannot be had yet; none when the sum can be opened. */
      readonly missing: readonly number[];
    };
