import type { PrivacySpec } from "../../node/core/privacy-spec.ts";
import type { TaskRules } from "../../node/core/records.ts";
import type { Progress } from "../../node/rounds/progress.ts";
import { plainRules } from "../support/plain-rules.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Something that goes wrong, at a second after the start. */
export type Fault =
  /** The process dies at its n-th call outside and comes back later (never: without `backAfterS`). */
  | {
      readonly kind: "crash";
      readonly node: number;
      readonly atCall: number;
      readonly afterEffect: boolean;
      readonly backAfterS?: number;
    }
  | { readonly kind: "cut"; readonly atS: number; readonly forS: number; readonly nodes: readonly number[] }
  | { readonly kind: "reorganise"; readonly atS: number; readonly depth: number }
  /** The participant never trains to an end. */
  | { readonly kind: "mute"; readonly node: number }
  /** The participant dies for good right after its n-th commitment, and its blobs with it. */
  | { readonly kind: "vanish"; readonly node: number; readonly afterCommits: number }
  | { readonly kind: "slow"; readonly node: number; readonly durationMs: number }
  /** The process is killed at this time and comes back later. */
  | { readonly kind: "kill"; readonly node: number; readonly atS: number; readonly backAfterS: number }
  /** The participant is killed once when its commitment is on its way, and comes back later. */
  | { readonly kind: "dies-committing"; readonly node: number; readonly backAfterS: number }
  /** The participant dies for good right after it has dealt the first group key of the task, and its blobs with it. */
  | { readonly kind: "dies-dealing"; readonly node: number }
  /** The participant deals, where it is the first of the task to do so, a key that is not the one of its blob. */
  | { readonly kind: "false-key"; readonly node: number }
  /** The participant commits to bytes that nobody has. */
  | { readonly kind: "false-update"; readonly node: number }
  /** The aggregator proposes another sum than that of the ciphertexts. */
  | { readonly kind: "false-sum"; readonly node: number }
  /** The node dies when it tells of this step of this round, and comes back later (never: without `backAfterS`). */
  | {
      readonly kind: "dies-at";
      readonly node: number;
      readonly step: Progress["kind"];
      readonly round: number;
      readonly backAfterS?: number;
    }
  /** The aggregator dies for good as soon as it sees that it is assigned. */
  | { readonly kind: "dies-assigned"; readonly node: number }
  /** The aggregator proposes another model than the updates give. */
  | { readonly kind: "liar"; readonly node: number }
  /** The same, and it shows its model to nobody. */
  | { readonly kind: "hider"; readonly node: number };

/** A federation and what happens to it, all drawn from one seed. */
export interface Scenario {
  readonly participants: number;
  readonly aggregators: number;
  readonly rules: TaskRules;
  readonly faults: readonly Fault[];
  readonly loss: number;
  readonly outage: number;
  readonly inclusion: number;
  /** Whether participants sign their commitments for others to bring to the chain. */
  readonly batched?: boolean;
  readonly openWhenEnrolled?: number;
  /** Whether the task's blobs are sealed to its members. */
  readonly sealed?: boolean;
  /** Noise of the task; none by default. */
  readonly privacy?: PrivacySpec;
}

/** Draws a scenario. Nodes are numbered: participants first, then aggregators. */
export function drawScenario(random: SeededRandom): Scenario {
  const participants = random.integer(3, 6);
  const aggregators = random.integer(1, 2);
  const minUpdates = random.integer(1, 2);
  const nodes = participants + aggregators;
  const faults: Fault[] = [];
  const someone = (): number => random.integer(0, nodes - 1);
  for (let i = random.integer(0, 3); i > 0; i--) {
    const backAfterS = random.integer(1, 40);
    faults.push({
      kind: "crash",
      node: someone(),
      atCall: random.integer(1, 300),
      afterEffect: random.chance(0.5),
      backAfterS,
    });
  }
  if (aggregators > 1 && random.chance(0.3)) {
    const node = participants + random.integer(0, 1);
    faults.push({ kind: "crash", node, atCall: random.integer(20, 300), afterEffect: random.chance(0.5) });
  }
  for (let i = random.integer(0, 2); i > 0; i--) {
    faults.push({ kind: "reorganise", atS: random.integer(3, 90), depth: random.integer(1, 3) });
  }
  if (random.chance(0.3)) {
    const side = Array.from({ length: nodes }, (_, node) => node).filter(() => random.chance(0.4));
    faults.push({ kind: "cut", atS: random.integer(0, 60), forS: random.integer(5, 60), nodes: side });
  }
  if (random.chance(0.25)) faults.push({ kind: "mute", node: random.integer(0, participants - 1) });
  if (random.chance(0.25)) {
    faults.push({ kind: "vanish", node: random.integer(0, participants - 1), afterCommits: random.integer(1, 2) });
  }
  if (random.chance(0.3)) {
    const node = random.integer(0, participants - 1);
    faults.push({ kind: "dies-committing", node, backAfterS: random.integer(1, 4) });
  }
  if (random.chance(0.3)) {
    faults.push({ kind: "slow", node: random.integer(0, participants - 1), durationMs: random.integer(5_000, 60_000) });
  }
  const rules: TaskRules = {
    mode: "transparent",
    rule: "weighted-mean",
    fractionBits: 16,
    attempts: random.integer(2, 3),
    parameterCount: 81,
    clipLanes: 1 << 20,
    maxWeight: 1000,
    serverRateQ16: 65_536,
    rounds: random.integer(2, 4),
    minUpdates,
    maxUpdates: random.integer(minUpdates, participants),
    participationBps: random.pick([10_000, 10_000, 5_000]),
    ...plainRules,
    attestationQuorum: random.integer(1, participants - 1),
    roundsPerParticipant: random.pick([0, 0, 2]),
    commitWindowS: random.integer(20, 40),
    aggregateWindowS: random.integer(12, 30),
    challengeWindowS: random.integer(12, 30),
  };
  const loss = random.pick([0, 0.1, 0.4]);
  const outage = random.pick([0, 0.02, 0.1]);
  const inclusion = random.pick([1, 0.8, 0.5]);
  const court = {
    pipelined: random.chance(0.5),
    aggregatorBondGwei: random.pick([0, 1000]),
    participantBondGwei: random.pick([0, 1000]),
    ...availability(random.pick([0, 0, 1, 2]), rules, participants),
  };
  const batched = random.chance(0.5);
  return { participants, aggregators, rules: { ...rules, ...court }, faults, loss, outage, inclusion, batched };
}

/**
 * Draws a pipelined scenario in which one of two aggregators lies whenever it proposes, openly or in hiding. Nothing in it keeps all the others from seeing
 * the lie for a whole challenge window: no cuts, nobody gone for good, no update taken away.
 */
export function drawLyingScenario(random: SeededRandom): Scenario {
  const drawn = drawScenario(random);
  const aggregators = 2;
  const liar = drawn.participants + random.integer(0, 1);
  const faults = drawn.faults.filter((fault) => {
    if (fault.kind === "cut" || fault.kind === "vanish") return false;
    return fault.kind !== "crash" || (fault.backAfterS !== undefined && fault.node < drawn.participants + aggregators);
  });
  const rules = { ...drawn.rules, pipelined: true, challengeWindowS: drawn.rules.challengeWindowS + 30 };
  return {
    ...drawn,
    aggregators,
    rules,
    faults: [...faults, { kind: random.pick(["liar", "hider"] as const), node: liar }],
  };
}

/** Draws a masked scenario: at least four participants, of whom three make a round, and now and then masks with a few neighbours only. */
export function drawMaskedScenario(random: SeededRandom): Scenario {
  const { faults, ...drawn } = drawScenario(random);
  const participants = random.integer(4, 6);
  const aggregators = drawn.aggregators;
  const rules: TaskRules = {
    ...drawn.rules,
    mode: "masked",
    clipLanes: 1 << 18,
    minUpdates: 3,
    maxUpdates: participants,
    thresholdPercent: random.pick([51, 67, 80]),
    neighbours: random.pick([0, 0, 2, 4]),
    keyWindowS: random.integer(8, 20),
    holders: random.pick([0, 0, 1]),
    pipelined: false,
  };
  // nodes are other ones where there are more or fewer participants
  const moved = faults.map((fault): Fault => {
    if (fault.kind === "cut")
      return { ...fault, nodes: fault.nodes.filter((node) => node < participants + aggregators) };
    if (!("node" in fault)) return fault;
    const isAggregator = fault.node >= drawn.participants;
    return {
      ...fault,
      node: isAggregator ? fault.node - drawn.participants + participants : fault.node % participants,
    };
  });
  const steps = ["round-opened", "advertised", "masked", "committed", "round-closed", "unmasked"] as const;
  const deaths = Array.from({ length: random.integer(0, 3) }, () => ({
    kind: "dies-at" as const,
    node: random.integer(0, participants - 1),
    step: random.pick(steps),
    round: random.integer(1, rules.rounds),
    backAfterS: random.integer(1, 30),
  }));
  return { ...drawn, participants, aggregators, rules, faults: [...moved, ...deaths] };
}

/** Draws an encrypted scenario: at least two updates make a round, and participants die at its own steps, too. */
export function drawEncryptedScenario(random: SeededRandom): Scenario {
  const drawn = drawScenario(random);
  const minUpdates = Math.max(2, drawn.rules.minUpdates);
  const rules: TaskRules = {
    ...drawn.rules,
    mode: "encrypted",
    clipLanes: 1 << 15,
    minUpdates,
    maxUpdates: Math.max(minUpdates, drawn.rules.maxUpdates),
    keyWindowS: random.integer(8, 20),
    holders: 0,
    pipelined: false,
  };
  const steps = ["advertised", "encrypted", "committed", "sum-opened"] as const;
  const deaths = Array.from({ length: random.integer(0, 2) }, () => ({
    kind: "dies-at" as const,
    node: random.integer(0, drawn.participants - 1),
    step: random.pick(steps),
    round: random.integer(1, rules.rounds),
    ...(random.chance(0.7) && { backAfterS: random.integer(1, 10) }),
  }));
  return { ...drawn, rules, faults: [...drawn.faults, ...deaths] };
}

/** f + 1 holders, and more than 3 f updates. */
function availability(
  holders: number,
  { minUpdates, maxUpdates }: TaskRules,
  participants: number,
): Partial<TaskRules> {
  const fewest = 3 * (holders - 1) + 1;
  if (holders < 2) return { holders };
  if (participants < fewest) return { holders: 1 };
  return { holders, minUpdates: Math.max(minUpdates, fewest), maxUpdates: Math.max(maxUpdates, fewest) };
}
