import { hexEquals } from "../../../node/core/bytes/hex.ts";
import type { RoundNumber, TaskId } from "../../../node/core/ids.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { SignedCommitment } from "../../../node/core/records.ts";
import type { ParticipantDeps } from "../../../node/participant/create-participant.ts";
import { commitmentTopic, encodeCommitment } from "../../../node/rounds/words/commitment-messages.ts";
import { forgeCommitments } from "./commitment-forger.ts";
import { forever } from "./lie.ts";

/**
 * Signs its commitment for others to bring to the chain, and, as soon as it is there, another one of a greater weight,
 * which it gossips until the misconduct is on record.
 */
export const equivocate = forgeCommitments(async ({ honest, deps, signal, tell }) => {
  const { chain } = deps;
  const sign = async (weight: number): Promise<SignedCommitment> => {
    const { taskId, round, anchor, updateRoot, contentId } = honest;
    const record = { taskId, round, anchor, participant: chain.account, updateRoot, contentId, weight };
    return { ...record, signature: await chain.signRecord({ type: "commitment", ...record }) };
  };
  const one = await sign(honest.weight);
  const other = await sign(honest.weight - 1);
  tell(`signs two commitments, one of weight ${one.weight} and one of ${other.weight}, and gossips both`);
  const isMine = (event: TaskEvent) =>
    event.name === "Committed" && event.round === honest.round && hexEquals(event.participant, chain.account);
  const isCaught = (event: TaskEvent) => event.name === "MemberExpelled" && hexEquals(event.account, chain.account);
  void gossip(deps, one, isMine)
    .then(() => gossip(deps, other, isCaught))
    .catch((error: unknown) => deps.log.warn("The lie could not be gossiped", { error }));
  return await forever(signal);
});

/** Publishes a commitment again and again, until an event stops it or the task ends. */
async function gossip(
  { chain, transport }: ParticipantDeps,
  signed: SignedCommitment,
  isEnough: (event: TaskEvent) => boolean,
): Promise<void> {
  const life = new AbortController();
  let heads = 0;
  for await (const { events } of chain.follow(signed.taskId, { signal: life.signal })) {
    if (events.some(isEnough) || events.some((event) => endsRound(event, signed))) return life.abort();
    if (heads % everyHeads === 0) {
      const sequence = sequenceOf(heads);
      await transport.publish(commitmentTopic, encodeCommitment({ signed, sequence }));
    }
    heads += 1;
  }
}

const everyHeads = 4;

/** Gossip drops what it has seen: every publication has a number of its own. */
function sequenceOf(heads: number): number {
  return 1 + Math.floor(heads / everyHeads);
}

function endsRound(event: TaskEvent, { round }: { readonly taskId: TaskId; readonly round: RoundNumber }): boolean {
  return (event.name === "RoundAccepted" || event.name === "RoundInvalid") && event.round === round;
}
