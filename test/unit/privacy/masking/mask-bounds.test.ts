// Property 6 of masked rounds: how many colluders, the endpoint among them, it takes to read one member's update. First
// by counting all that an endpoint can
// show to whom; then with the node's own rules, every honest member asking them.
import { expect } from "chai";
import { combine } from "shamir-secret-sharing";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { isFedledgerError } from "../../../../node/core/errors/error.ts";
import { mayBeMissing, shareThreshold } from "../../../../node/core/modes/share-threshold.ts";
import {
  addMask,
  type ClosedView,
  entryOf,
  type HeldShares,
  isSecretKeyOf,
  openShare,
  pairSeed,
  seedHashOf,
  shareBytes,
} from "../../../../node/privacy/masking/index.ts";
import { createSeededRandom } from "../../../simulation/world/seeded-random.ts";
import { MaskedRoundPlay, playToClosing } from "../../../support/states/masked-round.ts";

const sizes = [3, 4, 5, 6, 7, 8, 9, 10];
const percentages = [51, 60, 67, 75, 80, 100];

/**
 * Fewest colluders among a member's n − 1 fellows that read its update: (a) its own endpoint lies, (b) all honest
 * members are shown what one likes.
 */
function bounds(n: number, percent: number): { readonly t: number; readonly a: number; readonly b: number } {
  const t = shareThreshold(n, percent);
  return { t, a: t, b: Math.min(t, 2 * t + 2 - n) };
}

/** Whether a member of `view` honest ones of a closing opens it, with the words of all colluders. */
const opens = (honest: number, colluders: number, t: number) => honest + colluders - 1 >= t;

/**
 * Whether c colluders can have both secrets of a victim, `within` honest members being shown that it survived and
 * `without` that it dropped; each of them signs one word only, and a closing is of at least t + 1.
 */
function readsUpdate(c: number, t: number, within: number, without: number): boolean {
  // the victim itself is one of those who are shown that it survived
  const isToldSeed = opens(within + 1, c, t) || c >= t;
  const keyShares = c + (without > 0 && opens(without, c, t) ? without : 0);
  return isToldSeed && keyShares >= t;
}

describe("bounds of masked rounds, by counting", () => {
  it("(a) where only the victim's own endpoint lies, t colluders read its update, and fewer do not", () => {
    for (const n of sizes) {
      for (const percent of percentages) {
        const { t, a } = bounds(n, percent);
        for (let c = 0; c < n; c++) {
          // all other honest ones see the one true closing, in which it dropped
          const honest = n - 1 - c;
          expect(readsUpdate(c, t, 0, honest), `n ${n}, ${percent} %, c ${c}`).to.equal(c >= a);
        }
      }
    }
  });

  it("(b) whatever honest members are shown: min(t, 2t + 2 − n) colluders do, and fewer do not", () => {
    for (const n of sizes) {
      for (const percent of percentages) {
        const { t, b } = bounds(n, percent);
        for (let c = 0; c < n; c++) {
          const honest = n - 1 - c;
          let isRead = false;
          for (let within = 0; within <= honest; within++) {
            for (let without = 0; without <= honest - within; without++) {
              isRead ||= readsUpdate(c, t, within, without);
            }
          }
          expect(isRead, `n ${n}, ${percent} %, c ${c}`).to.equal(c >= b);
        }
        expect(b, "never below 2t − (n − 1)").to.be.at.least(Math.min(t, 2 * t - (n - 1)));
      }
    }
  });

  it("a majority of the threshold never splits: b is at least 1, and at 67 % two of three to five", () => {
    for (const n of sizes) for (const percent of percentages) expect(bounds(n, percent).b).to.be.at.least(1);
    const table = sizes.map((n) => ({ n, ...bounds(n, 67), missing: mayBeMissing(n, 67) }));
    expect(table).to.deep.equal([
      { n: 3, t: 2, a: 2, b: 2, missing: 0 },
      { n: 4, t: 3, a: 3, b: 3, missing: 0 },
      { n: 5, t: 3, a: 3, b: 3, missing: 1 },
      { n: 6, t: 4, a: 4, b: 4, missing: 1 },
      { n: 7, t: 5, a: 5, b: 5, missing: 1 },
      { n: 8, t: 5, a: 5, b: 4, missing: 2 },
      { n: 9, t: 6, a: 6, b: 5, missing: 2 },
      { n: 10, t: 7, a: 7, b: 6, missing: 2 },
    ]);
  });

  it("t by those who advertised would be worth nothing: an endpoint shows a subset of signed keys, and one colluder reads", () => {
    // ten drawn, shares dealt for seven; the victim is shown three keys, and asks for two words: an honest fellow's and
    // the colluder's
    const shareT = shareThreshold(10, 67);
    const wordT = shareThreshold(3, 67);
    const [c, within] = [1, 1];
    const without = 10 - 1 - c - within;
    expect(c + within >= wordT && c + without >= shareT).to.equal(true);
    expect(readsUpdate(c, shareT, within, without), "by those drawn").to.equal(false);
  });
});

const victim = 0;

/**
 * What the coalition of the last c members knows of a victim: its own shares, and what honest members tell the world.
 */
class Coalition {
  private readonly play: MaskedRoundPlay;
  readonly slots: readonly number[];
  private readonly seeds = new Map<string, Uint8Array>();
  private readonly keys = new Map<string, Uint8Array>();

  constructor(play: MaskedRoundPlay, size: number) {
    this.play = play;
    this.slots = play.clients.slice(play.clients.length - size).map(({ slot }) => slot);
  }

  /** Opens what the victim dealt to its members. */
  async openOwn(): Promise<void> {
    const { participant, bundle, secrets } = this.play.clients[victim]!;
    for (const slot of this.slots) {
      const { participant: to, shareKey } = this.play.clients[slot]!;
      const entry = entryOf(bundle!, victim, slot);
      const held = await openShare(secrets!.start, { from: participant, to, entry, privateKey: shareKey.privateKey });
      this.keep(held!);
    }
  }

  private keep({ seed, key }: Partial<HeldShares>): void {
    if (seed) this.seeds.set(toHex(seed), seed);
    if (key) this.keys.set(toHex(key), key);
  }

  /** Shows honest members a closing and hears what they tell, if they do: each has the words of all who signed it. */
  async show(view: ClosedView, honest: readonly number[]): Promise<void> {
    const { play } = this;
    const signed = honest.filter((slot) => tried(() => play.sign(slot, view)));
    const words = [...signed, ...this.slots].map((slot) => play.wordOf(slot, view));
    for (const slot of signed) {
      const given = await play.open(slot, { view, words }).catch((error: unknown) => {
        if (isFedledgerError(error)) return undefined;
        throw error;
      });
      if (given === undefined) continue;
      const { seed, shares } = given.answer;
      if (slot === victim) this.seeds.set("whole", seed);
      // the victim's share is the first: its slot is the lowest
      else if (view.commitments.some((one) => one.slot === victim)) this.keep({ seed: shares.slice(0, shareBytes) });
      else this.keep({ key: shares.slice(0, shareBytes) });
    }
  }

  /** The victim's lanes, where both of its secrets are known. */
  async read(): Promise<Int32Array | undefined> {
    const { play } = this;
    const { secrets, maskedLanes, weight } = play.clients[victim]!;
    const { maskKey, seedHash } = secrets!.secrets;
    const seed = this.seeds.get("whole") ?? (await combined(this.seeds, secrets!.drawn, play));
    const key = await combined(this.keys, secrets!.drawn, play);
    if (seed === undefined || key === undefined || seedHashOf(seed) !== seedHash) return undefined;
    if (!isSecretKeyOf(key, maskKey)) return undefined;
    const lanes = maskedLanes!.slice();
    addMask(lanes, seed, -1);
    for (const { slot, maskKey: theirs } of play.advertisements.filter(({ slot }) => slot !== victim)) {
      const { taskId } = play;
      addMask(lanes, pairSeed({ taskId, round: play.opening.round, slots: [victim, slot] }, key, theirs), -1);
    }
    return lanes.map((lane) => lane / weight);
  }
}

async function combined(shares: ReadonlyMap<string, Uint8Array>, drawn: number, play: MaskedRoundPlay) {
  const whole = [...shares.values()].filter(({ length }) => length === shareBytes);
  const t = shareThreshold(drawn, play.rules.thresholdPercent);
  return whole.length < Math.max(2, t) ? undefined : await combine(whole.map((share) => Uint8Array.from(share)));
}

function tried(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (isFedledgerError(error)) return false;
    throw error;
  }
}

/**
 * Plays the attack with `within` honest fellows shown that the victim survived, the other honest ones that it dropped,
 * those as `without` at most.
 */
async function attack(play: MaskedRoundPlay, c: number, within: number, without: number): Promise<boolean> {
  for (const client of play.clients) delete client.closing;
  const coalition = new Coalition(play, c);
  const honest = play.clients.slice(1, play.clients.length - c).map(({ slot }) => slot);
  await coalition.openOwn();
  const dropped = play.closed({ commitments: play.commitments.filter(({ slot }) => slot !== victim) });
  await coalition.show(play.closed(), [victim, ...honest.slice(0, within)]);
  await coalition.show(dropped, honest.slice(within, within + without));
  const lanes = await coalition.read();
  if (lanes !== undefined) expect(lanes).to.deep.equal(play.clients[victim]!.lanes);
  return lanes !== undefined;
}

describe("bounds of masked rounds, with the node's own rules", function () {
  this.timeout(60_000);
  for (const n of sizes) {
    it(`n = ${n}: one colluder fewer reads nothing however it splits the others, as many do`, async () => {
      const play = await playToClosing({ drawn: n, parameterCount: 16 }, createSeededRandom(n));
      const { a, b, t } = bounds(n, 67);
      for (let c = 0; c <= Math.min(a, n - 1); c++) {
        const honest = n - 1 - c;
        // (a) one endpoint: the others see the truth, in which it dropped
        expect(await attack(play, c, 0, honest), `(a) c ${c}`).to.equal(c >= a);
        // (b) a shared endpoint: any split
        let isRead = false;
        for (let within = 0; within <= honest; within++) isRead ||= await attack(play, c, within, honest - within);
        expect(isRead, `(b) c ${c} of t ${t}`).to.equal(c >= b);
      }
    });
  }
});

describe("a round that an endpoint makes up, whose members but the victim are colluders", () => {
  for (const n of sizes) {
    it(`n = ${n}: fewer than t make none that the victim masks in, t do and read its update`, async () => {
      const { t } = bounds(n, 67);
      const rules = { drawn: n, thresholdPercent: 67, minUpdates: 3, parameterCount: 16, clipLanes: 9, maxWeight: 9 };
      for (const c of [t - 1, t]) {
        const play = new MaskedRoundPlay(rules, createSeededRandom(n));
        const colluders = play.clients.slice(n - c).map(({ slot }) => slot);
        for (const slot of [victim, ...colluders]) await play.advertise(slot);
        const isMasked = await play.commit(victim).then(
          () => true,
          (error: unknown) => {
            if (isFedledgerError(error, "MASK_BELOW_THRESHOLD")) return false;
            throw error;
          },
        );
        expect(isMasked, `c ${c}`).to.equal(c >= t);
        if (!isMasked) continue;
        for (const slot of colluders) await play.commit(slot);
        const coalition = new Coalition(play, c);
        await coalition.openOwn();
        await coalition.show(play.closed(), [victim]);
        expect(await coalition.read()).to.deep.equal(play.clients[victim]!.lanes);
      }
    });
  }
});
