// Who a process is, beyond its number: numbers are given again, and number 1 lives in every container.
import { spawnSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { read, windows } from "./places.mjs";

/** Among whom our process numbers count: of this boot and container, or of this machine where it has no such. */
export function processSpace() {
  const boot = read("/proc/sys/kernel/random/boot_id")?.trim();
  try {
    return boot ? `${boot} ${readlinkSync("/proc/self/ns/pid")}` : hostname();
  } catch {
    return boot;
  }
}

/** When a living process was started, in the system's own words; undefined where it is not alive or nobody tells. */
export function startOf(pid) {
  const { start, state } = statOf(pid) ?? {};
  if (process.platform === "linux") return state === "Z" ? undefined : start;
  if (windows) return undefined;
  return spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim() || undefined;
}

/** Whether Ctrl-Z or SIGSTOP holds a process. */
export function isStopped(pid) {
  return statOf(pid)?.state === "T";
}

/** Whether any process of a group is alive; `leader` is the process that began it. */
export function isGroupAlive(leader) {
  if (windows || !answers(-leader)) return false;
  // the dead whom nobody has waited for answer, too
  if (process.platform !== "linux") return true;
  return readdirSync("/proc").some((name) => {
    const stat = /^\d+$/.test(name) ? statOf(name) : undefined;
    return stat?.group === leader && stat.state !== "Z";
  });
}

/** Whether the system knows a process (or, with a negative number, a group) that is not ours to be told more of. */
export function answers(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** proc(5): the fields behind the name, which may itself hold spaces and parentheses. */
function statOf(pid) {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0], group: Number(fields[2]), start: fields[19] };
}
