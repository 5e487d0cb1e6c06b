import { toHex } from "../../../node/core/bytes/hex.ts";
import type { Evidence } from "../../../node/core/records.ts";
import { zeroWord } from "../model/model-hashes.ts";
import { inputsOf } from "../model/model-rounds.ts";
import { type ComparedCast, type ComparedStep, taskOf } from "./compared-steps.ts";

// Proofs, of what stands and of what was accepted, right ones and such as prove nothing.

/** One of the cases, the newest with the better chance. */
function someCase({ cases, random }: ComparedCast) {
  return random.chance(0.6) ? cases.at(-1) : cases.length === 0 ? undefined : random.pick(cases);
}

/** The evidence, now and then with something else in it. */
function spoiled({ random }: ComparedCast, evidence: Evidence): Evidence {
  const { inputs, proposal, attesters } = evidence;
  if (!random.chance(0.12)) return evidence;
  return random.pick<() => Evidence>([
    () => ({ ...evidence, inputs: { ...inputs, acceptedBefore: inputs.acceptedBefore + 1 } }),
    () => ({ ...evidence, attesters: attesters.slice(1) }),
    () => ({ ...evidence, inputs: { ...inputs, round: inputs.round + 1 } }),
    () => ({ ...evidence, inputs: { ...inputs, accumulator: toHex(random.bytes(32)) } }),
    () => ({ ...evidence, ...(proposal && { proposal: { ...proposal, contentId: toHex(random.bytes(32)) } }) }),
  ])();
}

const chunk: ComparedStep = async (cast, someone) => {
  const { sides, lanes, rules, random } = cast;
  const found = someCase(cast);
  if (found === undefined || rules.mode === "encrypted") return;
  const { round, start } = found;
  const evidence = spoiled(cast, found.evidence);
  const { commitments, advertisements, openings } = round;
  const inside = lanes.wrongChunk(found.evidence, round, random.integer(0, 1));
  // behind the last chunk, where the tree has none
  const wrong = random.chance(0.05) ? { ...inside, chunkIndex: 2 + random.integer(0, 1) } : inside;
  if (rules.mode === "transparent" || random.chance(0.05)) {
    await sides.both(someone, { kind: "proveChunk", evidence, commitments, wrong });
    return;
  }
  const keyed = { start, advertisements: random.chance(0.95) ? advertisements : advertisements.slice(1), openings };
  await sides.both(someone, { kind: "proveMaskedChunk", evidence, commitments, ...keyed, wrong });
};

const opening: ComparedStep = async (cast, someone) => {
  const { sides, random, rules } = cast;
  const found = someCase(cast);
  if (found === undefined || rules.mode === "transparent") return;
  const { advertisements, openings } = found.round;
  const slot = random.integer(0, 4);
  const evidence = spoiled(cast, found.evidence);
  const shown = random.chance(0.95) ? openings : "0x";
  const about = { evidence, start: found.start, advertisements, openings: shown, slot };
  await sides.both(someone, { kind: "proveOpening", ...about });
};

const weight: ComparedStep = async (cast, someone) => {
  const found = someCase(cast);
  if (found === undefined) return;
  const commitments = cast.random.chance(0.95) ? found.round.commitments : found.round.commitments.slice(1);
  await cast.sides.both(someone, { kind: "proveWeight", evidence: spoiled(cast, found.evidence), commitments });
};

/** The newest round as it stands, apart from any proposal. */
function bare(cast: ComparedCast): { evidence: Evidence; commitments: ReturnType<typeof commitmentsOf> } {
  const inputs = { ...inputsOf(taskOf(cast)), openingsHash: zeroWord };
  return { evidence: { inputs, attesters: [] }, commitments: commitmentsOf(cast, inputs.round) };
}

function commitmentsOf({ sides }: ComparedCast, round: number) {
  return sides.events.flatMap((event) =>
    event.name === "Committed" && event.taskId === sides.taskId && event.round === round ? [event] : [],
  );
}

const update: ComparedStep = async (cast, someone) => {
  const { sides, lanes, random } = cast;
  const found = someCase(cast);
  const isBare = found === undefined || random.chance(0.4);
  const { evidence, commitments } = isBare
    ? bare(cast)
    : { evidence: found.evidence, commitments: found.round.commitments };
  if (commitments.length === 0) return;
  const position = random.integer(0, commitments.length - 1);
  const invalid = lanes.invalidUpdate(commitments[position]!, position, random.integer(0, 1));
  const call = { kind: "proveUpdate", evidence: spoiled(cast, evidence), commitments } as const;
  await sides.both(someone, { ...call, invalid: random.chance(0.95) ? invalid : { ...invalid, position: 77 } });
};

const equivocation: ComparedStep = async ({ sides, signed, random }, someone) => {
  if (signed.length < 2) return;
  const { round, word } = random.pick(signed);
  const same = signed.filter((one) => one.word.anchor === word.anchor && one.word.participant === word.participant);
  const other = random.chance(0.9) ? random.pick(same).word : random.pick(signed).word;
  const call = {
    kind: "proveEquivocation",
    taskId: sides.taskId,
    round,
    anchor: word.anchor,
    one: word,
    other,
  } as const;
  await sides.both(someone, call);
};

const doubleCommitment: ComparedStep = async (cast, someone) => {
  const { sides, signed, random } = cast;
  const found = someCase(cast);
  const isBare = found === undefined || random.chance(0.5);
  const { evidence, commitments } = isBare
    ? bare(cast)
    : { evidence: found.evidence, commitments: found.round.commitments };
  const words = signed.filter(({ round }) => round === evidence.inputs.round);
  if (words.length === 0 || commitments.length === 0) return;
  const { word } = random.pick(words);
  const at = commitments.findIndex(({ participant }) => participant === word.participant);
  const position = at < 0 ? random.integer(0, commitments.length) : at;
  const call = { kind: "proveDoubleCommitment", evidence: spoiled(cast, evidence), commitments } as const;
  await sides.both(someone, { ...call, position, signed: word });
};

/** Proofs by name. */
export const comparedProofs: Readonly<Record<string, ComparedStep>> = {
  chunk,
  opening,
  weight,
  update,
  equivocation,
  "double-commitment": doubleCommitment,
};
