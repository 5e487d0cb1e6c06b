import { attackByName } from "./attack-by-name.ts";
import { checkEnding } from "./check-ending.ts";
import { runFederation } from "./run-federation.ts";
for (const name of process.argv.slice(2)) {
  const attack = attackByName(name);
  const start = performance.now();
  try {
    const run = await runFederation({ seed: 1, attack, onLine: ({ text }) => console.log(((performance.now() - start) / 1000).toFixed(1), text), signal: new AbortController().signal, log: `/tmp/h7/${name}.log` });
    console.log(`== ${name}`, checkEnding(run, attack));
  } catch (e) { console.log(`== ${name} FAILED`, e); }
}
process.exit(0);
