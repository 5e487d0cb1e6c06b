// Makes this folder ready to run, with nothing but Node 18 or later and npm: a recent Node, the dependencies, the
// compiled contracts. What is ready is only looked at: no lock is taken and nothing written, so that whoever may read
// an installed clone may use it.
import { dirname, join } from "node:path";
import { compileContracts, hasContracts } from "./ready/contracts.mjs";
import { hasDependencies, installDependencies, linkBinaries } from "./ready/dependencies.mjs";
import { withLock } from "./ready/lock.mjs";
import { fetchNativeParts, hasNativeParts } from "./ready/native-parts.mjs";
import { cacheFolder, isClone, root, userName } from "./ready/places.mjs";
import { chosenNode, fetchNode } from "./ready/private-node.mjs";
import { hearSignals } from "./ready/stop.mjs";

/** What a Node alone does not bring; each is skipped where it is there already. */
const steps = isClone
  ? [
      { isDone: hasDependencies, make: installDependencies },
      { isDone: hasContracts, make: compileContracts },
    ]
  : [{ isDone: hasNativeParts, make: fetchNativeParts }];

/**
 * Makes everything ready and returns the path of the Node to run Fedledger with. Rejects with Interrupted once what it
 * had started has ended, and with a text that says what is needed.
 * @param {(line: string) => void} say where progress goes
 */
export async function ensureReady(say = (line) => process.stderr.write(`${line}\n`)) {
  const ready = chosenNode();
  const node = ready !== undefined && steps.every(({ isDone }) => isDone()) ? ready : await install(say);
  if (isClone) linkBinaries(node);
  return node;
}

async function install(say) {
  const lock = isClone ? join(root, ".runtime-lock") : join(cacheFolder(), "lock");
  try {
    return await withLock(lock, say, async (name) => {
      const signals = hearSignals();
      const work = { say, signals, name };
      try {
        // whoever had the lock before us may have done it all
        const node = chosenNode() ?? (await fetchNode(work));
        for (const { isDone, make } of steps) {
          signals.throwIfHeard();
          if (!isDone()) await make(node, work);
        }
        return node;
      } finally {
        signals.close();
      }
    });
  } catch (error) {
    if (!isClone && chosenNode() !== undefined && isUnwritable(error)) return goOnWithout(error, say);
    throw isUnwritable(error) ? new Error(unwritableText(error, dirname(lock))) : error;
  }
}

function isUnwritable({ code }) {
  return ["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR"].includes(code);
}

/** Of a package only the test chain's native part is missing: what does not need it works. */
function goOnWithout(error, say) {
  say(`The native part of the test chain is missing, and cannot be fetched: ${unwritableText(error, cacheFolder())}`);
  return chosenNode();
}

function unwritableText({ message }, folder) {
  const remedy = isClone
    ? "Let its owner run `npm run setup` there once, or make a clone of your own."
    : "Set XDG_CACHE_HOME to a folder that this user may write to, or install Node 22.18 or later.";
  return `Fedledger is not installed yet, and user ${userName()} cannot write to ${folder} (${message}).\n${remedy}`;
}
