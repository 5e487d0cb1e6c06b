// Clipping and noise of an update of a million parameters, seconds of processor time, by mechanism; the best of three
// runs.
//
//   node test/bench/noise-speed.ts [PARAMETERS]
import type { ParticipantPrivacy } from "../../node/core/task/privacy-spec.ts";
import { noisePlan, privateUpdate } from "../../node/privacy/noise/index.ts";
import { createRandom } from "../../node/system/index.ts";

const parameters = Number(process.argv[2] ?? 1_000_000);
const rules = { mode: "transparent", minUpdates: 1, fractionBits: 16, clipLanes: 2 ** 31 - 1 } as const;
const local = Float32Array.from({ length: parameters }, (_, i) => Math.sin(i) / 100);
const base = new Int32Array(parameters);
const random = createRandom();

process.stdout.write(`| mechanism | ${parameters.toLocaleString("en")} parameters |\n| --- | --- |\n`);
for (const mechanism of ["discrete-gaussian", "discrete-laplace", "skellam"] as const) {
  const privacy: ParticipantPrivacy = {
    unit: "participant",
    mechanism,
    clipNorm: 1,
    noiseMultiplier: 1.3,
    epsilon: 8,
    delta: 1e-5,
  };
  const plan = noisePlan(privacy, rules);
  let bestS = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run++) {
    const before = process.cpuUsage();
    await privateUpdate(local, base, { plan, fractionBits: 16, clipLanes: rules.clipLanes, random });
    bestS = Math.min(bestS, process.cpuUsage(before).user / 1e6);
  }
  process.stdout.write(`| ${mechanism} | ${bestS.toFixed(2)} s |\n`);
}
