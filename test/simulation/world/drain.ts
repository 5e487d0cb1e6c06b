import type { Address } from "../../../node/core/ids.ts";
import type { ChainCall } from "../../../node/ports/chain.ts";
import { booksWei } from "../model/model-bonds.ts";
import { applyCall } from "../model/model-contract.ts";
import { isInFlight, type ModelStorage, modelDeployment, placedOf, Revert } from "../model/model-storage.ts";

const outsider = `0x${"0d".repeat(20)}` as Address;

/**
 * What is not as it must be when all members of all tasks fall silent at once, in words: an outsider ends every round,
 * and who then leaves has its bond back after a window, until nothing but what was burnt is left. The storage is not
 * changed.
 */
export function stuckAfterSilence(given: ModelStorage, at: { number: number; timestampS: number }): string[] {
  const storage = structuredClone(given);
  const broken: string[] = [];
  let { number, timestampS } = at;
  const send = (sender: Address, call: ChainCall): boolean => {
    try {
      const world = { deployment: modelDeployment, number, timestampS, mixOf: () => undefined };
      applyCall(storage, sender, call, { ...world, signerOf: () => undefined, attesterOf: () => undefined });
      return true;
    } catch (error) {
      if (error instanceof Revert) return false;
      throw error;
    }
  };

  for (const task of storage.tasks) {
    const { taskId, first, rules } = task;
    for (let pushes = 0; isInFlight(task.round); pushes++) {
      if (pushes > 2 * rules.attempts + 1) {
        broken.push(`round ${task.round.round} stays ${task.round.phase} for ever`);
        break;
      }
      // whatever the windows are
      timestampS += 1 << 24;
      number += 5000;
      const { round, phase } = task.round;
      send(outsider, { kind: phase === "open" || phase === "drawing" ? "closeRound" : "reassign", taskId, round });
    }
    const owners = [...task.enrolments.keys()];
    for (const account of owners) if (placedOf(task, account)) send(account, { kind: "leave", taskId, first });
    for (let i = 0; i <= owners.length / 32; i++) send(outsider, { kind: "freePlaces", taskId });
    timestampS += rules.challengeWindowS + 2;
    for (const account of owners) send(outsider, { kind: "releaseBond", taskId, account });
  }
  for (const account of [...storage.credits.keys()]) send(account, { kind: "withdraw" });
  const left = booksWei(storage) - storage.burntWei;
  if (left !== 0n) broken.push(`${left} wei cannot leave`);
  const balance = [...storage.paid.values()].reduce((sum, amount) => sum + amount, 0n);
  if (balance !== booksWei(storage)) broken.push(`the books say ${booksWei(storage)} wei, the balance is ${balance}`);
  return broken;
}
