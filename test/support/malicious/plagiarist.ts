import { hexEquals } from "../../../node/core/bytes/hex.ts";
import { forgeCommitments } from "./commitment-forger.ts";

/** Waits for the first commitment of another, and commits to the very same root and content id. */
export const plagiarise = forgeCommitments(async ({ honest, deps, signal, tell, commit }) => {
  const { chain } = deps;
  for await (const { events } of chain.follow(honest.taskId, { signal })) {
    for (const event of events) {
      if (event.name !== "Committed" || event.round !== honest.round) continue;
      if (hexEquals(event.participant, chain.account)) continue;
      const { participant, updateRoot, contentId } = event;
      tell(`commits to the update of ${participant} as its own`);
      return await commit({ ...honest, updateRoot, contentId });
    }
  }
  return await commit(honest);
});
