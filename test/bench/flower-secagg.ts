// Masked aggregation beside Flower's SecAgg+, on this machine in this run: node test/bench/flower-secagg.ts [PYTHON]
// [--json] PYTHON is one that has flwr (python3 -m venv DIR; DIR/bin/pip install flwr), default python3; without flwr
// only ours is measured, and that is said. Times are CPU time of all threads of the process: other work on the machine
// changes it less than the clock's.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { weightedMean } from "../../node/aggregation/index.ts";
import { x25519PublicKey } from "../../node/chain/accounts/node-keys.ts";
import { toHex } from "../../node/core/bytes/hex.ts";
import { FedledgerError } from "../../node/core/errors/error.ts";
import type { Address } from "../../node/core/ids.ts";
import {
  collectOpenings,
  createMaskedMean,
  createMaskSecrets,
  entryOf,
  maskUpdate,
  openShare,
  sealShares,
  shareBytes,
  shareEntryBytes,
  type UnmaskAnswer,
} from "../../node/privacy/masking/index.ts";
import { createRandom } from "../../node/system/random.ts";
import { createSeededRandom } from "../../node/training/data/seeded-random.ts";

/**
 * How many of the participants really mask: the aggregator is given copies of the first one's vector for the others,
 * which costs it the same.
 */
const masking = 3;
const thresholdPercent = 67;
const clipLanes = 1 << 18;
const serverRateQ16 = 1 << 16;
const start = `0x${"fe".repeat(32)}` as const;
const random = createRandom();

interface Case {
  readonly parameters: number;
  /** Each shares a mask with every other, in both. */
  readonly participants: number;
  /** Keyed, shared, and gone before it committed. */
  readonly dropped: number;
  /** All participants really mask, and the result is compared with the mean of what they had. */
  readonly whole: boolean;
}

interface Figures {
  /** CPU seconds of one participant: keys and shares, masking, and what it gives at the end. */
  readonly participant: { readonly shares: number; readonly mask: number; readonly answer: number };
  /** CPU seconds of whoever adds up: the sum, and taking the masks away. */
  readonly aggregator: { readonly sum: number; readonly unmask: number };
  /** Bytes that one participant sends. */
  readonly bytes: { readonly vector: number; readonly rest: number };
}

const sizes = [100_000, 1_000_000];
const crowds = [
  { participants: 8, dropped: 1 },
  { participants: 32, dropped: 3 },
  { participants: 64, dropped: 6 },
];
const cases: readonly Case[] = sizes.flatMap((parameters) =>
  crowds.map((crowd) => ({ ...crowd, parameters, whole: crowd.participants * parameters <= 1_000_000 })),
);

const json = process.argv.includes("--json");
const python = process.argv.slice(2).find((each) => !each.startsWith("--")) ?? "python3";
const theirs = measureFlower();
const rows: { each: Case; ours: Figures; flower: Figures | undefined }[] = [];
for (const [i, each] of cases.entries()) rows.push({ each, ours: await measureOurs(each), flower: theirs?.[i] });
process.stdout.write(json ? `${JSON.stringify(rows)}\n` : table());

async function measureOurs(each: Case): Promise<Figures> {
  const { parameters, participants, dropped, whole } = each;
  const slots = Array.from({ length: participants }, (_, slot) => slot);
  const surviving = slots.slice(0, participants - dropped);
  const members = slots.map((slot) => {
    const privateKey = random.bytes(32);
    const participant = `0x${slot.toString(16).padStart(40, "0")}` as Address;
    return { slot, participant, privateKey, shareKey: x25519PublicKey(privateKey) };
  });
  const othersOf = (slot: number) => slots.filter((other) => other !== slot);
  const timesOf = { shares: [] as number[], mask: [] as number[], answer: [] as number[] };

  const secrets = slots.map(() => createMaskSecrets(random));
  const bundles = new Map<number, Uint8Array>();
  for (const slot of [...slots.slice(0, masking), ...slots.slice(surviving.length)]) {
    const deal = {
      start,
      from: members[slot]!.participant,
      secrets: secrets[slot]!,
      thresholdPercent,
      others: othersOf(slot).map((other) => members[other]!),
    };
    timesOf.shares.push(
      await cpuOf(async () => {
        createMaskSecrets(random);
        bundles.set(slot, await sealShares(deal));
      }),
    );
  }
  const advertisements = members.map((member, slot) => ({ ...member, ...secrets[slot]!, seed: undefined }));
  const round = { taskId: 1, round: 1, advertisements, surviving };

  const weightOf = (slot: number) => 100 + slot;
  const updates: Int32Array[] = [];
  const masked: Int32Array[] = [];
  for (const slot of whole ? surviving : surviving.slice(0, masking)) {
    const source = createSeededRandom(slot);
    const lanes = Int32Array.from({ length: parameters }, () => source.uint32() >> 15);
    updates.push(lanes);
    const work = { lanes, weight: weightOf(slot), slot, secrets: secrets[slot]!, round };
    timesOf.mask.push(
      await cpuOf(async () => {
        masked.push(await maskUpdate(work));
      }),
    );
  }

  const answers: UnmaskAnswer[] = [];
  for (const slot of surviving) {
    const near = othersOf(slot);
    const shares = new Uint8Array(shareBytes * near.length);
    const open = async (other: number, bundle: Uint8Array) => {
      const entry = entryOf(bundle, other, slot);
      const { participant: to, privateKey } = members[slot]!;
      const held = await openShare(start, { from: members[other]!.participant, to, entry, privateKey });
      const given = other < surviving.length ? held!.seed : held!.key;
      shares.set(given, shareBytes * near.indexOf(other));
    };
    const mine = near.flatMap((other) => (bundles.has(other) ? [other] : []));
    const seconds = await cpuOf(() => Promise.all(mine.map((other) => open(other, bundles.get(other)!))));
    // only the bundles that the aggregator needs were made, and the first few: as if all had been
    if (mine.length > 0) timesOf.answer.push((seconds / mine.length) * near.length);
    answers.push({ slot, seed: secrets[slot]!.seed, shares });
  }

  let openings = new Uint8Array();
  const collecting = await cpuOf(async () => {
    const collected = await collectOpenings({ round, drawn: participants, thresholdPercent, bundles, answers });
    openings = Uint8Array.from(collected.openings ?? []);
  });
  const mean = createMaskedMean({ parameterCount: parameters, serverRateQ16, clipLanes, round, openings });
  const sum = await cpuOf(() => {
    for (const slot of surviving) mean.add(masked[slot] ?? masked[0]!, weightOf(slot));
  });
  const base = new Int32Array(parameters);
  let result = base;
  const unmask = await cpuOf(() => {
    result = Int32Array.from(mean.finish(base));
  });
  if (whole) {
    const parts = updates.map((lanes, slot) => ({ lanes, weight: weightOf(slot) }));
    const plain = weightedMean({ base, updates: parts, serverRateQ16 });
    if (toHex(new Uint8Array(plain.buffer)) !== toHex(new Uint8Array(result.buffer)))
      throw new FedledgerError("INVALID_ARGUMENT", { name: "sum", value: "another", expected: "the plain mean" });
  }
  const one = participants - 1;
  return {
    participant: { shares: median(timesOf.shares), mask: median(timesOf.mask), answer: median(timesOf.answer) },
    aggregator: { sum, unmask: collecting + unmask },
    bytes: { vector: 4 * parameters, rest: 96 + (shareEntryBytes + shareBytes) * one + 32 },
  };
}

/**
 * Flower's figures of all cases; undefined where the interpreter has no flwr. Throws PROCESS_DIED where it has, and
 * fails.
 */
function measureFlower(): readonly Figures[] | undefined {
  if (spawnSync(python, ["-c", "import flwr"]).status !== 0) {
    process.stderr.write(`skipped: ${python} has no flwr; give the path of a python that has it\n`);
    return undefined;
  }
  const input = cases.map(({ parameters, participants, dropped, whole }) => {
    return { parameters, participants, shares: participants, dropped, masking: whole ? participants : masking };
  });
  const script = join(import.meta.dirname, "flower-secagg.py");
  const { status, stdout, stderr } = spawnSync(python, [script], { input: JSON.stringify(input), encoding: "utf8" });
  if (status !== 0)
    throw new FedledgerError("PROCESS_DIED", { name: script, reason: `${status}: ${stderr}`, path: script });
  const [version, ...lines] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  process.stderr.write(`Flower ${version.flwr}, numpy ${version.numpy}\n`);
  return lines.map(({ clientSeconds, clientBytes, sumSeconds, unmaskSeconds, error }): Figures => {
    if (error !== null && error > 1e-4)
      throw new FedledgerError("INVALID_ARGUMENT", { name: "Flower's sum", value: error, expected: "the plain mean" });
    const { keys, shares, mask, answer } = clientSeconds;
    return {
      participant: { shares: keys + shares, mask, answer },
      aggregator: { sum: sumSeconds, unmask: unmaskSeconds },
      bytes: { vector: clientBytes.mask, rest: clientBytes.keys + clientBytes.shares + clientBytes.answer },
    };
  });
}

async function cpuOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function table(): string {
  const head = [
    ...["parameters", "participants (gone)", "a participant, s", "of it masks, s"],
    ...["sum, s", "unmask, s", "vector, MB", "rest, kB"],
  ];
  const total = ({ participant: { shares, mask, answer } }: Figures) => shares + mask + answer;
  const cell = (ours: number, flower: number | undefined, digits: number) =>
    `${ours.toFixed(digits)} / ${flower === undefined ? "–" : flower.toFixed(digits)}`;
  const lines = rows.map(({ each, ours, flower }) => [
    each.parameters.toLocaleString("en"),
    `${each.participants} (${each.dropped})`,
    cell(total(ours), flower && total(flower), 2),
    cell(ours.participant.mask, flower?.participant.mask, 2),
    cell(ours.aggregator.sum, flower?.aggregator.sum, 2),
    cell(ours.aggregator.unmask, flower?.aggregator.unmask, 2),
    cell(ours.bytes.vector / 1e6, flower && flower.bytes.vector / 1e6, 1),
    cell(ours.bytes.rest / 1e3, flower && flower.bytes.rest / 1e3, 1),
  ]);
  return `ours / Flower's SecAgg+\n${[head, head.map(() => "---"), ...lines].map((row) => `| ${row.join(" | ")} |\n`).join("")}`;
}
