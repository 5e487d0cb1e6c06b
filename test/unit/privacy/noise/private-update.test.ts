import { expect } from "chai";
import { modeOf } from "../../../../node/core/modes/mode-of.ts";
import {
  clipLanesFor,
  greatestClipLanes,
  leastNoisePlan,
  type NoiseRules,
  noisePlan,
  privateUpdate,
} from "../../../../node/privacy/noise/index.ts";
import { createSeededRandom } from "../../../simulation/world/seeded-random.ts";
import { adaptivePrivacy, gaussianPrivacy } from "../../../support/states/privacy-specs.ts";
import { momentsOf } from "../../../support/training/goodness-of-fit.ts";

const rules: NoiseRules = { mode: "transparent", minUpdates: 6, fractionBits: 16, clipLanes: 1 << 24 };
const masked = { ...rules, mode: "masked" } as const;

/** Standard deviation of the noise on a zero update, in lanes. */
function stdOf(lanes: Int32Array): number {
  let at = 0;
  return momentsOf(() => lanes[at++]!, lanes.length).std;
}

function noised(plan: ReturnType<typeof noisePlan>, size: number, seed: number, value = 0) {
  const local = new Float32Array(size).fill(value);
  return privateUpdate(local, new Int32Array(size), {
    plan,
    fractionBits: 16,
    clipLanes: 1 << 24,
    random: createSeededRandom(seed),
  });
}

describe("privacy/noise/noise-plan", () => {
  it("is in lanes: clip norm, and noise of multiplier times clip norm", () => {
    const plan = noisePlan(gaussianPrivacy, rules);
    expect(plan.clipNormLanes).to.equal(2 ** 15);
    expect(plan.noiseLanes).to.equal(1.2 * 2 ** 15);
    expect(plan.shares).to.equal(1);
    expect(plan.norm).to.equal("l2");
    const laplace = noisePlan({ ...gaussianPrivacy, mechanism: "discrete-laplace" }, rules);
    expect(laplace.noiseLanes, "an integer scale, rounded up").to.equal(39322);
    expect(laplace.norm).to.equal("l1");
  });

  it("divides the noise among the fewest a round can end with, less one", () => {
    expect(modeOf(rules).noiseShares(rules.minUpdates)).to.equal(1);
    expect(modeOf(masked).noiseShares(masked.minUpdates)).to.equal(5);
    expect(modeOf({ mode: "encrypted" }).noiseShares(1)).to.equal(1);
    const plan = noisePlan(gaussianPrivacy, masked);
    expect(plan.noiseLanes).to.be.closeTo((1.2 * 2 ** 15) / Math.sqrt(5), 1e-9);
  });

  it("the adaptive clip norm is a function of the base model's last lane", () => {
    const at = (lane: number) => noisePlan(adaptivePrivacy, rules, lane).clipNormLanes;
    expect(at(0)).to.equal(2 ** 15);
    // a lane of 2.5: rounds in which more were within than the quantile; rate 0.2
    expect(at(2.5 * 2 ** 16)).to.equal(Math.floor(2 ** 15 * Math.exp(-0.5)));
    expect(at(-2.5 * 2 ** 16)).to.equal(Math.floor(2 ** 15 * Math.exp(0.5)));
    expect(at(2 ** 31 - 1), "not below 1/1024").to.equal(32);
    expect(leastNoisePlan(adaptivePrivacy, rules).clipNormLanes).to.equal(32);
    expect(at(-(2 ** 31)), "not above what has room").to.equal(greatestClipLanes(adaptivePrivacy, rules));
    const greatest = noisePlan(adaptivePrivacy, rules, -(2 ** 31));
    expect(clipLanesFor({ ...greatest, indicator: undefined } as never)).to.be.at.most(rules.clipLanes + 2);
  });

  it("the word on the clip is in units of one, its sensitivity the greater side of the quantile", () => {
    const { indicator } = noisePlan(
      { ...adaptivePrivacy, adaptive: { quantile: 0.8, rate: 0.2, noiseStd: 3 } },
      masked,
    );
    expect(indicator!.unitLanes).to.equal(2 ** 16);
    expect(indicator!.sensitivityLanes).to.equal(Math.ceil(0.8 * 2 ** 16));
    expect(indicator!.noiseLanes).to.be.closeTo((3 * 2 ** 16) / Math.sqrt(5), 1e-9);
  });
});

describe("privacy/noise/private-update", () => {
  it("adds noise of the planned standard deviation to every lane, whatever the mechanism", async () => {
    for (const mechanism of ["discrete-gaussian", "skellam"] as const) {
      const plan = noisePlan({ ...gaussianPrivacy, mechanism }, rules);
      expect(stdOf((await noised(plan, 20_000, 5)).lanes) / (1.2 * 2 ** 15)).to.be.within(0.97, 1.03);
    }
    const laplace = noisePlan({ ...gaussianPrivacy, mechanism: "discrete-laplace" }, rules);
    expect(stdOf((await noised(laplace, 20_000, 6)).lanes) / (1.2 * 2 ** 15)).to.be.within(1.36, 1.46);
  });

  it("shares of six participants carry more than the whole, those of five all of it", async () => {
    const plan = noisePlan(gaussianPrivacy, masked);
    const sum = new Int32Array(20_000);
    for (let participant = 0; participant < 5; participant++) {
      for (const [i, lane] of (await noised(plan, 20_000, 10 + participant)).lanes.entries()) sum[i]! += lane;
    }
    expect(stdOf(sum) / (1.2 * 2 ** 15)).to.be.within(0.97, 1.03);
  });

  it("clips before it adds: what is left of a long update is its direction", async () => {
    const plan = { ...noisePlan(gaussianPrivacy, rules), noiseLanes: 0.1 };
    const { lanes, clipped } = await noised(plan, 4, 7, 100);
    expect(clipped).to.equal(true);
    for (const lane of lanes) expect(lane).to.be.within(2 ** 14 - 12, 2 ** 14 + 12);
    expect((await noised(plan, 4, 7, 0.1)).clipped).to.equal(false);
  });

  it("carries whether it was within the norm in one more lane", async () => {
    const plan = noisePlan(adaptivePrivacy, rules);
    const quiet = { ...plan, indicator: { ...plan.indicator!, noiseLanes: 0.1 } };
    expect((await noised(quiet, 4, 7, 100)).lanes).to.have.length(5);
    expect((await noised(quiet, 4, 7, 100)).lanes[4]! / 2 ** 16).to.be.closeTo(-0.5, 0.001);
    expect((await noised(quiet, 4, 7, 0.1)).lanes[4]! / 2 ** 16).to.be.closeTo(0.5, 0.001);
  });

  it("lets the event loop run, and stops at an abort", async () => {
    const plan = noisePlan(gaussianPrivacy, rules);
    const stop = new AbortController();
    let isDone = false;
    setTimeout(() => {
      expect(isDone).to.equal(false);
      stop.abort(new RangeError("enough"));
    }, 0);
    const options = { plan, fractionBits: 16, clipLanes: 1 << 24, random: createSeededRandom(3), signal: stop.signal };
    const size = 1 << 17;
    const work = privateUpdate(new Float32Array(size), new Int32Array(size), options).finally(() => {
      isDone = true;
    });
    expect(await work.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
  });

  it("draws anew each time, and cuts to the task's clip", async () => {
    const plan = noisePlan(gaussianPrivacy, rules);
    expect((await noised(plan, 50, 1)).lanes).to.not.deep.equal((await noised(plan, 50, 2)).lanes);
    const random = createSeededRandom(3);
    const options = { plan, fractionBits: 16, clipLanes: 1000, random };
    const { lanes } = await privateUpdate(new Float32Array(200), new Int32Array(200), options);
    expect(lanes.every((lane) => Math.abs(lane) <= 1000)).to.equal(true);
    expect(lanes.includes(1000)).to.equal(true);
  });
});
