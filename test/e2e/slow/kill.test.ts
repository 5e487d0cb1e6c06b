import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createSeededRandom } from "../../../node/training/data/seeded-random.ts";
import { startFedledger } from "../../support/processes/fedledger-process.ts";

const runs = Number(process.env.KILL_RUNS ?? 20);
const firstSeed = Number(process.env.KILL_SEED ?? 1);
/** Events that the nodes of a four-round demo tell, about. */
const eventsOfRun = 150;

describe(`kill -9 of any one process at a random moment, ${runs} seeded runs of the demo`, function () {
  this.timeout(240_000);
  const folder = mkdtempSync(join(tmpdir(), "fedledger-kill-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    it(`seed ${seed}`, async function () {
      const random = createSeededRandom(seed);
      const victim = random.below(7);
      const moment = random.below(eventsOfRun);
      const demo = startFedledger([
        "demo",
        "--json",
        "--rounds",
        "4",
        "--seed",
        String(seed),
        "--out",
        join(folder, String(seed)),
      ]);
      const pids = new Map<string, number>();
      let told = 0;
      let killed: string | undefined;
      await demo
        .until((event) => {
          if (event.event === "process") pids.set(event.name as string, event.pid as number);
          if (event.event !== "node" || ++told < moment || pids.size < 7) return false;
          const [name, pid] = [...pids][victim] as [string, number];
          killed = name;
          process.kill(pid, "SIGKILL");
          return true;
        })
        .catch(() => undefined);
      const { code, events, stderr } = await demo.finished;
      this.test!.title += `: ${killed ?? "nobody"} after ${told} events, exit ${code}`;
      expect(killed, "the run was over before the moment came").not.to.equal(undefined);
      if (killed === "chain") {
        // the record was in its memory: the demo must say so
        expect(code).to.equal(1);
        expect(stderr).to.contain("PROCESS_DIED");
        return;
      }
      expect(code, stderr).to.equal(0);
      const verdict = events.find(
        (event) => event.event === "node" && (event.data as { event?: string }).event === "verdict",
      );
      expect((verdict?.data as { verdict: string }).verdict).to.equal("verified");
    });
  }
});
