import type { Address, Bytes32, RoundNumber } from "../core/ids.ts";
import type {
  Advertisement,
  Attestation,
  Availability,
  Commitment,
  Custody,
  SignedCommitment,
} from "../core/records.ts";
import type { RoundView } from "../core/task-view.ts";
import type { ChainCall } from "../ports/chain.ts";
import type { AnswerAction } from "../rounds/answer-turn.ts";
import type { OwnContact } from "../rounds/contact.ts";
import type { DemandAction } from "../rounds/demand-turn.ts";
import type { Judgement, ProposedRound } from "../rounds/judge-proposal.ts";
import type { Unmasking } from "../rounds/mask-messages.ts";
import type { OpenedSum } from "../rounds/open-sum-messages.ts";
import type { PushCall, PushOptions } from "../rounds/push.ts";
import { initialRoundState, type RoundState } from "../rounds/round-state.ts";

/** An update that was trained, stored and written to the journal. */
export interface TrainedUpdate {
  readonly round: RoundNumber;
  readonly baseModelRoot: Bytes32;
  readonly updateRoot: Bytes32;
  readonly contentId: Bytes32;
  readonly weight: number;
  /** Of an encrypted round: names the group key that it is encrypted under. */
  readonly sharesId?: Bytes32;
}

/** The keys of a masked round as they are advertised: the secrets are in the journal, the shares are stored. Of an encrypted round: the group key that is dealt. */
export interface RoundKeys extends Pick<Advertisement, "round" | "maskKey" | "seedHash" | "sharesId"> {
  readonly baseModelRoot: Bytes32;
  readonly seed: bigint;
}

/** What this participant told to open a masked round. */
export interface ToldUnmasking {
  readonly unmasking: Unmasking;
  /** Number of share bundles that it was made from. */
  readonly bundles: number;
}

/** What a participant knows of the updates of a closed round, by the accumulator of its commitments. */
export interface Holding {
  /** Bitmap of the slots whose update is here, checked against its root and the clip. */
  readonly slots: bigint;
  /** Bitmap of the slots whose update is here and breaks the rules. */
  readonly faulty: bigint;
  /** What it signed last. */
  readonly word?: Availability;
}

/** What a participant decides by, beside its options. Local facts name what they are about, so a reorganisation only makes them idle. */
export interface ParticipantState extends RoundState {
  readonly options: ParticipantMachineOptions;
  readonly update?: TrainedUpdate;
  /** Content id of the update that an aggregator holds, or that all were asked to hold, whatever they answered. */
  readonly offered?: Bytes32;
  /** Content id of the update for which all aggregators have answered, or had the time to. */
  readonly answered?: Bytes32;
  /** Of a masked or encrypted round: the update that was trained and waits for its mask or for its encryption. */
  readonly unmasked?: Pick<TrainedUpdate, "round" | "baseModelRoot">;
  /** The keys of a masked round, made and not advertised yet or just so. */
  readonly keys?: RoundKeys;
  /** Of a masked round: with which keys `update` was masked, by keysHash. */
  readonly maskedWith?: Bytes32;
  /** Content id of the share bundle that all aggregators were asked to hold. */
  readonly sharesOffered?: Bytes32;
  /** Content ids of the share bundles that are here, in lower case. */
  readonly bundles: ReadonlySet<string>;
  /** What it told to open masked rounds, by {@link holdingKey}. */
  readonly told: ReadonlyMap<string, ToldUnmasking>;
  /** Group keys of encrypted rounds of which its copy was opened and found right, by the keys of the actions. */
  readonly openKeys: ReadonlySet<string>;
  /** What the sums of closed encrypted rounds open to, by {@link holdingKey}. */
  readonly openedSums: ReadonlyMap<string, OpenedSum>;
  /** Steps of masked and encrypted rounds that it refuses for its own safety, by their keys. */
  readonly refused: ReadonlySet<string>;
  /** What it signed for a batch, and the time of the head at that moment, seconds. */
  readonly commitment?: { readonly signed: SignedCommitment; readonly signedAtS: number };
  /** Custody words for its updates, by {@link custodyKey}, where its journal was asked. */
  readonly custody: ReadonlyMap<string, readonly Custody[]>;
  /** By {@link holdingKey}. */
  readonly holdings: ReadonlyMap<string, Holding>;
  /** What recomputing the latest proposals came to, by subjectOf. */
  readonly verified: ReadonlyMap<string, Judgement>;
  /** The latest attestations, by subjectOf. */
  readonly signed: ReadonlyMap<string, Attestation>;
  /** Was seen leaving: it does not enrol again by itself. */
  readonly leaving: boolean;
  /** Whether the account was seen to have the bond of a place, or it was added. */
  readonly bonded: boolean;
}

/** Local wishes of a participant's machine. */
export interface ParticipantMachineOptions {
  /** Enrol when not enrolled. */
  readonly autoEnrol: boolean;
  readonly contact: OwnContact;
  readonly patienceS: number;
  /** Send the proof when a proposal is provably wrong, or a participant misbehaves, and nobody was faster. */
  readonly challenge: boolean;
  /** Whether it commits by its own transactions, or signs for others to commit many at once (default own). */
  readonly commit?: "own" | "batched";
  /** Blocks to wait after the last round has ended, before the work counts as done. */
  readonly settleBlocks: number;
}

/** What happens to a participant beside what happens to all roles. */
export type ParticipantEvent =
  | { readonly kind: "bonded" }
  | { readonly kind: "trained"; readonly update: TrainedUpdate }
  /** The update of a masked or encrypted round was trained; its lanes are with whoever performs the actions. */
  | { readonly kind: "trained-unmasked"; readonly round: RoundNumber; readonly baseModelRoot: Bytes32 }
  | { readonly kind: "keys-made"; readonly keys: RoundKeys }
  | { readonly kind: "shares-offered"; readonly sharesId: Bytes32 }
  /** A share bundle of a neighbour is here. */
  | { readonly kind: "bundle"; readonly sharesId: Bytes32 }
  | { readonly kind: "told"; readonly told: ToldUnmasking }
  /** The update of a masked round, under its mask: stored, and in the journal. */
  | { readonly kind: "masked"; readonly update: TrainedUpdate; readonly keys: Bytes32 }
  /** The group key of an encrypted round is open and right; `key` is the action's. */
  | { readonly kind: "key-opened"; readonly key: string }
  | { readonly kind: "sum-opened"; readonly about: string; readonly opened: OpenedSum }
  /** The step of this key is not taken, and not tried again. */
  | { readonly kind: "refused"; readonly key: string }
  | { readonly kind: "offered"; readonly contentId: Bytes32 }
  | { readonly kind: "answered"; readonly contentId: Bytes32 }
  | { readonly kind: "commitment-signed"; readonly signed: SignedCommitment }
  | { readonly kind: "recalled"; readonly commitment: Commitment; readonly words: readonly Custody[] }
  | {
      /** An update of a closed round is here. */
      readonly kind: "holding";
      readonly round: Pick<RoundView, "round" | "accumulator">;
      readonly slot: number;
      /** It breaks the rules: it is not said to be held. */
      readonly isFaulty?: true;
    }
  | { readonly kind: "availability-signed"; readonly word: Availability }
  | ({ readonly kind: "verified"; readonly subject: string } & Judgement)
  | { readonly kind: "signed"; readonly subject: string; readonly attestation: Attestation };

/** What a participant does. */
export type ParticipantAction =
  | { readonly kind: "bond"; readonly key: string; readonly bondWei: bigint }
  | { readonly kind: "send"; readonly key: string; readonly call: ChainCall }
  | { readonly kind: "push"; readonly key: string; readonly call: PushCall }
  | DemandAction
  | AnswerAction
  | { readonly kind: "train"; readonly key: string; readonly round: RoundView }
  /** Makes secrets and seals their shares; `isLate`: without waiting for neighbours whose encryption key is not registered yet. */
  | { readonly kind: "make-keys"; readonly key: string; readonly round: RoundView; readonly isLate: boolean }
  | { readonly kind: "offer-shares"; readonly key: string; readonly keys: RoundKeys }
  | { readonly kind: "get-shares"; readonly key: string; readonly round: RoundView; readonly of: Advertisement }
  | { readonly kind: "mask"; readonly key: string; readonly round: RoundView; readonly keys: Bytes32 }
  | { readonly kind: "unmask"; readonly key: string; readonly round: RoundView; readonly bundles: number }
  | { readonly kind: "announce-unmasking"; readonly key: string; readonly told: ToldUnmasking }
  /** Makes the group key of an encrypted round and seals it to the drawn. */
  | { readonly kind: "deal-key"; readonly key: string; readonly round: RoundView }
  | { readonly kind: "open-key"; readonly key: string; readonly round: RoundView; readonly dealt: Advertisement }
  | { readonly kind: "encrypt"; readonly key: string; readonly round: RoundView }
  /** Adds the ciphertexts of a closed round and opens the sum. */
  | { readonly kind: "open-sum"; readonly key: string; readonly round: RoundView }
  | { readonly kind: "offer"; readonly key: string; readonly update: TrainedUpdate }
  | { readonly kind: "sign-commitment"; readonly key: string; readonly update: TrainedUpdate }
  | { readonly kind: "announce-commitment"; readonly key: string; readonly signed: SignedCommitment }
  /** Asks the journal for the custody words given for this update. */
  | { readonly kind: "recall"; readonly key: string; readonly commitment: Commitment }
  /** Gets the updates of a closed round that are not here yet. */
  | { readonly kind: "gather"; readonly key: string; readonly round: RoundView; readonly slots: bigint }
  | { readonly kind: "sign-availability"; readonly key: string; readonly round: RoundView; readonly slots: bigint }
  | { readonly kind: "announce-availability"; readonly key: string; readonly word: Availability }
  | { readonly kind: "verify"; readonly key: string; readonly subject: string; readonly round: ProposedRound }
  | { readonly kind: "sign"; readonly key: string; readonly subject: string; readonly round: ProposedRound }
  | { readonly kind: "publish"; readonly key: string; readonly attestation: Attestation };

/** The state a participant starts with, after any restart. */
export function initialParticipantState(
  me: Address,
  options: ParticipantMachineOptions,
  pushOptions: PushOptions,
): ParticipantState {
  return {
    ...initialRoundState(me, "participant", pushOptions),
    options,
    bundles: new Set(),
    told: new Map(),
    openKeys: new Set(),
    openedSums: new Map(),
    refused: new Set(),
    custody: new Map(),
    holdings: new Map(),
    verified: new Map(),
    signed: new Map(),
    leaving: false,
    bonded: false,
  };
}

/** Whether a proposal stands. */
export function isProposed(round: RoundView): round is ProposedRound {
  return round.phase === "proposed" && round.proposal !== undefined;
}

/** Names an update for which custody is given. */
export function custodyKey({
  round,
  updateRoot,
  contentId,
}: Pick<Commitment, "round" | "updateRoot" | "contentId">): string {
  return `${round}:${updateRoot}:${contentId}`;
}

/** Names the frozen commitments of a round. */
export function holdingKey({ round, accumulator }: Pick<RoundView, "round" | "accumulator">): string {
  return `${round}:${accumulator}`;
}

/** How many facts of a kind are kept: those of two rounds in flight, and those that a reorganisation brings back. */
const latest = 8;

/** The map with one more entry, and without the oldest where they are too many: a reorganisation brings back only late ones. */
export function remembered<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map([...[...map].filter(([other]) => other !== key), [key, value] as const].slice(-latest));
}
