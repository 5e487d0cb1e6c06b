import { setTimeout as pause } from "node:timers/promises";
import { type Machine, processesIn, type Start } from "./machine.ts";
import { type Variation, verdict } from "./variations.ts";

/** Ways in which a first start ends too soon. */
const ways = ["Ctrl-C", "SIGTERM", "SIGKILL", "container killed"] as const;
type Way = (typeof ways)[number];

/** How many first starts are interrupted in each way. */
const times = 5;
/** What a first start takes here at least, in ms: it is interrupted at the fifths of it. */
const spanMs = 20_000;

/** Interrupted first starts, each followed at once by one that must be good: 20 in all. */
export const interrupts: readonly Variation[] = ways.map((way) => ({
  kind: "interrupted",
  value: `by ${way}, at ${times} moments of the first ${spanMs / 1000} s; then started again at once`,
  run: async (machine) => {
    const bad: string[] = [];
    let longest = 0;
    for (let time = 0; time < times; time++) {
      const afterMs = Math.round(((time + 0.5) / times) * spanMs);
      const ended = await interruptedAt(machine, `${way}-${time}`.replaceAll(/\W/g, "-"), way, afterMs);
      if (ended.problem !== undefined) bad.push(`after ${afterMs / 1000} s: ${ended.problem}`);
      longest = Math.max(longest, ended.seconds);
    }
    const good = `${times - bad.length} of ${times} good`;
    return bad.length > 0 ? `${good}; ${bad.join("; ")}` : `ok: ${good}, the longest ${longest} s`;
  },
}));

async function interruptedAt(machine: Machine, name: string, way: Way, afterMs: number) {
  const clone = machine.compiledClone(name);
  const isContained = way === "container killed";
  // the older Node has more to do: a private Node, then the packages
  const start: Start = { tools: machine.tools("20.0.0", "9.6.4"), isContained };
  const first = machine.begin(clone, start);
  await Promise.race([pause(afterMs), first.ended]);
  interrupt(way, first.child.pid ?? 0);
  if (way !== "Ctrl-C") await first.ended;
  const second = await machine.begin(clone, start).ended;
  await first.ended;
  const third = await machine.begin(clone, start).ended;
  const left = processesIn(clone);
  const said = [second, third].map((each) => verdict(each)).find((each) => !each.startsWith("ok"));
  const problem = said ?? (left.length > 0 ? `processes ${left.join(", ")} live on` : undefined);
  return { problem, seconds: second.seconds };
}

function interrupt(way: Way, pid: number): void {
  try {
    // a terminal tells the whole group
    if (way === "Ctrl-C") process.kill(-pid, "SIGINT");
    else if (way === "SIGTERM") process.kill(pid, "SIGTERM");
    else process.kill(-pid, "SIGKILL");
  } catch {
    // it had ended already
  }
}
