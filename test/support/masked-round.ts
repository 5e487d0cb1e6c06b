// A masked round of the pure protocol: no chain, no network, no disk. What the contract fixes is kept here as it would be there.
import { deriveNodeKeys } from "../../node/chain/node-keys.ts";
import { chunkTreeRoot } from "../../node/core/chunk-tree.ts";
import { extendAccumulator, startAccumulator, updateRootOf } from "../../node/core/commitment.ts";
import { abiWords, toHex } from "../../node/core/hex.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import { maskNeighbours } from "../../node/core/mask-graph.ts";
import type { Random } from "../../node/ports/system.ts";
import {
  type AnswerRecord,
  answerUnmasking,
  type BoundKey,
  type ClosedRound,
  type ClosedView,
  type CollectedOpenings,
  checkMasking,
  collectOpenings,
  createMaskSecrets,
  type KeyedView,
  type MaskedRecord,
  maskUpdate,
  type SecretsRecord,
  sealShares,
  type UnmaskAnswer,
  type Unmasking,
} from "../../node/privacy/masking/index.ts";

/** What is fixed before anybody acts. */
export interface MaskedRoundRules {
  readonly drawn: number;
  readonly neighbours: number;
  readonly thresholdPercent: number;
  readonly minUpdates: number;
  readonly parameterCount: number;
  readonly clipLanes: number;
  readonly maxWeight: number;
}

/** One participant with what it has done so far. */
export interface MaskingClient {
  readonly slot: number;
  readonly participant: Address;
  readonly privateKey: Uint8Array;
  readonly encryptionKey: Bytes32;
  readonly lanes: Int32Array;
  readonly weight: number;
  secrets?: SecretsRecord;
  bundle?: Uint8Array;
  masked?: MaskedRecord;
  maskedLanes?: Int32Array;
  answer?: AnswerRecord;
}

const deployment = { chainId: 31_337, federation: `0x${"fe".repeat(20)}` as Address };
const encryptionPool = Array.from({ length: 64 }, (_, i) => {
  return deriveNodeKeys(toHex(keccak256(abiWords(7, i)))).encryption;
});

/** A round in which every participant acts when it is told to. */
export class MaskedRoundPlay {
  readonly rules: MaskedRoundRules;
  readonly opening: { taskId: number; round: number; seed: bigint; baseModelRoot: Bytes32 };
  readonly clients: readonly MaskingClient[];
  readonly advertisements: BoundKey[] = [];
  readonly commitments: ClosedView["commitments"][number][] = [];
  private readonly random: Random;

  constructor(rules: MaskedRoundRules, random: Random) {
    this.rules = rules;
    this.random = random;
    const seed = BigInt(toHex(random.bytes(9)));
    this.opening = { taskId: 4, round: 2, seed, baseModelRoot: toHex(random.bytes(32)) };
    this.clients = Array.from({ length: rules.drawn }, (_, slot) => {
      const { privateKey, publicKey: encryptionKey } = encryptionPool[slot]!;
      const numbers = new Int32Array(random.bytes(4 * rules.parameterCount).buffer);
      const lanes = numbers.map((value) => value % (rules.clipLanes + 1));
      const weight = 1 + (random.bytes(1)[0]! % rules.maxWeight);
      return { slot, participant: toHex(random.bytes(20)), privateKey, encryptionKey, lanes, weight };
    });
  }

  /** The participant in this slot makes its secrets, deals its shares and advertises. */
  async advertise(slot: number): Promise<void> {
    const client = this.clients[slot]!;
    const { neighbours, thresholdPercent, minUpdates, drawn } = this.rules;
    const secrets = createMaskSecrets(this.random);
    const { participant } = client;
    const receivers = maskNeighbours(slot, { ...this.opening, drawn, neighbours }).map((other) => this.clients[other]!);
    const context = { ...deployment, ...this.opening };
    client.bundle = await sealShares({ context, from: participant, secrets, thresholdPercent, neighbours: receivers });
    const sharesId = toHex(keccak256(client.bundle));
    const rules = { drawn, neighbours, thresholdPercent, minUpdates };
    client.secrets = { ...this.opening, ...rules, participant, slot, secrets, sharesId };
    const { maskKey, seedHash } = secrets;
    this.advertisements.push({ participant, slot, maskKey, seedHash, sharesId });
  }

  /** The participant masks its update with the keys there are, and commits to it. */
  async commit(slot: number, view: KeyedView = this.keyed()): Promise<void> {
    const client = this.clients[slot]!;
    const { participant, lanes, weight } = client;
    const keys = checkMasking({ secrets: client.secrets!, masked: client.masked }, view);
    const round = this.keyedRound();
    client.maskedLanes = await maskUpdate({ lanes, weight, slot, secrets: client.secrets!.secrets, round });
    const updateRoot = updateRootOf(participant, chunkTreeRoot(client.maskedLanes));
    const contentId = toHex(keccak256(new Uint8Array(client.maskedLanes.buffer)));
    client.masked = { baseModelRoot: this.opening.baseModelRoot, keys, updateRoot, contentId, weight };
    this.commitments.push({ participant, slot, weight, updateRoot, contentId });
  }

  /** The round as everybody sees it while it is open. */
  keyed(): KeyedView {
    return { ...this.opening, drawn: this.rules.drawn, advertisements: [...this.advertisements] };
  }

  /** The round as everybody sees it once it is closed, with changes whose accumulator is the right one for them. */
  closed(changes: Partial<Omit<ClosedView, "accumulator">> = {}): ClosedView {
    const view = { ...this.keyed(), enrolled: this.rules.drawn, commitments: [...this.commitments], ...changes };
    const start = startAccumulator({ ...deployment, taskId: this.opening.taskId, ...view });
    const entries = [...(view.advertisements ?? []), ...view.commitments];
    return { ...view, accumulator: entries.reduce(extendAccumulator, start) };
  }

  /** Fewest commitments with which the contract lets the round go on. */
  leastUpdates(): number {
    const { minUpdates, thresholdPercent } = this.rules;
    return Math.max(minUpdates, Math.ceil((this.advertisements.length * thresholdPercent) / 100));
  }

  /** What the participant gives when it is asked to open a closing; remembered as its journal would. */
  async ask(slot: number, view: ClosedView = this.closed(), bundles = this.bundles()): Promise<Unmasking> {
    const { secrets, masked, answer, privateKey } = this.clients[slot]!;
    const request = { ...this.request(view, bundles), privateKey };
    const given = await answerUnmasking({ secrets: secrets!, masked, answer }, request);
    this.clients[slot]!.answer = given.record;
    return given;
  }

  /** What everybody is asked alike. */
  request(view: ClosedView, bundles = this.bundles()) {
    return { ...deployment, taskId: this.opening.taskId, view, bundles };
  }

  /** The bundles that everybody can fetch, by slot. */
  bundles(): Map<number, Uint8Array> {
    const dealt = this.clients.filter(({ bundle }) => bundle !== undefined);
    return new Map(dealt.map(({ slot, bundle }) => [slot, bundle!]));
  }

  async collect(answers: readonly UnmaskAnswer[], bundles = this.bundles()): Promise<CollectedOpenings> {
    const { thresholdPercent } = this.rules;
    return await collectOpenings({ round: this.closedRound(), thresholdPercent, bundles, answers });
  }

  keyedRound() {
    const { drawn, neighbours } = this.rules;
    return { ...this.opening, drawn, neighbours, advertisements: this.advertisements };
  }

  closedRound(): ClosedRound<BoundKey> {
    return { ...this.keyedRound(), surviving: this.commitments.map(({ slot }) => slot) };
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
  const defaults = { drawn: 5, neighbours: 0, thresholdPercent: 67, minUpdates: 3, parameterCount: 20 };
  const play = new MaskedRoundPlay({ ...defaults, clipLanes: 1000, maxWeight: 50, ...rules }, random);
  const keyed = play.clients.filter(({ slot }) => !silent.includes(slot));
  for (const { slot } of keyed) await play.advertise(slot);
  for (const { slot } of keyed) if (!dropped.includes(slot)) await play.commit(slot);
  return play;
}
