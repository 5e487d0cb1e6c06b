import { createSimulatedFederation } from "./federation.ts";
import { brokenProperties } from "./properties.ts";
const [from, to] = [Number(process.argv[2]), Number(process.argv[3])];
const start = Date.now();
for (let seed = from; seed <= to; seed++) {
  const f = createSimulatedFederation(seed);
  try {
    const broken = await brokenProperties(f, await f.run(6000));
    if (broken.length > 0) console.log(seed, f.scenario.rules.mode, JSON.stringify(broken).slice(0, 700));
  } catch (error) { console.log(seed, "THROWN", (error as Error).stack?.slice(0, 600)); }
  if (Date.now() - start > 90_000) { console.log("until", seed); break; }
}
console.log("done", (Date.now() - start) / 1000);
