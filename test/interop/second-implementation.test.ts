// Needs Python 3.10 or later, as `python3` or under the name in PYTHON; nothing else: the second implementation uses the
// standard library only. By hand: python3 test/interop/second-implementation/check_vectors.py test/vectors
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { toHex } from "../../node/core/hex.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import { type ChainDump, dumpChain } from "../support/chain-dump.ts";
import { startPlayedEncrypted } from "../support/played-encrypted.ts";
import { startPlayedMasked } from "../support/played-masked.ts";
import { startPlayedPipeline } from "../support/played-pipeline.ts";
import { type PlayedTask, playEveryEnding, startPlayedTask } from "../support/played-task.ts";

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

describe("A second implementation, in Python, of docs/protocol.md", function () {
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

  it("recomputes a pipelined task with batches, words and rounds in flight together", async () => {
    const played = await startPlayedPipeline();
    try {
      await played.play();
      const { fixture, taskId, store, reader } = played;
      const file = join(folder!, "pipeline.json");
      writeFileSync(file, JSON.stringify(await dumpChain(fixture.chain, fixture.federation, taskId, store.blobs)));
      const { code, answer } = run("audit.py", file);
      expect(answer.wrong).to.deep.equal([]);
      expect(code).to.equal(0);
      const { historyHead, modelRoot } = await reader.storedState(taskId);
      expect(answer).to.deep.include({ rounds: 4, recomputed: 3, historyHead, modelRoot, commitments: 20 });
      expect(answer.signatures).to.equal(2 * 5 + 3 * 5);
    } finally {
      await played.fixture.close();
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
      expect(answer).to.deep.include({ rounds: 3, recomputed: 2, historyHead, modelRoot, commitments: 8 });
      // the last byte of the only secret key that was opened
      const { transactionHash } = (await reader.history(taskId)).findLast(({ name }) => name === "Opened")!;
      const log = dump.logs.find((each) => each.transactionHash === transactionHash)!;
      log.data = `${log.data.slice(0, -1)}${log.data.endsWith("0") ? "1" : "0"}`;
      writeFileSync(file, JSON.stringify(dump));
      const changed = run("audit.py", file).answer.wrong;
      expect(changed).to.deep.equal(["round 2: a false opening", "round 2: the model is not the mean of its updates"]);
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
      const { transactionHash } = (await reader.history(taskId)).findLast(({ name }) => name === "Opened")!;
      const log = dump.logs.find((each) => each.transactionHash === transactionHash)!;
      log.data = `${log.data.slice(0, -1)}${log.data.endsWith("0") ? "1" : "0"}`;
      expect(auditWith({}).wrong).to.deep.equal(["round 2: the sum is not that of the ciphertexts"]);
    } finally {
      await played.fixture.close();
    }
  });

  describe("of a task on a real chain", () => {
    let task: PlayedTask;
    let dump: ChainDump;

    before(async () => {
      task = await startPlayedTask();
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

    it("recomputes every round, hash and signature", async () => {
      const { code, answer } = audit(dump);
      expect(answer.wrong).to.deep.equal([]);
      expect(code).to.equal(0);
      const { historyHead, modelRoot } = await task.reader.storedState(task.taskId);
      expect(answer).to.deep.include({ rounds: 6, recomputed: 3, historyHead, modelRoot });
      expect(answer.signatures).to.equal(2 * 5);
      expect(answer.commitments).to.be.greaterThan(14);
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

    it("finds a forged signature", async () => {
      const { transactionHash } = await task.latest("RoundFinalized");
      const wrong = auditChanged(({ transactions }) => {
        // the last words are r and vs: the end of r
        const input = transactions[transactionHash]!;
        transactions[transactionHash] = flipped(input, input.length - 64 - 2);
      });
      expect(wrong).to.deep.equal(["round 4: signature of an attestation"]);
    });

    it("finds the model that nobody challenged and that is not the mean", async () => {
      const committed = await task.commitAll();
      await task.close();
      const { proposal } = await task.propose(committed, { lie: (honest) => honest.fill(9, 80) });
      await task.finalizeUnchallenged(proposal);
      const { code, answer } = audit(await dumpNow());
      expect(answer.wrong).to.deep.equal(["round 7: the model is not the mean of its updates"]);
      expect(code).to.equal(1);
    });
  });
});
