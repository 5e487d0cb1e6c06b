import type { Address, Bytes32, PeerIdText, RoundNumber } from "../../core/ids.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import type { AttributeChange } from "../../core/records.ts";
import type { Deployment } from "../../core/words/commitment.ts";
import type { MeasurePublicly } from "../../ports/public-test.ts";
import type { BlobOpener } from "../../ports/sealing.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Random } from "../../ports/system.ts";
import type { StoredState } from "../record/check-storage.ts";
import type { Evidence } from "../record/evidence.ts";
import type { RecoverSigner, RoundRecord } from "../record/task-record.ts";

/** What an audit works on. */
export interface AuditInput extends Deployment {
  /** All events of the task (ChainReader.history); with `detail`, times are checked and gas is told. */
  readonly events: readonly TaskEvent[];
  /** The contract's storage at the block the events reach to (ChainReader.storedState). */
  readonly storedState?: StoredState | undefined;
  /** The words of the contract's ring, by place (ChainReader.ringWords); without them times are the endpoint's word. */
  readonly storedWords?: ReadonlyMap<number, Bytes32> | undefined;
  /** What the storage's words rest on (ChainReader.witnesses); without it they are taken as they are. */
  readonly evidence?: Evidence | undefined;
  /** The federation's contracts whose codes are not this package's (ChainReader.codes); default none. */
  readonly differingCodes?: readonly string[] | undefined;
  /**
   * Time of a block that the events surely reach to, seconds since 1970 (Head.timestampS); without it nothing is called
   * final.
   */
  readonly nowS?: number | undefined;
  /** Whether a task whose result can still be proven wrong, or is not complete, is to end in exit code 4. */
  readonly requireFinal?: boolean | undefined;
  /** ChainReader.recoverSigner; without it the signatures of advertised keys are not looked at. */
  readonly recoverSigner?: RecoverSigner | undefined;
  /** ChainReader.attributeChanges; without it, whether members of a restricted task were eligible is unchecked. */
  readonly attributeChanges?: readonly AttributeChange[] | undefined;
  /** Where blobs come from. */
  readonly store: Pick<BlobStore, "get">;
  /** What opens the blobs of a sealed task; without it their rounds are unchecked. */
  readonly opener?: BlobOpener | undefined;
  /**
   * Of an encrypted task: opens the sum of a round, where the key is at hand; without it the decryption rests on the
   * quorum.
   */
  readonly sumOpener?:
    | ((round: RoundRecord) => Promise<((sum: Uint8Array) => Promise<Int32Array>) | undefined>)
    | undefined;
  /** What measures models on the task's public test set. */
  readonly measurePublicly?: MeasurePublicly | undefined;
  /** Peers that may have a member's blob, best first. */
  readonly providers?: ((owner: Address) => readonly PeerIdText[]) | undefined;
  /** Look at the bytes of this many random rounds only; the record is checked whole. */
  readonly sample?: { readonly rounds: number; readonly random: Random } | undefined;
  readonly signal?: AbortSignal | undefined;
  /** After each update of a round. */
  readonly onProgress?:
    | ((progress: { round: RoundNumber; rounds: number; updates: number; of: number }) => void)
    | undefined;
}
