// A masked round of the pure protocol: no chain, no network, no disk. What the contract fixes is kept here as it would
// be there.
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { toHex } from "../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../node/core/bytes/keccak.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import { leastUpdates } from "../../../node/core/record/round-keys.ts";
import type { Advertisement, ClosingWord, Commitment } from "../../../node/core/records.ts";
import { accumulatorOf, anchorOf, startValue, updateRootOf } from "../../../node/core/words/commitment.ts";
import type { Random } from "../../../node/ports/system.ts";
import {
  answerUnmasking,
  type ClosedRound,
  type ClosedView,
  type ClosingRecord,
  type CollectedOpenings,
  checkClosing,
  checkMasking,
  collectOpenings,
  createMaskSecrets,
  createShareKey,
  type KeyedView,
  type MaskedRecord,
  type MaskTrust,
  maskUpdate,
  type RoundSecrets,
  type ShareKeyPair,
  sealShares,
  type UnmaskAnswer,
  type Unmasking,
} from "../../../node/privacy/masking/index.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../simulation/model/model-signature.ts";

/** What is fixed before anybody acts. */
export interface MaskedRoundRules {
  readonly drawn: number;
  readonly thresholdPercent: number;
  readonly minUpdates: number;
  readonly parameterCount: number;
  readonly clipLanes: number;
  readonly maxWeight: number;
}

type Signed = Advertisement & { readonly signature: Hex };

/** One participant with what it has done so far. */
export interface MaskingClient {
  readonly slot: number;
  readonly participant: Address;
  /** For the shares of this round. */
  readonly shareKey: ShareKeyPair;
  readonly lanes: Int32Array;
  readonly weight: number;
  secrets?: RoundSecrets;
  bundle?: Uint8Array;
  masked?: MaskedRecord;
  maskedLanes?: Int32Array;
  closing?: ClosingRecord;
}

/** The chain and federation of all plays. */
const deployment = { chainId: 31_337, federation: `0x${"fe".repeat(20)}` as Address };

/** A round in which every participant acts when it is told to, on what it is shown. */
export class MaskedRoundPlay {
  readonly rules: MaskedRoundRules;
  readonly taskId = 4;
  readonly opening: Pick<
    KeyedView,
    "round" | "headAtOpening" | "baseModelRoot" | "seed" | "enrolled" | "drawn" | "start"
  >;
  readonly clients: readonly MaskingClient[];
  readonly advertisements: Signed[] = [];
  readonly commitments: Commitment[] = [];
  /** Accounts without a grant. */
  readonly ungranted = new Set<Address>();
  private readonly random: Random;

  constructor(rules: MaskedRoundRules, random: Random) {
    this.rules = rules;
    this.random = random;
    this.opening = this.openingOver(toHex(random.bytes(32)));
    this.clients = Array.from({ length: rules.drawn }, (_, slot) => {
      const numbers = new Int32Array(random.bytes(4 * rules.parameterCount).buffer);
      const lanes = numbers.map((value) => value % (rules.clipLanes + 1));
      const weight = 1 + (random.bytes(1)[0]! % rules.maxWeight);
      return { slot, participant: toHex(random.bytes(20)), shareKey: createShareKey(random), lanes, weight };
    });
  }

  /** An opening of the round over this head of the task's history. */
  openingOver(headAtOpening: Bytes32, changes: Partial<KeyedView> = {}): MaskedRoundPlay["opening"] {
    const { drawn } = this.rules;
    const baseModelRoot = toHex(new Uint8Array(32).fill(7));
    const opening = { round: 2, headAtOpening, baseModelRoot, seed: 0n, enrolled: drawn, drawn, ...changes };
    const start = startValue({ ...deployment, taskId: this.taskId, ...opening, historyHead: headAtOpening });
    return { ...opening, start };
  }

  /** What a participant believes without an endpoint. */
  trust(): MaskTrust {
    return {
      ...deployment,
      recoverSigner: modelSigner,
      isGranted: (account) => !this.ungranted.has(account),
      drawnBySlot: new Map(this.clients.map(({ slot, participant }) => [slot, participant])),
      rules: this.rules,
    };
  }

  /** The participant in this slot makes its secrets, deals its shares and advertises. */
  async advertise(slot: number, { start, drawn } = this.opening): Promise<Signed> {
    const client = this.clients[slot]!;
    const { thresholdPercent, minUpdates } = this.rules;
    const { participant, shareKey: own } = client;
    const { taskId } = this;
    const { round } = this.opening;
    const secrets = createMaskSecrets(this.random);
    const others = this.clients
      .filter((other) => other !== client)
      .map((other) => ({
        participant: other.participant,
        ...(!this.ungranted.has(other.participant) && { shareKey: other.shareKey.publicKey }),
      }));
    client.bundle = await sealShares({ start, from: participant, secrets, thresholdPercent, others });
    const sharesId = toHex(keccak256(client.bundle));
    const { publicKey: shareKey } = createShareKey(this.random);
    const about = { taskId, round, start, participant, slot, drawn, thresholdPercent, minUpdates, sharesId, shareKey };
    client.secrets = { ...about, secrets, openingKey: own.privateKey };
    const { maskKey, seedHash } = secrets;
    const signed = this.signed(
      { taskId, round, participant, slot, maskKey, seedHash, sharesId, shareKey },
      participant,
      start,
    );
    this.advertisements.push(signed);
    return signed;
  }

  /** Keys with the signature of an account over a start value. */
  signed(keys: Advertisement, by: Address, start = this.opening.start): Signed {
    return { ...keys, signature: modelSign(by, modelRecordDigest({ type: "advertisement", ...keys, start })) };
  }

  /** The participant masks its update with the keys that it is shown, and commits to it. */
  async commit(slot: number, view: KeyedView = this.keyed()): Promise<Commitment> {
    const client = this.clients[slot]!;
    const { participant, lanes, weight } = client;
    const { taskId } = this;
    const anchor = checkMasking({ secrets: client.secrets!, masked: client.masked }, view, this.trust());
    const round = { taskId, round: view.round, advertisements: view.advertisements! };
    client.maskedLanes = await maskUpdate({ lanes, weight, slot, secrets: client.secrets!.secrets, round });
    const updateRoot = updateRootOf(participant, chunkTreeRoot(client.maskedLanes));
    const contentId = toHex(keccak256(new Uint8Array(client.maskedLanes.buffer)));
    client.masked = { anchor, baseModelRoot: view.baseModelRoot, updateRoot, contentId, weight };
    const commitment = { taskId, round: view.round, participant, slot, weight, updateRoot, contentId };
    this.commitments.push(commitment);
    return commitment;
  }

  /** The round as everybody sees it while it is open, with changes whose anchor is the right one for them. */
  keyed(changes: Partial<Omit<KeyedView, "anchor">> = {}): KeyedView {
    const view = { ...this.opening, advertisements: [...this.advertisements], ...changes };
    return { ...view, anchor: anchorOf(view.start, view.advertisements ?? []) };
  }

  /** The round as everybody sees it once it is closed, with changes whose accumulator is the right one for them. */
  closed(changes: Partial<Omit<ClosedView, "anchor" | "accumulator">> = {}): ClosedView {
    const { commitments = [...this.commitments], ...keys } = changes;
    const keyed = this.keyed(keys);
    return { ...keyed, commitments, accumulator: accumulatorOf(keyed.anchor, commitments) };
  }

  /** The closing with the commitments of these slots only. */
  closedWith(...slots: readonly number[]): ClosedView {
    return this.closed({ commitments: this.commitments.filter(({ slot }) => slots.includes(slot)) });
  }

  /** Fewest commitments with which the contract lets the round go on. */
  leastUpdates(): number {
    return leastUpdates({ drawn: this.rules.drawn }, { mode: "masked", ...this.rules });
  }

  /** The participant signs a closing, once and for all. */
  sign(slot: number, view: ClosedView = this.closed()): ClosingWord {
    const client = this.clients[slot]!;
    const { secrets, masked, closing } = client;
    checkClosing({ secrets: secrets!, masked, closing }, view, this.trust());
    client.closing = { accumulator: view.accumulator };
    return this.wordOf(slot, view);
  }

  /** A closing word as its owner gives it, or a liar does who signs as many as it likes. */
  wordOf(slot: number, { round, accumulator }: ClosedView = this.closed()): ClosingWord {
    const { participant } = this.clients[slot]!;
    const word = { taskId: this.taskId, round, accumulator, participant };
    return { ...word, signature: modelSign(participant, modelRecordDigest({ type: "closing", ...word })) };
  }

  /** What the participant gives when it is asked to open a closing. */
  async open(
    slot: number,
    {
      view = this.closed(),
      words = view.commitments.map((commitment) => this.wordOf(commitment.slot, view)),
      held = view.commitments.map((commitment) => commitment.slot),
      bundles = this.bundles(),
    }: {
      readonly view?: ClosedView;
      readonly words?: readonly ClosingWord[];
      readonly held?: readonly number[];
      readonly bundles?: ReadonlyMap<number, Uint8Array>;
    } = {},
  ): Promise<Unmasking> {
    const { secrets, masked, closing } = this.clients[slot]!;
    const request = { view, trust: this.trust(), words, held: new Set(held), bundles };
    return await answerUnmasking({ secrets: secrets!, masked, closing }, request);
  }

  /** Signs and opens. */
  async ask(slot: number, view: ClosedView = this.closed()): Promise<Unmasking> {
    this.sign(slot, view);
    return await this.open(slot, { view });
  }

  /** The bundles that everybody can fetch, by slot. */
  bundles(): Map<number, Uint8Array> {
    const dealt = this.clients.filter(({ bundle }) => bundle !== undefined);
    return new Map(dealt.map(({ slot, bundle }) => [slot, bundle!]));
  }

  async collect(answers: readonly UnmaskAnswer[], bundles = this.bundles()): Promise<CollectedOpenings> {
    const { thresholdPercent, drawn } = this.rules;
    return await collectOpenings({ round: this.closedRound(), drawn, thresholdPercent, bundles, answers });
  }

  closedRound(): ClosedRound<Signed> {
    const { taskId, advertisements, commitments } = this;
    return { taskId, round: this.opening.round, advertisements, surviving: commitments.map(({ slot }) => slot) };
  }

  /** Σ w·q of those that committed: what no participant tells, and the opening must give. */
  trueSum(): Int32Array {
    const sum = new Int32Array(this.rules.parameterCount);
    for (const { slot } of this.commitments) {
      const { lanes, weight } = this.clients[slot]!;
      for (let i = 0; i < sum.length; i++) sum[i]! += weight * lanes[i]!;
    }
    return sum;
  }
}

/** A round in which all that are named advertise, and of them all but the dropped ones commit. */
export async function playToClosing(
  rules: Partial<MaskedRoundRules>,
  random: Random,
  { silent = [], dropped = [] }: { silent?: readonly number[]; dropped?: readonly number[] } = {},
): Promise<MaskedRoundPlay> {
  const defaults = { drawn: 5, thresholdPercent: 67, minUpdates: 3, parameterCount: 20 };
  const play = new MaskedRoundPlay({ ...defaults, clipLanes: 1000, maxWeight: 50, ...rules }, random);
  const keyed = play.clients.filter(({ slot }) => !silent.includes(slot));
  for (const { slot } of keyed) await play.advertise(slot);
  for (const { slot } of keyed) if (!dropped.includes(slot)) await play.commit(slot);
  return play;
}
