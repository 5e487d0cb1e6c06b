import type { RoundNumber } from "../../node/core/ids.ts";
import type { ParticipantDeps } from "../../node/participant/create-participant.ts";
import { forever } from "./malicious/lie.ts";

/** What a participant works with that misses some rounds: it never sends its commitment in them. */
export function missRounds(deps: ParticipantDeps, isMissed: (round: RoundNumber) => boolean): ParticipantDeps {
  const { chain } = deps;
  return {
    ...deps,
    chain: {
      ...chain,
      send: (call, options) =>
        call.kind === "commit" && isMissed(call.round) ? forever(options?.signal) : chain.send(call, options),
    },
  };
}
