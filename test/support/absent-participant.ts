import type { RoundNumber } from "../../node/core/ids.ts";
import type { ParticipantDeps } from "../../node/participant/create-participant.ts";
import { forever } from "./malicious/lie.ts";

/** What a participant works with that misses one round: it never sends its commitment. */
export function missRound(deps: ParticipantDeps, round: RoundNumber): ParticipantDeps {
  const { chain } = deps;
  return {
    ...deps,
    chain: {
      ...chain,
      send: (call, options) =>
        call.kind === "commit" && call.round === round ? forever(options?.signal) : chain.send(call, options),
    },
  };
}
