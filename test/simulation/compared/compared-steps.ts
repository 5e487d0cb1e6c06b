import { concatBytes, toHex } from "../../../node/core/bytes/hex.ts";
import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import type { Evidence, Proposal, SignedCommitment, TaskRules } from "../../../node/core/records.ts";
import { createMaskSecrets, type MaskSecrets } from "../../../node/privacy/masking/index.ts";
import { proposalHashOf } from "../model/model-hashes.ts";
import { bondOf } from "../model/model-places.ts";
import { inputsOf } from "../model/model-rounds.ts";
import { hasSlot, type ModelTask, placedOf } from "../model/model-storage.ts";
import type { SeededRandom } from "../world/seeded-random.ts";
import type { ComparedLanes, ComparedRound } from "./compared-lanes.ts";
import type { ComparedSides } from "./compared-sides.ts";

/** A round that was proposed, and what proofs against it need. */
export interface ComparedCase {
  evidence: Evidence;
  readonly round: ComparedRound;
  /** Of masked and encrypted tasks. */
  readonly start: Bytes32;
}

/** Who takes the steps, and what they have made so far. */
export interface ComparedCast {
  readonly sides: ComparedSides;
  readonly random: SeededRandom;
  readonly lanes: ComparedLanes;
  readonly rules: TaskRules;
  readonly admin: Address;
  readonly participants: readonly Address[];
  readonly aggregators: readonly Address[];
  readonly outsider: Address;
  /** The newest last. */
  readonly cases: ComparedCase[];
  /** Signed commitments that some came with, by round. */
  readonly signed: { readonly round: number; readonly word: SignedCommitment }[];
  /** Whether the next proposals are wrong, whatever is drawn. */
  lies: boolean;
  /** By round and account. */
  readonly secrets: Map<string, MaskSecrets>;
}

/** The task that is compared. */
export const taskOf = ({ sides }: Pick<ComparedCast, "sides">): ModelTask => sides.storage.tasks.at(-1)!;

/** Steps by name; `someone` is who takes it, `isPlain` leaves nothing to chance. */
export type ComparedStep = (cast: ComparedCast, someone: Address, isPlain: boolean) => Promise<unknown>;

const maybe = ({ random }: ComparedCast, isPlain: boolean, probability: number) =>
  !isPlain && random.chance(probability);

/** The number that a call names: now and then the next one. */
const roundIn = (cast: ComparedCast, isPlain: boolean): number =>
  taskOf(cast).round.round + (maybe(cast, isPlain, 0.02) ? 1 : 0);

const inRound = ({ sides }: ComparedCast, round: number): ComparedRound => ({
  commitments: sides.events.flatMap((event) =>
    event.name === "Committed" && event.taskId === sides.taskId && event.round === round ? [event] : [],
  ),
  advertisements: sides.events.flatMap((event) =>
    event.name === "Advertised" && event.taskId === sides.taskId && event.round === round ? [event] : [],
  ),
  openings: "0x",
});

const advertise: ComparedStep = async (cast, someone, isPlain) => {
  const { sides, random, participants, rules } = cast;
  const round = roundIn(cast, isPlain);
  const start = maybe(cast, isPlain, 0.05) ? toHex(random.bytes(32)) : taskOf(cast).round.start;
  const owners = isPlain ? [someone] : participants.filter(() => random.chance(0.4));
  const signed = await Promise.all(
    owners.map(async (participant) => {
      const made = createMaskSecrets(random);
      const isKey = !maybe(cast, isPlain, 0.05);
      const keys = {
        maskKey: isKey ? made.maskKey : toHex(new Uint8Array(32).fill(255)),
        seedHash: made.seedHash,
        sharesId: toHex(random.bytes(32)),
        shareKey: rules.mode === "masked" ? toHex(random.bytes(32)) : toHex(new Uint8Array(32)),
      };
      const record = { type: "advertisement", taskId: sides.taskId, round, start, participant, ...keys } as const;
      const { type, ...about } = record;
      return { made, word: { ...about, signature: await sides.chainOf(participant).signRecord(record) } };
    }),
  );
  if (signed.length === 0) return;
  await sides.both(someone, { kind: "advertise", taskId: sides.taskId, round, signed: signed.map(({ word }) => word) });
  const { anchor } = taskOf(cast).round;
  for (const { made, word } of signed) {
    const isTaken = sides.events.some((event) => event.name === "Advertised" && event.sharesId === word.sharesId);
    if (isTaken && anchor) cast.secrets.set(`${round} ${word.participant}`, made);
  }
};

const commit: ComparedStep = async (cast, someone, isPlain) => {
  const { sides, random, rules, lanes } = cast;
  const round = roundIn(cast, isPlain);
  const anchor = maybe(cast, isPlain, 0.03) ? toHex(random.bytes(32)) : taskOf(cast).round.anchor;
  const isInvalid = maybe(cast, isPlain, 0.15);
  const updateRoot = maybe(cast, isPlain, 0.02) ? toHex(new Uint8Array(32)) : lanes.update(someone, isInvalid);
  const weight = random.integer(1, rules.maxWeight) + (maybe(cast, isPlain, 0.03) ? rules.maxWeight : 0);
  const contentId = toHex(random.bytes(32));
  await sides.both(someone, { kind: "commit", taskId: sides.taskId, round, anchor, updateRoot, contentId, weight });
};

const commitBatch: ComparedStep = async (cast, someone, isPlain) => {
  const { sides, random, rules, participants, lanes, outsider } = cast;
  const round = roundIn(cast, isPlain);
  const { anchor } = taskOf(cast).round;
  const again = random.chance(0.1) ? participants : [];
  const owners = [...participants, ...again, outsider].filter(() => random.chance(0.4));
  const signed = await Promise.all(
    owners.map(async (participant) => {
      const update = { updateRoot: lanes.update(participant, random.chance(0.2)), contentId: toHex(random.bytes(32)) };
      const weight = random.integer(1, rules.maxWeight + 30);
      const about = { taskId: sides.taskId, round, anchor, participant, ...update, weight };
      return { ...about, signature: await sides.chainOf(participant).signRecord({ type: "commitment", ...about }) };
    }),
  );
  for (const word of signed) cast.signed.push({ round, word });
  if (signed.length > 0) await sides.both(someone, { kind: "commitBatch", taskId: sides.taskId, round, signed });
};

/** What opens a masked round: of the slots that committed, ascending, the seeds, then of the others the keys. */
function openingsOf(cast: ComparedCast, { advertisements }: ComparedRound, isFalse: boolean): Hex {
  const { rules, random, secrets } = cast;
  if (rules.mode === "transparent") return "0x";
  if (rules.mode === "encrypted") return toHex(random.bytes(32));
  const { round, committed } = taskOf(cast).round;
  const keys = [...advertisements].sort((a, b) => a.slot - b.slot);
  const made = ({ participant }: (typeof keys)[number]) => secrets.get(`${round} ${participant}`)!;
  const seeds = keys.filter(({ slot }) => hasSlot(committed, slot)).map((key) => made(key).seed);
  const rest = keys.filter(({ slot }) => !hasSlot(committed, slot)).map((key) => made(key).secretKey);
  const opened = concatBytes(...seeds, ...rest);
  if (isFalse && opened.length > 0) opened[32 * random.integer(0, keys.length - 1) + 31]! ^= 1;
  return toHex(opened);
}

const propose: ComparedStep = async (cast, someone, isPlain) => {
  const { sides, random, rules, lanes } = cast;
  const round = roundIn(cast, isPlain);
  const { assigned, attempt, accumulator, totalWeight, start } = taskOf(cast).round;
  const isAssigned = cast.aggregators.includes(assigned) && !maybe(cast, isPlain, 0.05);
  const aggregator = isAssigned ? assigned : someone;
  const made = inRound(cast, round);
  const openings = openingsOf(cast, made, maybe(cast, isPlain, 0.3));
  const given = { ...made, openings };
  const leftOut = maybe(cast, isPlain, 0.2) ? made.commitments.at(0) : undefined;
  const excluded = leftOut === undefined ? 0n : 1n << BigInt(leftOut.slot);
  const lie = maybe(cast, isPlain, 0.1) && leftOut ? 1n : 0n;
  const contentId = toHex(random.bytes(32));
  const rest = {
    attempt,
    aggregator,
    contentId,
    totalWeight: totalWeight - BigInt(leftOut?.weight ?? 0) - lie,
    excluded,
  };
  const inputs = inputsOf(taskOf(cast));
  const dummy: Proposal = { ...rest, modelRoot: toHex(random.bytes(32)) };
  const isWhole = rules.mode === "transparent" || (rules.mode === "masked" && excluded === 0n);
  const isComputable = isWhole && made.commitments.length > (leftOut ? 1 : 0) + 2 * rules.trim;
  const modelRoot =
    isComputable && inputs.round === round
      ? lanes.model({ inputs, proposal: dummy, attesters: [] }, given, !cast.lies && (isPlain || random.chance(0.4)))
      : dummy.modelRoot;
  const proposal = { ...dummy, modelRoot };
  const over = maybe(cast, isPlain, 0.03) ? toHex(random.bytes(32)) : accumulator;
  const call = { kind: "propose", taskId: sides.taskId, round, accumulator: over, proposal } as const;
  const shown = maybe(cast, isPlain, 0.03) ? toHex(random.bytes(16)) : openings;
  if (!(await sides.both(aggregator, { ...call, openings: shown }))) return;
  cast.cases.push({ evidence: { inputs: inputsOf(taskOf(cast)), proposal, attesters: [] }, round: given, start });
};

const accept: ComparedStep = async (cast, someone, isPlain) => {
  const { sides, random, participants, outsider } = cast;
  const round = roundIn(cast, isPlain);
  const last = cast.cases.at(-1);
  const proposal = last?.evidence.proposal;
  if (last === undefined || proposal === undefined) return;
  const hash = proposalHashOf({ ...last.evidence.inputs, round }, proposal);
  const signers = [...participants, ...participants, outsider].filter(() => isPlain || random.chance(0.7));
  const attestations = await Promise.all(
    signers.map(async (attester) => ({
      ...{ taskId: sides.taskId, round, proposalHash: hash, attester },
      signature: await sides.chainOf(attester).signAttestation(sides.taskId, round, hash),
    })),
  );
  if (!(await sides.both(someone, { kind: "accept", taskId: sides.taskId, round, proposal, attestations }))) return;
  const accepted = sides.events.at(-1)!;
  if (accepted.name === "RoundAccepted") {
    cast.cases.push({ ...last, evidence: { ...last.evidence, attesters: accepted.attesters } });
  }
};

const amount = (cast: ComparedCast, account: Address, role: "participant" | "aggregator", isPlain: boolean): bigint => {
  const isHeld = taskOf(cast).enrolments.get(account)?.bonded ?? false;
  const isRight = !maybe(cast, isPlain, 0.1);
  return isHeld === isRight ? 0n : bondOf(taskOf(cast), role);
};

const firstOf = (cast: ComparedCast, isPlain: boolean): Bytes32 =>
  maybe(cast, isPlain, 0.05) ? toHex(cast.random.bytes(32)) : taskOf(cast).first;

/** All steps but proofs. */
export const comparedSteps: Readonly<Record<string, ComparedStep>> = {
  advertise,
  commit,
  "commit-batch": commitBatch,
  propose,
  accept,
  open: (cast, someone, isPlain) => {
    const { sides, random } = cast;
    const task = taskOf(cast);
    const round = task.round.round + 1 + (maybe(cast, isPlain, 0.1) ? random.integer(-1, 3) : 0);
    return sides.both(someone, { kind: "openRound", taskId: sides.taskId, round });
  },
  draw: async (cast, someone, isPlain) => {
    const { drawBlock } = taskOf(cast).round;
    const { number } = await cast.sides.chainOf(someone).head();
    // without the block nobody has its header
    if (number < drawBlock) return;
    await cast.sides.both(someone, {
      kind: "drawRound",
      taskId: cast.sides.taskId,
      round: roundIn(cast, isPlain),
      drawBlock,
    });
  },
  close: (cast, someone, isPlain) =>
    cast.sides.both(someone, { kind: "closeRound", taskId: cast.sides.taskId, round: roundIn(cast, isPlain) }),
  reassign: (cast, someone, isPlain) =>
    cast.sides.both(someone, { kind: "reassign", taskId: cast.sides.taskId, round: roundIn(cast, isPlain) }),
  enrol: (cast, someone, isPlain) =>
    cast.sides.both(someone, {
      ...{
        kind: "enrol",
        taskId: cast.sides.taskId,
        first: firstOf(cast, isPlain),
        amountWei: amount(cast, someone, "participant", isPlain),
      },
      ...((isPlain || cast.random.chance(0.8)) && { statement: toHex(new Uint8Array(32).fill(7)) }),
      ...(cast.random.chance(0.3) && { shareKey: toHex(cast.random.bytes(96)) }),
    }),
  join: (cast, someone, isPlain) =>
    cast.sides.both(someone, {
      kind: "join",
      taskId: cast.sides.taskId,
      first: firstOf(cast, isPlain),
      amountWei: amount(cast, someone, "aggregator", isPlain),
    }),
  leave: (cast, someone, isPlain) =>
    cast.sides.both(someone, { kind: "leave", taskId: cast.sides.taskId, first: firstOf(cast, isPlain) }),
  free: ({ sides }, someone) => sides.both(someone, { kind: "freePlaces", taskId: sides.taskId }),
  resume: ({ sides }, someone) => sides.both(someone, { kind: "resume", taskId: sides.taskId }),
  "share-key": (cast, someone, isPlain) =>
    cast.sides.both(someone, {
      kind: "setShareKey",
      taskId: cast.sides.taskId,
      first: firstOf(cast, isPlain),
      shareKey: toHex(cast.random.bytes(96)),
    }),
  record: (cast, someone, isPlain) => {
    const { sides, random } = cast;
    const first = firstOf(cast, isPlain);
    const entry = { entryKind: random.integer(1, 9), hash: toHex(random.bytes(32)) };
    return sides.both(someone, { kind: "record", taskId: sides.taskId, first, ...entry });
  },
  release: (cast, someone) => {
    const { sides, random, participants, aggregators } = cast;
    const task = taskOf(cast);
    const gone = [...task.enrolments.keys()].filter((account) => placedOf(task, account) === undefined);
    const account = random.pick(gone.length > 0 && random.chance(0.8) ? gone : [...participants, ...aggregators]);
    return sides.both(someone, { kind: "releaseBond", taskId: sides.taskId, account });
  },
  withdraw: ({ sides }, someone) => sides.both(someone, { kind: "withdraw" }),
  // a role that is taken away, and given back
  revoke: async ({ sides, admin, participants }, someone) => {
    const role = participants.includes(someone) ? "participant" : "aggregator";
    await sides.both(admin, { kind: "revokeRole", role, account: someone });
    await sides.both(admin, { kind: "grantRole", role, account: someone });
  },
};
