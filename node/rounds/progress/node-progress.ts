import type { ErrorCode } from "../../core/errors/error-catalogue.ts";
import type { RoundNumber } from "../../core/ids.ts";
import type { ProofKind } from "../../core/records.ts";
import type { RecordDoubt } from "../../ports/chain.ts";
import type { PublicMetric } from "../../ports/public-test.ts";
import type { MaskProgress } from "./mask-progress.ts";

/** What a node tells of its account: its places, its bonds, and what it waits for. */
export type AccountProgress =
  | { readonly kind: "registered" | "enrolled" | "joined" | "resumed"; readonly gasUsed: number }
  | {
      readonly kind: "bond-paid";
      readonly role: "aggregator" | "participant";
      readonly amountWei: bigint;
      readonly gasUsed: number;
    }
  | {
      /** The account cannot pay the bond of a place: it has none until it can. */
      readonly kind: "bond-unpaid";
      readonly role: "aggregator" | "participant";
      readonly bondWei: bigint;
      readonly missingWei: bigint;
    }
  | {
      /** This account was expelled, and its bond is gone. */
      readonly kind: "bond-lost";
      readonly role: "aggregator" | "participant";
      readonly round: RoundNumber;
      readonly amountWei: bigint;
    }
  /** The bond of the place that this account had is its credit. */
  | { readonly kind: "bond-released"; readonly amountWei: bigint; readonly gasUsed: number }
  /** Bonds released and rewards were paid out. */
  | { readonly kind: "rewarded"; readonly amountWei: bigint; readonly gasUsed: number }
  | {
      /** Nothing can happen before someone gives this node its role, or an aggregator joins. */
      readonly kind: "waiting";
      readonly reason: "role" | "aggregators";
    }
  | {
      /**
       * No round can open before more participants enrol; `latestS`: or with fewer, from that second of the chain's
       * time on.
       */
      readonly kind: "waiting";
      readonly reason: "participants";
      readonly enrolled: number;
      readonly wanted: number;
      readonly latestS?: number;
    };

/** What a node tells of its work on updates. */
export type WorkProgress =
  | {
      readonly kind: "training";
      readonly round: RoundNumber;
      readonly epoch: number;
      readonly epochs: number;
      readonly loss: number;
    }
  | {
      readonly kind: "trained";
      readonly round: RoundNumber;
      readonly loss: number;
      readonly samples: number;
      /** Lanes cut to the task's clip. */
      readonly clipped: number;
      /** The number of examples, where the update's weight was cut to the task's greatest. */
      readonly cutFrom?: number;
      readonly weight: number;
      readonly durationMs: number;
    }
  | {
      /** An update with noise is in the ledger; what the data have cost so far, over all tasks. */
      readonly kind: "noise-counted";
      readonly round: RoundNumber;
      readonly updates: number;
      readonly epsilon: number;
      readonly delta: number;
      readonly accountant: "rdp" | "pld";
    }
  | {
      /** An accepted round below could not be recomputed here yet: nothing is trained above it. */
      readonly kind: "not-trained";
      readonly round: RoundNumber;
      readonly unchecked: RoundNumber;
      /** It was recomputed, and is wrong. */
      readonly isWrong?: true;
    }
  | {
      /** This node encrypted its update under the round's group key. */
      readonly kind: "encrypted";
      readonly round: RoundNumber;
      readonly bytes: number;
      readonly durationMs: number;
    }
  | {
      /**
       * The aggregator added the ciphertexts of an encrypted round, and asks those with the key what the sum opens to.
       */
      readonly kind: "sum-computed";
      readonly round: RoundNumber;
      readonly updates: number;
    }
  | {
      /** This node added the ciphertexts of an encrypted round and opened their sum. */
      readonly kind: "sum-opened";
      readonly round: RoundNumber;
      readonly updates: number;
    }
  | {
      /**
       * This node does not do what an encrypted round asks of it next: somebody else is wrong, or its own safety
       * forbids it.
       */
      readonly kind: "encryption-refused";
      readonly round: RoundNumber;
      readonly code: ErrorCode;
      readonly reason: string;
    }
  | { readonly kind: "advertised" | "committed"; readonly round: RoundNumber; readonly gasUsed: number }
  | {
      /** This node signed its commitment: others bring it to the chain with those of more. */
      readonly kind: "commitment-signed";
      readonly round: RoundNumber;
    }
  | {
      /** This node brought the signed commitments of others to the chain. */
      readonly kind: "batched";
      readonly round: RoundNumber;
      readonly commitments: number;
      readonly gasUsed: number;
    }
  | { readonly kind: "gathered"; readonly round: RoundNumber; readonly updates: number; readonly of: number }
  | { readonly kind: "proposed"; readonly round: RoundNumber; readonly gasUsed: number; readonly durationMs: number }
  | {
      readonly kind: "pushed";
      readonly call: "openRound" | "drawRound" | "closeRound" | "accept" | "reassign";
      readonly round: RoundNumber;
      readonly gasUsed: number;
    };

/** What a node tells of recomputing and proving. */
export type CourtProgress =
  | {
      readonly kind: "recomputed";
      readonly round: RoundNumber;
      readonly durationMs: number;
      /** Of an encrypted round: only the sum of its ciphertexts was recomputed. */
      readonly isSumOnly?: boolean;
    }
  | {
      readonly kind: "attested";
      readonly round: RoundNumber;
      /** On this node's own held-out examples, for its owner alone; absent where there are none. */
      readonly own?: { readonly samples: number; readonly metric: number; readonly loss: number };
    }
  | {
      /** The proposal is not what this node computed: it does not attest. */
      readonly kind: "disputed";
      readonly round: RoundNumber;
      readonly findings: readonly string[];
    }
  | {
      /** What is wrong cannot be proven. */
      readonly kind: "not-proven";
      readonly round: RoundNumber;
      readonly why: string;
    }
  | {
      /** This node's proof was mined. */
      readonly kind: "proved";
      readonly round: RoundNumber;
      readonly proofKind: ProofKind;
      readonly gasUsed: number;
    }
  | {
      /** What an accepted model reaches on the task's public test set. */
      readonly kind: "public-metric";
      readonly round: RoundNumber;
      readonly metric: PublicMetric;
    };

/** What a node tells of itself. */
export type NodeProgress = AccountProgress | WorkProgress | CourtProgress | MaskProgress | RecordDoubt;
