// Needs Python 3.10 or later, as `python3` or under the name in PYTHON; nothing else: the second implementation uses
// the
// standard library only. By hand: python3 test/interop/second-implementation/check_vectors.py test/vectors
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { contentIdOf } from "../../node/core/bytes/content-id.ts";
import { toHex } from "../../node/core/bytes/hex.ts";
import { evidenceOf } from "../../node/core/record/evidence.ts";
import { foldTask } from "../../node/core/record/fold-task.ts";
import type { TaskEvent } from "../../node/core/record/task-events.ts";
import { encodeTestSet } from "../../node/core/task/test-set.ts";
import { publicMetric } from "../../node/training/models/public-metric.ts";
import { type ChainDump, dumpChain } from "../support/played/chain-dump.ts";
import { startPlayedEncrypted } from "../support/played/played-encrypted.ts";
import { startPlayedMasked } from "../support/played/played-masked.ts";
import { type PlayedTask, playEveryEnding, playedModel, startPlayedTask } from "../support/played/played-task.ts";

const python = process.env.PYTHON ?? "python3";
const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Runs one of the second implementation's programs; returns its exit code and its answer. */
function run(program: string, argument: string) {
  const options = {
    encoding: "utf8",
    maxBuffer: 1 << 24,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  } as const;
  const result = spawnSync(python, [fileOf(`second-implementation/${program}`), argument], options);
  expect(result.stderr, program).to.equal("");
  return { code: result.status, answer: JSON.parse(result.stdout) };
}

describe("A second implementation, in Python, of docs/protocol", function () {
  this.timeout(180_000);
  let folder: string | undefined;

  before(function () {
    const { status } = spawnSync(python, ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"]);
    if (status !== 0) {
      process.stderr.write(`    not checked: ${python} is not Python 3.10 or later (PYTHON names another one)\n`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "fedledger-second-"));
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  it("agrees with every vector", () => {
    const { code, answer } = run("check_vectors.py", fileOf("../vectors"));
    expect(answer.wrong).to.deep.equal([]);
    expect(code).to.equal(0);
    expect(Object.keys(answer.cases)).to.have.length(readdirSync(fileOf("../vectors")).length);
  });

  it("follows bonds, an expulsion, a strike and a roll-back, and goes on from the model before", async () => {
    const ether = 1_000_000_000;
    const bonds = { participantBondGwei: ether, aggregatorBondGwei: 2 * ether };
    const rules = { participationBps: 10_000, challengeWindowS: 3_600, ...bonds };
    const played = await startPlayedTask(rules);
    const { fixture, taskId, store, reader } = played;
    const audit = async () => {
      const file = join(folder!, "struck.json");
      writeFileSync(file, JSON.stringify(await dumpChain(fixture.chain, fixture.federation, taskId, store.blobs)));
      const { code, answer } = run("audit.py", file);
      expect(answer.wrong).to.deep.equal([]);
      expect(code).to.equal(0);
      return answer;
    };
    try {
      const everyone = await played.commitAll();
      await played.close();
      const prover = fixture.admin.chain;
      const proveWeight = async () => {
        const wrong = foldTask(await reader.history(taskId)).rounds.findLast(({ proposal }) => proposal !== undefined)!;
        const evidence = evidenceOf(taskId, wrong)!;
        await prover.send({ kind: "proveWeight", evidence, commitments: wrong.commitments });
      };
      // a weight that is not the sum is proven wrong before anybody attests, and the next aggregator takes over
      await played.propose(everyone, { excluded: [everyone[0]!.slot], weight: 1n });
      await proveWeight();
      const first = await played.propose(everyone);
      await played.attest(first.proposal);
      played.lanes = first.model;
      // a word is signed twice, and its owner expelled
      const { anchor } = await played.round();
      const [author] = fixture.participants;
      const word = async (weight: number) => {
        const roots = {
          updateRoot: toHex(new Uint8Array(32).fill(weight)),
          contentId: toHex(new Uint8Array(32).fill(1)),
        };
        const record = { taskId, round: 1, anchor, participant: author!.account, weight, ...roots };
        return { ...record, signature: await author!.chain.signRecord({ type: "commitment", ...record }) };
      };
      const [one, other] = [await word(1), await word(2)];
      await prover.send({ kind: "proveEquivocation", taskId, round: 1, anchor, one, other });
      await audit();
      // such a weight is accepted, and proven wrong while the next round is in flight
      const committed = await played.commitAll();
      await played.close();
      const lie = (await played.propose(committed, { excluded: [committed[0]!.slot], weight: 1n })).proposal;
      await played.attest(lie);
      await played.commitAll(2);
      await proveWeight();
      const { historyHead, modelRoot } = await reader.storedState(taskId);
      const answer = await audit();
      expect(answer).to.deep.include({ rounds: 3, accepted: 1, void: 1, recomputed: 1, historyHead, modelRoot });
    } finally {
      await fixture.close();
    }
  });

  it("opens the sums of a masked and restricted task, dropouts and all", async () => {
    const played = await startPlayedMasked();
    try {
      await played.play();
      const { fixture, taskId, store, reader } = played;
      const dump = await dumpChain(fixture.chain, fixture.federation, taskId, store.blobs);
      const file = join(folder!, "masked.json");
      writeFileSync(file, JSON.stringify(dump));
      const { code, answer } = run("audit.py", file);
      expect(answer.wrong).to.deep.equal([]);
      expect(code).to.equal(0);
      const { historyHead, modelRoot } = await reader.storedState(taskId);
      expect(answer).to.deep.include({
        rounds: 3,
        recomputed: 2,
        historyHead,
        modelRoot,
        commitments: 9,
        signatures: 12,
      });
      // the last byte of the only secret key that was opened
      const { transactionHash } = (await reader.history(taskId)).findLast(({ name }) => name === "Proposed")!;
      const log = dump.logs.find((each) => each.transactionHash === transactionHash)!;
      log.data = `${log.data.slice(0, -1)}${log.data.endsWith("0") ? "1" : "0"}`;
      writeFileSync(file, JSON.stringify(dump));
      const changed = run("audit.py", file).answer.wrong;
      const said = ["round 2: a false opening", "round 2: the model is not the mean of its updates"];
      expect(changed).to.include.members([...said, "round 2: history head"]);
    } finally {
      await played.fixture.close();
    }
  });

  it("adds the ciphertexts of an encrypted task, and opens their sums with the keys", async () => {
    const played = await startPlayedEncrypted();
    try {
      await played.play();
      const { fixture, taskId, store, reader, keys } = played;
      const dump = await dumpChain(fixture.chain, fixture.federation, taskId, store.blobs);
      const file = join(folder!, "encrypted.json");
      const auditWith = (more: object) => {
        writeFileSync(file, JSON.stringify({ ...dump, ...more }));
        return run("audit.py", file).answer;
      };
      const groupKeys = Object.fromEntries([...keys].map(([round, { secretKey }]) => [round, toHex(secretKey)]));
      const { historyHead, modelRoot } = await reader.storedState(taskId);
      const answer = auditWith({ groupKeys });
      expect(answer).to.deep.include({ wrong: [], rounds: 3, recomputed: 2, historyHead, modelRoot, commitments: 5 });
      expect(auditWith({}).wrong, "without the keys").to.deep.equal([]);
      const swapped = { 1: groupKeys[2], 2: groupKeys[1] };
      const notMean = [1, 2].map((round) => `round ${round}: the model is not the mean of its updates`);
      expect(auditWith({ groupKeys: swapped }).wrong).to.deep.equal(notMean);
      // the last byte of the sum's content id
      const { transactionHash } = (await reader.history(taskId)).findLast(({ name }) => name === "Proposed")!;
      const log = dump.logs.find((each) => each.transactionHash === transactionHash)!;
      log.data = `${log.data.slice(0, -1)}${log.data.endsWith("0") ? "1" : "0"}`;
      const changed = ["round 2: the sum is not that of the ciphertexts", "round 2: history head"];
      expect(auditWith({}).wrong).to.include.members(changed);
    } finally {
      await played.fixture.close();
    }
  });

  describe("of a task on a real chain", () => {
    let task: PlayedTask;
    let dump: ChainDump;

    let testSet: Uint8Array;

    before(async () => {
      const inputs = Float32Array.from({ length: 4 * 99 }, (_, at) => Math.sin(at));
      testSet = encodeTestSet({ examples: 4, inputs, labels: Float32Array.of(1, -2, 0.5, 3) }, playedModel);
      const contentId = await contentIdOf(testSet);
      task = await startPlayedTask({}, { testSet: { contentId, examples: 4 } });
      task.store.blobs.set(contentId, testSet);
      await playEveryEnding(task);
      dump = await dumpNow();
    });
    after(async () => {
      await task?.fixture.close();
    });

    const dumpNow = () => dumpChain(task.fixture.chain, task.fixture.federation, task.taskId, task.store.blobs);
    function audit(of: ChainDump) {
      const file = join(folder!, "dump.json");
      writeFileSync(file, JSON.stringify(of));
      return run("audit.py", file);
    }
    /** The audit's answer where something in the dump was changed. */
    function auditChanged(change: (copy: ChainDump) => void): string[] {
      const copy = structuredClone(dump);
      change(copy);
      const { code, answer } = audit(copy);
      expect(code).to.equal(1);
      return answer.wrong;
    }
    /** The text with another digit at a place. */
    const flipped = (hex: string, at: number) => hex.slice(0, at) + (hex[at] === "0" ? "1" : "0") + hex.slice(at + 1);

    it("recomputes every round and hash", async () => {
      const { code, answer } = audit(dump);
      expect(answer.wrong).to.deep.equal([]);
      expect(code).to.equal(0);
      const { historyHead, modelRoot } = await task.reader.storedState(task.taskId);
      expect(answer).to.deep.include({ rounds: 6, accepted: 3, recomputed: 3, historyHead, modelRoot });
      expect(answer.commitments).to.be.greaterThan(14);
    });

    it("measures each model on the public test set, to the bit", async () => {
      const { answer } = audit(dump);
      expect(Object.keys(answer.metrics)).to.deep.equal(["1", "3", "4"]);
      const about = { spec: { model: playedModel }, fractionBits: 16 };
      const { r2Q24, lossQ24, examples } = await publicMetric(about, task.lanes, testSet);
      expect(answer.metrics[4]).to.deep.equal({ examples, r2Q24: Number(r2Q24), lossQ24: Number(lossQ24) });
    });

    it("finds a changed byte of a blob", async () => {
      const { slot, contentId } = (await task.reader.history(task.taskId)).find(
        (event): event is Extract<TaskEvent, { name: "Committed" }> => event.name === "Committed",
      )!;
      const wrong = auditChanged(({ blobs }) => {
        blobs[contentId] = flipped(blobs[contentId]!, 7);
      });
      expect(wrong).to.deep.equal([`round 1: content id of update of slot ${slot}`]);
    });

    it("finds a changed weight, and all that hangs on it", async () => {
      const { transactionHash } = await task.latest("Committed");
      const wrong = auditChanged(({ logs }) => {
        const log = logs.find((each) => each.transactionHash === transactionHash)!;
        log.data = flipped(log.data, 2 + 64 + 60);
      });
      expect(wrong).to.include.members([
        "round 6: total weight",
        "round 6: accumulator at the closing",
        "round 6: history head",
      ]);
    });

    it("finds another attester, whom the head does not bind", async () => {
      const { transactionHash } = await task.latest("RoundAccepted");
      const wrong = auditChanged(({ logs }) => {
        const log = logs.find((each) => each.transactionHash === transactionHash)!;
        // the last word is an attester's account
        log.data = flipped(log.data, log.data.length - 1);
      });
      expect(wrong.slice(0, 2)).to.deep.equal(["round 4: attesters", "round 4: history head"]);
    });

    it("finds another proposal that came to nothing", async () => {
      const { transactionHash } = (await task.reader.history(task.taskId)).find(
        ({ name, ...event }) => name === "Proposed" && "round" in event && event.round === 6,
      )!;
      const wrong = auditChanged(({ logs }) => {
        const log = logs.find((each) => each.transactionHash === transactionHash)!;
        // behind the accumulator, the attempt and the aggregator: the model root
        log.data = flipped(log.data, 2 + 64 * 4 - 1);
      });
      expect(wrong).to.deep.equal(["round 6: history head", "round 6: stored history head"]);
    });

    it("finds another word in the contract's storage", () => {
      const wrong = auditChanged((copy) => {
        Object.assign(copy, { stored: { ...copy.stored, historyHead: flipped(copy.stored.historyHead, 9) } });
      });
      expect(wrong).to.deep.equal(["round 6: stored history head"]);
    });

    it("finds a model that a quorum accepted and that is not the mean", async () => {
      const committed = await task.commitAll();
      await task.close();
      const { proposal } = await task.propose(committed, { lie: (honest) => honest.fill(9, 80) });
      await task.attest(proposal);
      const { code, answer } = audit(await dumpNow());
      expect(answer.wrong).to.deep.equal(["round 7: the model is not the mean of its updates"]);
      expect(code).to.equal(1);
    });
  });
});
