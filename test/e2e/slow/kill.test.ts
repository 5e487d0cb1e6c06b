import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { errorCatalogue } from "../../../node/core/errors/error-catalogue.ts";
import { createSeededRandom } from "../../../node/training/data/seeded-random.ts";
import { startFedledger } from "../../support/processes/fedledger-process.ts";

const runs = Number(process.env.KILL_RUNS ?? 20);
const firstSeed = Number(process.env.KILL_SEED ?? 1);
const haltMs = 1_000 * Number(process.env.KILL_HALT_S ?? 60);
/** Events that the nodes of a four-round demo tell, about. */
const eventsOfRun = 150;

/** What happens to a process. */
const harms = ["killed", "halted", "killed with its journal damaged"] as const;
type Harm = (typeof harms)[number];

describe(`one process is killed, halted or damaged at a random moment, ${runs} seeded runs of the demo`, function () {
  this.timeout(400_000);
  const folder = mkdtempSync(join(tmpdir(), "fedledger-kill-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Turns bits of a node's journal, where it has one. */
  function damageJournal(directory: string, below: (limit: number) => number): void {
    const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
    for (const name of names.filter((each) => each.endsWith("journal.sqlite"))) {
      const bytes = readFileSync(join(directory, name));
      for (let i = 0; i < 64; i++) {
        const at = below(bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
      }
      writeFileSync(join(directory, name), bytes);
    }
  }

  function harmBy(harm: Harm, pid: number, directory: string, below: (limit: number) => number): void {
    if (harm === "killed") return void process.kill(pid, "SIGKILL");
    process.kill(pid, "SIGSTOP");
    if (harm === "halted") return void setTimeout(() => process.kill(pid, "SIGCONT"), haltMs);
    damageJournal(directory, below);
    process.kill(pid, "SIGKILL");
  }

  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    it(`seed ${seed}`, async function () {
      const random = createSeededRandom(seed);
      const victim = random.below(7);
      const moment = random.below(eventsOfRun);
      const harm = harms[seed % harms.length] as Harm;
      const out = join(folder, String(seed));
      const demo = startFedledger(["demo", "--json", "--rounds", "4", "--seed", String(seed), "--out", out]);
      const pids = new Map<string, number>();
      let told = 0;
      let harmed: string | undefined;
      await demo
        .until((event) => {
          if (event.event === "process") pids.set(event.name as string, event.pid as number);
          if (event.event !== "node" || ++told < moment || pids.size < 7) return false;
          const [name, pid] = [...pids][victim] as [string, number];
          harmed = name;
          harmBy(name === "chain" && harm !== "halted" ? "killed" : harm, pid, join(out, "nodes", name), (limit) =>
            random.below(limit),
          );
          return true;
        })
        .catch(() => undefined);
      const { code, events, stderr } = await demo.finished;
      this.test!.title += `: ${harmed ?? "nobody"} ${harm} after ${told} events, exit ${code}`;
      expect(harmed, "the run was over before the moment came").not.to.equal(undefined);
      const of = events.filter(({ event }) => event === "node").map(({ data }) => data as Record<string, unknown>);
      // nobody was proven to have said two things
      expect(of.filter(({ kind, proofKind }) => kind === "expelled" || proofKind !== undefined)).to.deep.equal([]);
      const reason = Object.keys(errorCatalogue).find((name) => stderr.includes(`${name}:`));
      const lost = harmed === "chain" && harm !== "halted";
      // the record was in the chain's memory: the demo must say so
      if (lost) expect([code, reason]).to.deep.equal([1, "PROCESS_DIED"]);
      else if (harm === "killed") expect(code, stderr).to.equal(0);
      else if (code !== 0) expect(reason, stderr).not.to.equal(undefined);
      if (code === 0) expect(of.find(({ event }) => event === "verdict")?.verdict).to.equal("verified");
    });
  }
});
