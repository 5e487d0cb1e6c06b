import { weightedMean } from "../../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { updateRootOf } from "../../../node/core/commitment.ts";
import { contentIdOf } from "../../../node/core/content-id.ts";
import { isFedledgerError } from "../../../node/core/error.ts";
import { foldTask } from "../../../node/core/fold-task.ts";
import { lanesToBytes } from "../../../node/core/lanes.ts";
import type { RoleDeps } from "../../../node/rounds/role-process.ts";
import { forgeCommitments } from "./commitment-forger.ts";
import { forgeProposals } from "./forge-proposals.ts";
import { type CorruptAggregator, forever } from "./lie.ts";

// A participant and an aggregator in league: they have agreed on the bytes of an update beforehand, so both know them, and
// no store that anyone else could ask ever holds them.

/** The participant: it commits to the agreed update. */
export const commitAgreed = forgeCommitments(async ({ honest, deps, tell, commit }) => {
  const { chain } = deps;
  const { rules } = foldTask(await chain.history(honest.taskId));
  const lanes = agreedUpdate(rules.parameterCount);
  tell("commits to an update whose bytes only the aggregator has, its accomplice");
  const contentId = await contentIdOf(lanesToBytes(lanes));
  return await commit({ ...honest, contentId, updateRoot: updateRootOf(chain.account, chunkTreeRoot(lanes)) });
});

/** The aggregator: it counts the agreed update where the contract lets it, and shows its bytes to nobody, on the chain or elsewhere. */
export const includeAgreed: CorruptAggregator = (deps, lying) =>
  forgeProposals(withAgreedUpdate(deps), lying, async ({ honest, round, view, base, updates, publish, propose }) => {
    if (honest.excluded === 0n) {
      return { proposed: honest, told: "counts the update of its accomplice, and shows its bytes to nobody" };
    }
    const lanes = weightedMean({
      base: await base(),
      updates: (await updates()).map(({ commitment, lanes }) => ({ lanes, weight: commitment.weight })),
      serverRateQ16: view.rules.serverRateQ16,
    });
    const all = { ...honest, ...(await publish(lanes)), excluded: 0n, totalWeight: round.totalWeight };
    try {
      await propose(all);
    } catch (error) {
      if (!isFedledgerError(error, "TRANSACTION_REVERTED")) throw error;
      const told = `counts the update of its accomplice (the contract refuses that: ${String(error.data.error)}), then leaves it out`;
      return { proposed: honest, told };
    }
    return { proposed: "never", told: "counts the update of its accomplice, and the contract takes it" };
  });

/** What an aggregator works with that has the agreed update, and answers no demand for it. */
function withAgreedUpdate(deps: RoleDeps): RoleDeps {
  const { chain, store } = deps;
  const agreed = new Map<number, Promise<{ readonly bytes: Uint8Array; readonly contentId: string }>>();
  const agreedOf = (lengthBytes: number) => {
    const known = agreed.get(lengthBytes) ?? describe(lanesToBytes(agreedUpdate(lengthBytes / 4)));
    agreed.set(lengthBytes, known);
    return known;
  };
  return {
    ...deps,
    store: {
      ...store,
      async get(contentId, options) {
        const { bytes, contentId: its } = await agreedOf(options.lengthBytes);
        return contentId === its ? bytes.slice() : await store.get(contentId, options);
      },
    },
    chain: {
      ...chain,
      send: (call, options) => (call.kind === "answerChunk" ? forever(options?.signal) : chain.send(call, options)),
    },
  };
}

async function describe(bytes: Uint8Array) {
  return { bytes, contentId: await contentIdOf(bytes) };
}

/** Small steps up and down, within any clip. */
function agreedUpdate(parameterCount: number): Int32Array {
  return Int32Array.from({ length: parameterCount }, (_, lane) => ((lane * 7) % 5) - 2);
}
