// One installer at a time in a folder. The lock is a file that names who installs: this process, and npm while it runs,
// for npm may outlive us. Whoever waits looks whether they still live. Where their numbers say nothing (another
// container, another machine), it looks whether the file is still touched.
import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { read } from "./places.mjs";
import { answers, isGroupAlive, isStopped, processSpace, startOf } from "./processes.mjs";

/** How often the holder touches the file, and after how long without that it is given up. */
const touchMs = 1_000;
const silentMs = 15_000;
/** How often one who waits looks, and says so again. */
const lookMs = 200;
const sayMs = 30_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Does `work` while holding the lock; others wait, and tell for whom. `work` is given `name(pid)`, which adds a process
 * (and its group) to those who install, and returns what takes it out again.
 */
export async function withLock(lock, say, work, { quietMs = silentMs } = {}) {
  mkdirSync(dirname(lock), { recursive: true });
  const waiting = createWaiting(lock, say, quietMs);
  while (!(await take(lock))) await waiting.look();
  const write = (processes) => writeFileSync(lock, describe(processes));
  const touching = setInterval(() => touch(lock), touchMs);
  try {
    return await work((pid) => {
      write([identity(process.pid), { ...identity(pid), isGroup: true }]);
      return () => write([identity(process.pid)]);
    });
  } finally {
    clearInterval(touching);
    rmSync(lock, { force: true });
  }
}

/** Makes the file, unless it is there; then looks whether somebody else took it for a dead one's in that moment. */
async function take(lock) {
  const mine = describe([identity(process.pid)]);
  try {
    writeFileSync(lock, mine, { flag: "wx" });
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
  await pause(50);
  return read(lock) === mine;
}

function describe(processes) {
  return JSON.stringify({ space: processSpace(), processes });
}

function identity(pid) {
  return { pid, start: startOf(pid) };
}

function touch(lock) {
  try {
    utimesSync(lock, new Date(), new Date());
  } catch {
    // somebody has taken the file away by hand
  }
}

/** Waits for the holder of a lock: takes the file away where nobody holds it, and says now and then who does. */
function createWaiting(lock, say, quietMs) {
  let touched = { at: performance.now(), text: undefined, mtimeMs: undefined };
  let toldAt;
  const silentSince = (text, mtimeMs) => {
    if (text !== touched.text || mtimeMs !== touched.mtimeMs) touched = { at: performance.now(), text, mtimeMs };
    return performance.now() - touched.at;
  };
  const tell = (holder) => {
    if (toldAt !== undefined && performance.now() - toldAt < sayMs) return;
    toldAt = performance.now();
    say(
      `Waiting for ${holder}, which installs here; the lock is ${lock}. ` +
        "If it does nothing any more, end it, and delete that file.",
    );
  };
  return {
    look: async () => {
      const text = read(lock);
      if (text === undefined) return;
      const mtimeMs = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
      const holder = holderOf(text, silentSince(text, mtimeMs) > quietMs);
      if (holder === undefined) return rmSync(lock, { force: true });
      tell(holder);
      await pause(lookMs);
    },
  };
}

/**
 * Who holds the lock, in words; undefined where nobody does. `isSilent`: the file was not touched for long, which
 * decides where process numbers cannot.
 */
function holderOf(text, isSilent) {
  const { space, processes } = parse(text);
  if (space !== processSpace()) {
    if (isSilent) return undefined;
    return processes.length === 0 ? "another process" : `process ${processes[0].pid} of another container or boot`;
  }
  const living = processes.filter((each) => isAlive(each, isSilent));
  return living.length === 0 ? undefined : `process ${living.map(inWords).join(" and ")}`;
}

function inWords({ pid }) {
  return isStopped(pid) ? `${pid} (stopped: "kill -CONT ${pid}" lets it go on)` : String(pid);
}

/** Whether it is still the process that was named; npm lives as long as any that it started. */
function isAlive({ pid, start, isGroup }, isSilent) {
  const now = startOf(pid);
  if (now !== undefined) return now === start;
  // no process is given the number of a group that has members
  if (isGroup && isGroupAlive(pid)) return true;
  return start === undefined && !isSilent && answers(pid);
}

/** What a lock says; one that is being written says nothing yet. */
function parse(text) {
  try {
    const { space, processes } = JSON.parse(text);
    return { space, processes: Array.isArray(processes) ? processes : [] };
  } catch {
    return { space: undefined, processes: [] };
  }
}
