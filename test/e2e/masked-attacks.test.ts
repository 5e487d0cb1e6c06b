import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import { fromHex } from "../../node/core/bytes/hex.ts";
import type { Address } from "../../node/core/ids.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import { canonicalTaskSpec, parseTaskSpec } from "../../node/core/task/task-spec.ts";
import { isSecretKeyOf, seedHashOf } from "../../node/privacy/masking/index.ts";
import type { Progress } from "../../node/rounds/progress/progress.ts";
import { type FederationFixture, type FixtureMember, startFederation } from "../support/federation-fixture.ts";
import type { Lie } from "../support/malicious/forged-history.ts";
import { createNodePlay, type NodePlay, patientWindows } from "../support/played/node-play.ts";
import { composeAggregator, composeParticipant } from "../support/processes/compose-node.ts";
import { projectFolder } from "../support/processes/fedledger-process.ts";
import { maskedRules } from "../support/states/plain-rules.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { createPullingTrainer } from "../support/training/pulling-trainer.ts";

const spec = parseTaskSpec({
  format: "fedledger/task/1",
  name: "masked",
  model: { kind: "linear-regression", inputs: 99, output: { kind: "numbers", count: 1 } },
  initialSeed: 3,
  training: { objective: "fedavg", epochs: 1, batchSize: 8, learningRate: 0.1 },
  data: {},
  start: { participants: 5, latestS: 2 ** 33 },
});
const keyWindowS = 600;
const fractionBits = 14;

describe("a masked task whose one member has a lying endpoint", function () {
  this.timeout(240_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let play: NodePlay;
  let endpoint: ChildProcess | undefined;

  beforeEach(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 5, aggregators: 1, register: false, blockIntervalMs: 300 });
    play = createNodePlay(fixture, folder.path);
  });
  afterEach(async () => {
    endpoint?.kill();
    await play.close();
    await fixture.close();
    await folder.remove();
  });

  /** The endpoint, as a process before the chain's own; its URL. */
  async function startEndpoint(victim: Address, lie: Lie): Promise<string> {
    const path = join(projectFolder, "test", "support", "malicious", "lying-endpoint.ts");
    endpoint = spawn(process.execPath, [path, fixture.url, fixture.federation, victim, lie], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await new Promise<string[]>((resolve, reject) => {
      createInterface({ input: endpoint!.stdout! }).once("line", (text) => resolve([text]));
      endpoint!.once("close", (code) => reject(new Error(`the endpoint ended with ${code}`)));
    });
    return (JSON.parse(line!) as { url: string }).url;
  }

  /**
   * A task of one round among five, of which four must have part in a sum, the last one behind the endpoint; what the
   * victim told and the record.
   */
  async function playRound(lie: Lie) {
    const taskId = await fixture.createTask({
      rules: {
        ...maskedRules,
        ...patientWindows,
        keyWindowS,
        parameterCount: modelLayout(spec.model).parameterCount,
        fractionBits,
        rounds: 1,
        maxUpdates: 5,
        minUpdates: 3,
        thresholdPercent: 60,
        clipLanes: 1 << 16,
        challengeWindowS: 3600,
      },
      modelRoot: chunkTreeRoot(initialLanes(spec, fractionBits)),
      spec: canonicalTaskSpec(spec),
      enrol: [],
    });
    const victim = fixture.participants.at(-1)!;
    const url = await startEndpoint(victim.account, lie);
    const invitation = await play.invitationFor(taskId);
    const told: Progress[] = [];
    // the other four have committed, and the fifth never will; who is not shown all keys waits for the end of their
    // time
    // and the victim has done what it is to do in that time, on a busy machine, too
    const isDone = { others: false, victim: lie === "hidden-keys" };
    const skipTime = (who: "others" | "victim") => {
      const isFirst = !isDone[who];
      isDone[who] = true;
      if (!isFirst || !isDone.others || !isDone.victim) return;
      void fixture.chain.increaseTime(lie === "hidden-keys" ? keyWindowS + 1 : 1300);
    };
    const onAggregator = (step: Progress) => {
      if (step.kind === "update-recorded" && step.updates === 4) skipTime("others");
    };
    let signed: () => void = () => undefined;
    // the others may be done before the victim, on a busy machine, has come so far
    const hasSigned = new Promise<void>((resolve) => {
      signed = resolve;
    });
    const onVictim = (step: Progress) => {
      told.push(step);
      if (step.kind === "closing-signed") signed();
      if (step.kind === (lie === "swapped-keys" ? "masking-refused" : "committed")) skipTime("victim");
      if (step.kind === "committed" && lie === "hidden-keys") void fixture.chain.increaseTime(700);
    };
    const { settingsOf, eventsOf, opened } = play;
    const participant = async (member: FixtureMember, seed: number) => {
      const isVictim = member === victim;
      const settings = { ...settingsOf(member, taskId, { invitation }), seed };
      const events = eventsOf(member, isVictim ? onVictim : undefined);
      return opened(
        await composeParticipant(isVictim ? { ...settings, endpoint: url } : settings, events, async () =>
          createPullingTrainer(seed / 40),
        ),
      );
    };
    const aggregator = opened(
      await composeAggregator(
        settingsOf(fixture.aggregators[0]!, taskId),
        eventsOf(fixture.aggregators[0]!, onAggregator),
      ),
    );
    const nodes = await Promise.all(fixture.participants.map(participant));
    nodes.at(-1)!.role.start();
    const outcomes = await play.toFinal([aggregator, ...nodes.slice(0, -1)].map(({ role }) => role));
    expect(outcomes).to.deep.equal(["final", "final", "final", "final", "final"]);
    if (lie !== "swapped-keys") await hasSigned;
    return { victim: victim.account, told, ...(await play.record(taskId)) };
  }

  const kindsOf = (told: readonly Progress[]) => told.map(({ kind }) => kind as string);

  /** The round was accepted without the victim, whose secret key is opened; its self seed is nowhere. */
  function expectHidden({ victim, all, audit }: Awaited<ReturnType<typeof playRound>>): void {
    const keys = all("Advertised").find(({ participant }) => participant === victim)!;
    expect(all("Committed").map(({ participant }) => participant)).not.to.include(victim);
    const openings = fromHex(all("Proposed").at(-1)!.openings);
    const pieces = Array.from({ length: openings.length / 32 }, (_, i) => openings.subarray(32 * i, 32 * (i + 1)));
    expect(isSecretKeyOf(pieces.at(-1)!, keys.maskKey)).to.equal(true);
    expect(pieces.map(seedHashOf)).not.to.include(keys.seedHash.toLowerCase());
    expect(audit.findings).to.deep.equal([]);
    expect(all("RoundAccepted")).to.have.length(1);
  }

  it("16, a split view of the closing: the victim signs it and opens nothing, as nobody else has signed it", async () => {
    const played = await playRound("split-view");
    expect(kindsOf(played.told)).to.include("closing-signed");
    expect(kindsOf(played.told)).not.to.include("unmasked");
    expectHidden(played);
  });

  it("a subset of signed keys under a split view: the same, with whomever it shares its masks", async () => {
    const played = await playRound("hidden-keys");
    const masked = played.told.find((step) => step.kind === "masked");
    expect(masked).to.include({ others: 3 });
    expect(kindsOf(played.told)).to.include("closing-signed");
    expect(kindsOf(played.told)).not.to.include("unmasked");
    expectHidden(played);
  });

  it("17, another key in the place of a member's: the victim masks nothing, as its owner did not sign it", async () => {
    const played = await playRound("swapped-keys");
    const refusals = played.told.flatMap((step) => (step.kind === "masking-refused" ? [step.code] : []));
    expect(refusals).to.deep.equal(["MASK_WORD_FALSE"]);
    expect(kindsOf(played.told)).not.to.include("masked");
    expectHidden(played);
  });
});
