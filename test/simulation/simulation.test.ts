import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { foldTask } from "../../node/core/record/fold-task.ts";
import { drawEncryptedScenario, drawLyingScenario, drawMaskedScenario } from "./world/draw-scenarios.ts";
import { createSimulatedFederation, type SimulatedFederation, simulatedBfv } from "./world/federation.ts";
import { wrongfulProofs } from "./world/play.ts";
import { brokenProperties } from "./world/properties.ts";
import { createSeededRandom } from "./world/seeded-random.ts";

const notablePath = new URL("notable-seeds.json", import.meta.url);
const notable = JSON.parse(readFileSync(notablePath, "utf8")) as {
  seed: number;
  why: string;
  lying?: true;
  masked?: true;
  encrypted?: true;
}[];
const seedCount = Number(process.env.SIM_SEEDS ?? 25);
const maskedCount = Math.ceil(seedCount / 20);
const encryptedCount = Math.ceil(seedCount / 40);
const lyingCount = seedCount;
const firstSeed = Number(process.env.SIM_FIRST ?? 1);
/** More than any scenario needs beside its challenge window. */
const limitS = 3600;

type Kind = "lying" | "masked" | "encrypted";
const scenarios = {
  lying: drawLyingScenario,
  masked: drawMaskedScenario,
  encrypted: drawEncryptedScenario,
} as const;

/** What came of lies: each must come up among the seeds. */
const lied = { "struck before acceptance": 0, "one round void": 0, "several rounds void": 0, "an invalid update": 0 };

function count({ chain }: SimulatedFederation): void {
  const { rounds, expelled = [] } = foldTask(chain.events());
  const voids = rounds.filter((round) => round.void && round.result).length;
  if (rounds.some(({ struck, result }) => struck !== undefined && !result)) lied["struck before acceptance"]++;
  if (rounds.some(({ struck, result, void: isVoid }) => struck && result && !isVoid))
    lied["struck before acceptance"]++;
  if (voids === 1) lied["one round void"]++;
  if (voids > 1) lied["several rounds void"]++;
  if (expelled.some(({ kind }) => kind === "invalid-update")) lied["an invalid update"]++;
}

async function check(seed: number, kind?: Kind): Promise<void> {
  const given = kind && scenarios[kind](createSeededRandom(seed));
  const federation = createSimulatedFederation(seed, given);
  const broken = await brokenProperties(
    federation,
    await federation.run(limitS + 2 * federation.scenario.rules.challengeWindowS),
  );
  broken.push(...wrongfulProofs(federation).map((refused) => `a proof was refused: ${JSON.stringify(refused)}`));
  if (kind === "lying") count(federation);
  if (broken.length === 0) return;
  const why = broken.join("; ");
  if (!notable.some((known) => known.seed === seed && kindOf(known) === kind)) {
    notable.push({ seed, why, ...(kind && { [kind]: true }) });
    writeFileSync(notablePath, `${JSON.stringify(notable, undefined, 2)}\n`);
  }
  expect.fail(`seed ${seed}: ${why}\n${JSON.stringify(federation.scenario)}`);
}

function kindOf({ lying, masked, encrypted }: (typeof notable)[number]): Kind | undefined {
  return lying ? "lying" : masked ? "masked" : encrypted ? "encrypted" : undefined;
}

describe("simulated federations", () => {
  // SEAL loads in real time
  before(() => simulatedBfv.createPublicKey(new Uint8Array(1024)));

  it("keep every property under seeds that once found something", async () => {
    for (const known of notable) await check(known.seed, kindOf(known));
  });

  for (let from = firstSeed; from < firstSeed + seedCount; from += 25) {
    const to = Math.min(from + 25, firstSeed + seedCount) - 1;
    it(`keep every property under seeds ${from} to ${to}`, async () => {
      for (let seed = from; seed <= to; seed++) await check(seed);
    });
  }

  for (let from = firstSeed; from < firstSeed + lyingCount; from += 25) {
    const to = Math.min(from + 25, firstSeed + lyingCount) - 1;
    it(`keep every property with a lying aggregator under seeds ${from} to ${to}`, async () => {
      for (let seed = from; seed <= to; seed++) await check(seed, "lying");
    });
  }

  it("lie in every way", function () {
    if (lyingCount < 200) this.skip();
    for (const [end, times] of Object.entries(lied)) expect(times, `${end}: ${JSON.stringify(lied)}`).to.be.above(0);
  });

  for (let from = firstSeed; from < firstSeed + maskedCount; from += 5) {
    const to = Math.min(from + 5, firstSeed + maskedCount) - 1;
    it(`keep every property with masked updates under seeds ${from} to ${to}`, async () => {
      for (let seed = from; seed <= to; seed++) await check(seed, "masked");
    });
  }

  it(`keep every property with encrypted updates under ${encryptedCount} seeds from ${firstSeed}`, async () => {
    for (let seed = firstSeed; seed < firstSeed + encryptedCount; seed++) await check(seed, "encrypted");
  });

  it("repeat exactly, step by step, under the same seed", async () => {
    const once = createSimulatedFederation(4);
    const again = createSimulatedFederation(4);
    await once.run(limitS);
    await again.run(limitS);
    expect(once.progress.length).to.be.greaterThan(50);
    expect(again.progress).to.deep.equal(once.progress);
    expect(again.chain.events()).to.deep.equal(once.chain.events());
  });
});
