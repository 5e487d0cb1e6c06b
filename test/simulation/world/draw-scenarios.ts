import type { TaskRules } from "../../../node/core/records.ts";
import { leastBondWei } from "../../../node/core/task/least-bond.ts";
import { plainRules } from "../../support/states/plain-rules.ts";
import { weiPerGwei } from "../model/model-storage.ts";
import type { Fault, Scenario } from "./scenario.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Draws a scenario in which enough live on. Nodes are numbered: participants first, then aggregators. */
export function drawScenario(random: SeededRandom): Scenario {
  const participants = random.integer(3, 6);
  const aggregators = random.integer(1, 2);
  const faults = [...drawDeaths(random, participants, aggregators), ...drawWeather(random, participants + aggregators)];
  const asleep = drawSleepers(random, participants);
  const awake = participants - new Set(asleep.map((fault) => "node" in fault && fault.node)).size;
  const minUpdates = random.integer(1, Math.min(2, awake));
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
    maxUpdates: participants,
    ...plainRules,
    participationBps: 10_000,
    ...(random.chance(0.3) && { participationBps: 6_000, drawDelayBlocks: random.integer(4, 6) }),
    attestationQuorum: random.integer(1, minUpdates),
    roundsPerParticipant: random.pick([0, 0, 40]),
    commitWindowS: random.integer(20, 40),
    aggregateWindowS: random.integer(12, 30),
    attestWindowS: random.integer(12, 30),
    challengeWindowS: random.integer(60, 100),
  };
  const loss = random.pick([0, 0.1, 0.4]);
  const outage = random.pick([0, 0.02, 0.1]);
  const inclusion = random.pick([1, 0.8, 0.5]);
  const batched = random.chance(0.5);
  const bonded = random.chance(0.4) ? bonds(rules) : {};
  return {
    ...{ participants, aggregators, rules: { ...rules, ...bonded }, loss, outage, inclusion, batched },
    faults: [...faults, ...asleep],
  };
}

/** Processes that are killed, and come back but for one of two aggregators. */
function drawDeaths(random: SeededRandom, participants: number, aggregators: number): Fault[] {
  const faults: Fault[] = [];
  for (let i = random.integer(0, 3); i > 0; i--) {
    const node = random.integer(0, participants + aggregators - 1);
    const backAfterS = random.integer(1, 40);
    const atCall = random.integer(1, 300);
    faults.push({ kind: "crash", node, atCall, afterEffect: random.chance(0.5), backAfterS });
  }
  if (aggregators > 1 && random.chance(0.3)) {
    const node = participants + random.integer(0, 1);
    faults.push({ kind: "crash", node, atCall: random.integer(20, 300), afterEffect: random.chance(0.5) });
  }
  if (random.chance(0.3)) {
    const node = random.integer(0, participants - 1);
    faults.push({ kind: "dies-committing", node, backAfterS: random.integer(1, 4) });
  }
  return faults;
}

/** Reorganisations and cuts. */
function drawWeather(random: SeededRandom, nodes: number): Fault[] {
  const faults: Fault[] = [];
  for (let i = random.integer(0, 2); i > 0; i--) {
    faults.push({ kind: "reorganise", atS: random.integer(3, 90), depth: random.integer(1, 3) });
  }
  if (random.chance(0.3)) {
    const side = Array.from({ length: nodes }, (_, node) => node).filter(() => random.chance(0.4));
    faults.push({ kind: "cut", atS: random.integer(0, 60), forS: random.integer(5, 60), nodes: side });
  }
  return faults;
}

/** Participants that are too slow, or give up. */
function drawSleepers(random: SeededRandom, participants: number): Fault[] {
  const faults: Fault[] = [];
  const node = (): number => random.integer(0, participants - 1);
  if (random.chance(0.25)) faults.push({ kind: "mute", node: node() });
  if (random.chance(0.25)) faults.push({ kind: "vanish", node: node(), afterCommits: random.integer(1, 2) });
  if (faults.length < 2 && random.chance(0.3)) {
    faults.push({ kind: "slow", node: node(), durationMs: random.integer(5_000, 60_000) });
  }
  return faults;
}

/** Bonds of the least amount, and the window that they ask for. */
export function bonds(rules: TaskRules): Partial<TaskRules> {
  const leastGwei = Number(leastBondWei(rules) / weiPerGwei) + 1;
  return { aggregatorBondGwei: leastGwei, participantBondGwei: leastGwei, challengeWindowS: 3600 };
}

/**
 * Draws a scenario in which one of two aggregators lies whenever it proposes, and some participants attest whatever it
 * proposes: too few, just enough, or all but the honest ones that could go on alone.
 */
export function drawLyingScenario(random: SeededRandom): Scenario {
  const drawn = drawScenario(random);
  const honest = random.integer(2, 4);
  const colluders = random.chance(0.3) ? random.integer(1, honest) : random.integer(honest + 1, honest + 3);
  const participants = honest + colluders;
  const order = Array.from({ length: participants }, (_, node) => node).sort(() => random.next() - 0.5);
  const liars = order.slice(0, colluders).map((node): Fault => {
    if (random.chance(0.1)) return { kind: "invalid-update", node };
    return { kind: "colludes", node, selfConvicts: random.chance(0.2) };
  });
  // a model that a quorum accepted and hides cannot be proven wrong by anybody: who hides has no friends
  const hides = random.chance(0.15);
  const liar = { kind: hides ? "hider" : "liar", node: participants + random.integer(0, 1) } as const;
  const faults: Fault[] = [liar, ...(hides ? [] : liars), ...drawWeather(random, 0)];
  // the honest hear of nothing for a while, in which lies are built upon lies
  if (random.chance(0.5)) {
    const fair = participants + (liar.node === participants ? 1 : 0);
    const nodes = [...order.slice(colluders), ...(random.chance(0.8) ? [fair] : [])];
    faults.push({ kind: "cut", atS: random.integer(5, 18), forS: random.integer(30, 350), nodes });
  }
  for (let i = random.integer(0, 2); i > 0; i--) {
    const atS = random.integer(5, 120);
    faults.push({ kind: "kill", node: random.integer(0, participants - 1), atS, backAfterS: random.integer(1, 60) });
  }
  const minUpdates = random.integer(1, honest);
  const { drawDelayBlocks, participationBps, ...rest } = drawn.rules;
  const rules = {
    ...rest,
    ...{ participationBps: 10_000, drawDelayBlocks: 0, minUpdates, maxUpdates: participants },
    rounds: random.integer(2, 5),
    attestationQuorum: random.integer(1, minUpdates),
  };
  const together = random.chance(0.7) ? { openWhenEnrolled: participants } : {};
  return { ...drawn, ...together, participants, aggregators: 2, rules: { ...rules, ...bonds(rules) }, faults };
}

/** Draws a masked scenario: at least four participants, of whom three make a round. */
export function drawMaskedScenario(random: SeededRandom): Scenario {
  const { faults, ...drawn } = drawScenario(random);
  const participants = random.integer(4, 6);
  const { aggregators } = drawn;
  const rules: TaskRules = {
    ...drawn.rules,
    mode: "masked",
    clipLanes: 1 << 18,
    minUpdates: 3,
    maxUpdates: participants,
    ...{ participationBps: 10_000, drawDelayBlocks: 0 },
    thresholdPercent: random.pick([51, 51, 67]),
    keyWindowS: random.integer(8, 20),
  };
  // nodes are other ones where there are more or fewer participants, and all of them are needed
  const moved = faults.flatMap((fault): Fault[] => {
    if (fault.kind === "cut")
      return [{ ...fault, nodes: fault.nodes.filter((node) => node < participants + aggregators) }];
    if (!("node" in fault)) return [fault];
    if (fault.kind === "mute" || fault.kind === "vanish" || fault.kind === "slow") return [];
    const isAggregator = fault.node >= drawn.participants;
    const node = isAggregator ? fault.node - drawn.participants + participants : fault.node % participants;
    return [{ ...fault, node }];
  });
  const steps = ["round-opened", "advertised", "masked", "committed", "round-closed", "unmasked"] as const;
  const deaths = Array.from({ length: random.integer(0, 3) }, () => ({
    kind: "dies-at" as const,
    node: random.integer(0, participants - 1),
    step: random.pick(steps),
    round: random.integer(1, rules.rounds),
    backAfterS: random.integer(1, 30),
  }));
  return { ...drawn, participants, rules: rebonded(rules), faults: [...moved, ...deaths] };
}

/** Draws an encrypted scenario: at least two updates make a round, and participants die at its own steps, too. */
export function drawEncryptedScenario(random: SeededRandom): Scenario {
  const drawn = drawScenario(random);
  const rules: TaskRules = {
    ...drawn.rules,
    mode: "encrypted",
    clipLanes: 1 << 15,
    minUpdates: 2,
    keyWindowS: random.integer(8, 20),
  };
  const steps = ["advertised", "encrypted", "committed", "sum-opened"] as const;
  const deaths = Array.from({ length: random.integer(0, 2) }, () => ({
    kind: "dies-at" as const,
    node: random.integer(0, drawn.participants - 1),
    step: random.pick(steps),
    round: random.integer(1, rules.rounds),
    backAfterS: random.integer(1, 10),
  }));
  const faults = drawn.faults.filter(({ kind }) => kind !== "mute" && kind !== "vanish");
  return { ...drawn, rules: rebonded(rules), faults: [...faults, ...deaths] };
}

/** The rules with the bonds that they ask for, where there are any. */
function rebonded(rules: TaskRules): TaskRules {
  return rules.participantBondGwei === 0 ? rules : { ...rules, ...bonds(rules) };
}
