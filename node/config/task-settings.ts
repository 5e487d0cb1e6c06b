import { z } from "zod";
import { defineSetting } from "./setting.ts";
import { choice, decimal, gwei, integer, text, yes } from "./value-schemas.ts";

const bond = z.union([choice("least"), gwei]);

/** Settings of what a task is: its model, its rules, and what members stand to lose. */
export const taskSettings = {
  model: defineSetting({
    flag: "--model <kind>",
    help: "linear-regression, logistic-regression, mlp or cnn (default: the data set's own)",
    schema: text,
  }),
  spec: defineSetting({
    flag: "--spec <file>",
    help: "task specification (JSON, docs/protocol/specification.md) instead of a preset",
    schema: text,
  }),
  testSet: defineSetting({
    flag: "--test-set <file>",
    env: "FEDLEDGER_TEST_SET",
    help: "the task's public test set, a CSV file with the columns of its data: everybody measures every model on it (presets bring theirs)",
    schema: text,
  }),
  epochs: defineSetting({
    flag: "--epochs <n>",
    help: "local epochs in each round (default: the preset's)",
    schema: integer(1, 1000),
  }),
  learningRate: defineSetting({
    flag: "--learning-rate <x>",
    help: "step of the local training (default: the preset's)",
    schema: decimal(1e-9, 1000),
  }),
  batchSize: defineSetting({
    flag: "--batch-size <n>",
    help: "examples a step (default: the preset's)",
    schema: integer(1, 65536),
  }),
  participants: defineSetting({
    flag: "--participants <n>",
    help: "number of participants, 1 to 64 (default: the preset's, usually 5)",
    schema: integer(1, 64),
  }),
  rounds: defineSetting({
    flag: "--rounds <n>",
    help: "number of rounds, 1 to 65535 (default: the preset's, usually 10)",
    schema: integer(1, 65535),
  }),
  participation: defineSetting({
    flag: "--participation <fraction>",
    help: "fraction of the participants drawn for each round, above 0 to 1 (default: the preset's, usually 1)",
    schema: decimal(0.0001, 1),
  }),
  startWithin: defineSetting({
    flag: "--start-within <seconds>",
    default: "86400",
    help: "the first round opens when --participants are enrolled, or after so many seconds with as many as make a round",
    schema: integer(0, 2 ** 31),
  }),
  drawDelay: defineSetting({
    flag: "--draw-delay <blocks>",
    help: "where a part is drawn: blocks from a round's opening to the one that draws, 4 to 4096; about 300 where randomness is another chain's (default 4)",
    schema: integer(4, 4096),
  }),
  minUpdates: defineSetting({
    flag: "--min-updates <n>",
    help: "fewest updates that make a round (default: two thirds of those drawn)",
    schema: integer(1, 64),
  }),
  maxUpdates: defineSetting({
    flag: "--max-updates <n>",
    help: "most participants drawn for a round, 1 to 64 (default 64; in a masked or encrypted task those expected)",
    schema: integer(1, 64),
  }),
  quorum: defineSetting({
    flag: "--quorum <n>",
    help: "fewest attestations that accept a proposal; half of the committed and one more in any case (default: more than half of those drawn)",
    schema: integer(1, 64),
  }),
  attempts: defineSetting({
    flag: "--attempts <n>",
    default: "3",
    help: "aggregators tried before a round is given up, 1 to 16",
    schema: integer(1, 16),
  }),
  roundsPerParticipant: defineSetting({
    flag: "--rounds-per-participant <n>",
    default: "0",
    help: "most rounds one participant may join; 0 is no limit",
    schema: integer(0, 65535),
  }),
  statementRequired: defineSetting({
    flag: "--statement-required",
    help: "participants must state their data when they enrol (--statement)",
    schema: yes,
  }),
  mode: defineSetting({
    flag: "--mode <mode>",
    help: "what others see of an update: all (transparent, the default), or only the sum of a round's (masked, or encrypted)",
    schema: choice("transparent", "masked", "encrypted"),
  }),
  threshold: defineSetting({
    flag: "--threshold <percent>",
    help: "masked: share of a participant's fellows that can open its masks, and of those with keys that makes a round; 51 to 100, default 67",
    schema: integer(51, 100),
  }),
  rule: defineSetting({
    flag: "--rule <rule>",
    help: "how updates become one: weighted-mean (default), coordinate-median or trimmed-mean; the last two ignore weights",
    schema: choice("weighted-mean", "coordinate-median", "trimmed-mean"),
  }),
  trim: defineSetting({
    flag: "--trim <n>",
    help: "values that a trimmed mean drops at each end of every parameter; default 1, twice it must be below --min-updates",
    schema: integer(1, 31),
  }),
  fractionBits: defineSetting({
    flag: "--fraction-bits <n>",
    help: "fraction bits of a lane, 1 to 30 (default 20; in a masked or encrypted task as many as fit, up to 16)",
    schema: integer(1, 30),
  }),
  clip: defineSetting({
    flag: "--clip <x>",
    help: "greatest change of one parameter in one update (default: the preset's, usually 8)",
    schema: decimal(1e-9, 2 ** 30),
  }),
  maxWeight: defineSetting({
    flag: "--max-weight <n>",
    help: "greatest number of examples an update may count for (default 65536; in a masked or encrypted task as many as fit)",
    schema: integer(1, 2 ** 32 - 1),
  }),
  serverRate: defineSetting({
    flag: "--server-rate <x>",
    help: "factor on the mean update, 1/65536 to 16 (default 1)",
    schema: decimal(1 / 65536, 16),
  }),
  bond: defineSetting({
    flag: "--bond <ether|least>",
    help: "what each aggregator locks, and loses when its proposal is proven wrong; 0 for none (default: none on the local test chain, else the least)",
    schema: bond,
  }),
  participantBond: defineSetting({
    flag: "--participant-bond <ether|least>",
    help: "what each participant locks, and loses when it attested a wrong model or broke the rules; 0 for none (default as for --bond)",
    schema: bond,
  }),
  keyWindow: defineSetting({
    flag: "--key-window <seconds>",
    help: "masked and encrypted: time for keys before the first commitment, seconds (default 120 and three times the chain's lag; the demo has a shorter one)",
    schema: integer(1, 2 ** 24 - 1),
  }),
  commitWindow: defineSetting({
    flag: "--commit-window <seconds>",
    help: "time to train and commit, seconds (default 600 and three times the chain's lag; the demo has shorter ones)",
    schema: integer(1, 2 ** 24 - 1),
  }),
  aggregateWindow: defineSetting({
    flag: "--aggregate-window <seconds>",
    help: "time each aggregator has to propose, seconds (default 300 and three times the chain's lag; the demo has shorter ones)",
    schema: integer(1, 2 ** 24 - 1),
  }),
  attestWindow: defineSetting({
    flag: "--attest-window <seconds>",
    help: "time to recompute and attest a proposal before the next attempt, seconds (default 300 and three times the chain's lag; the demo has a shorter one)",
    schema: integer(1, 2 ** 24 - 1),
  }),
  challengeWindow: defineSetting({
    flag: "--challenge-window <seconds>",
    help: "time for which an accepted round can be proven wrong, seconds (default: a day; on the local test chain 600, with bonds 3600)",
    schema: integer(60, 2 ** 24 - 1),
  }),
} as const;
