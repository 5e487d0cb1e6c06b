import { execFileSync } from "node:child_process";
import { constants, existsSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { createAggregator, createParticipant, loadTrainer, readSitePolicy } from "../../../../node/api/index.ts";
import type { NodeOptions } from "../../../../node/api/nodes/node-options.ts";
import type { SitePolicy } from "../../../../node/config/site-policy.ts";
import { chunkTreeRoot } from "../../../../node/core/bytes/chunk-tree.ts";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../../node/core/bytes/keccak.ts";
import { initialLanes } from "../../../../node/core/task/initial-model.ts";
import { canonicalTaskSpec } from "../../../../node/core/task/task-spec.ts";
import { readFileBytes } from "../../../../node/system/index.ts";
import { taskPreset } from "../../../../node/training/index.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { type FederationFixture, startFederation } from "../../../support/federation-fixture.ts";
import { createNodePlay, type NodePlay } from "../../../support/played/node-play.ts";
import { startFedledger } from "../../../support/processes/fedledger-process.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

const { spec } = taskPreset("breast-cancer");
const fractionBits = 14;
const format = "fedledger/policy/1";
const nobody = `0x${"09".repeat(20)}`;
const otherCode = `0x${"0c".repeat(32)}`;

/** One policy a key, which a plain transparent task with public blobs and a bond is below. */
const below: Omit<Required<SitePolicy>, "format" | "dataBudget"> = {
  modes: ["masked", "encrypted"],
  rules: ["trimmed-mean"],
  blobs: ["members"],
  maxEpsilon: 1000,
  maxDelta: 0.5,
  privacyUnits: ["participant", "example"],
  minK: 2,
  minUpdates: 4,
  maxParameters: 30,
  maxRounds: 1,
  maxBondEther: 0.5,
  federations: [nobody],
  creators: [nobody],
  codeHashes: { Federation: otherCode, Court: otherCode, Proofs: otherCode },
};

describe("A site's policy", function () {
  this.timeout(60_000);
  // without the policy each test waits for the pipe: one is enough
  this.bail(true);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let play: NodePlay;
  let taskId: number;
  /** A named pipe: who opens it waits for ever. */
  let pipe: string;

  before(async () => {
    folder = await temporaryDirectory();
    pipe = join(folder.path, "rows.csv");
    execFileSync("mkfifo", [pipe]);
    fixture = await startFederation({ participants: 3, aggregators: 1, register: false });
    play = createNodePlay(fixture, folder.path);
    const lanes = initialLanes(spec, fractionBits);
    const bonds = { participantBondGwei: 1e9, aggregatorBondGwei: 1e9, challengeWindowS: 3600 };
    taskId = await fixture.createTask({
      rules: { parameterCount: lanes.length, fractionBits, rounds: 3, minUpdates: 3, maxUpdates: 3, ...bonds },
      modelRoot: chunkTreeRoot(lanes),
      spec: canonicalTaskSpec(spec),
      enrol: [],
      join: [],
    });
  });
  after(async () => {
    await play?.close();
    await fixture?.close();
    // whoever waits for the pipe after all gets its end, and the process can go
    await (await open(pipe, constants.O_RDWR | constants.O_NONBLOCK)).close();
    await folder?.remove();
  });

  const settings = (more: Partial<NodeOptions> = {}): NodeOptions => {
    const directory = join(folder.path, `node-${Math.random()}`);
    return { ...play.settingsOf(fixture.participants[0]!, taskId), ...more, directory };
  };
  const openParticipant = (policy: SitePolicy | undefined, data: string, given = settings()) =>
    createParticipant({
      ...given,
      policy,
      data,
      statement: async () => toHex(keccak256(await readFileBytes(data))),
      trainer: ({ spec: of }) => loadTrainer({ spec: of, data }),
    });

  it("holds for an aggregator, too, by its own bond", async () => {
    const policy = { format, maxBondEther: 0.5 } as const;
    await expectCode("POLICY_REFUSES", () => createAggregator({ ...settings(), policy }));
  });

  for (const [key, limit] of Object.entries(below)) {
    it(`refuses by ${key} before data and statement are opened, and before anything is kept`, async () => {
      const given = settings();
      const error = await expectCode("POLICY_REFUSES", () => openParticipant({ format, [key]: limit }, pipe, given));
      expect(error.data.keys).to.equal(key);
      expect(existsSync(given.directory ?? "")).to.equal(false);
    });
  }

  it("lets a task that is within it go on to the data", async () => {
    const { hashes } = await fixture.admin.chain.codes();
    const within: SitePolicy = {
      format,
      modes: ["transparent"],
      blobs: ["public"],
      minUpdates: 3,
      maxRounds: 3,
      maxBondEther: 1,
      federations: [fixture.federation],
      codeHashes: hashes as never,
    };
    for (const policy of [within, undefined])
      await expectCode("FILE_NOT_FOUND", () => openParticipant(policy, join(folder.path, "none.csv")));
  });

  it("is a file of the command line, which ends with exit code 2 and leaves the data closed", async () => {
    const path = join(folder.path, "policy.json");
    await writeFile(path, JSON.stringify({ format, modes: ["masked"], minK: 3 }));
    expect(await readSitePolicy(path)).to.deep.equal({ format, modes: ["masked"], minK: 3 });
    const node = ["--rpc", fixture.url, "--federation", fixture.federation, "--dev-account", "1", "--json"];
    const started = startFedledger([
      ...["participant", ...node, "--task", String(taskId)],
      ...["--dir", join(folder.path, "process"), "--data", pipe, "--statement", pipe, "--policy", path],
    ]);
    const { code, events, stderr } = await started.finished;
    expect(code, stderr).to.equal(2);
    expect(JSON.stringify(events) + stderr).to.include("POLICY_REFUSES");
    await writeFile(path, JSON.stringify({ format, mode: ["masked"] }));
    await expectCode("INVALID_CONFIG", () => readSitePolicy(path));
  });
});
