import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

type Say = (line: string) => void;
type Work<T> = (name: (pid: number) => () => void) => Promise<T>;

const scripts = join(import.meta.dirname, "..", "..", "..", "scripts", "ready");
const { withLock } = (await import(join(scripts, "lock.mjs"))) as {
  withLock<T>(lock: string, say: Say, work: Work<T>, options?: { quietMs?: number }): Promise<T>;
};
const { processSpace, startOf } = (await import(join(scripts, "processes.mjs"))) as {
  processSpace(): string;
  startOf(pid: number): string | undefined;
};

describe("the lock of an installation", () => {
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let lock: string;
  beforeEach(async () => {
    folder = await temporaryDirectory();
    lock = join(folder.path, "lock");
  });
  afterEach(() => folder.remove());

  const left = (content: object) => writeFileSync(lock, JSON.stringify(content));
  const own = { pid: process.pid, start: startOf(process.pid) };

  it("is held while the work lasts, and gone after it, also where the work fails", async () => {
    expect(
      await withLock(
        lock,
        () => {},
        async () => existsSync(lock),
      ),
    ).to.equal(true);
    expect(existsSync(lock)).to.equal(false);
    const failing = withLock(
      lock,
      () => {},
      async () => Promise.reject(new RangeError("no")),
    );
    await failing.then(
      () => expect.fail("it did not fail"),
      (error) => expect(error).to.be.instanceOf(RangeError),
    );
    expect(existsSync(lock)).to.equal(false);
  });

  it("lets one work at a time", async () => {
    let working = 0;
    const work = async () => {
      working += 1;
      expect(working).to.equal(1);
      await new Promise((resolve) => setImmediate(resolve));
      working -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(lock, () => {}, work)));
  });

  it("of a process that died is taken over at once, though its number lives again", async () => {
    left({ space: processSpace(), processes: [{ pid: process.pid, start: "in another life" }] });
    const said: string[] = [];
    expect(
      await withLock(
        lock,
        (line) => said.push(line),
        async () => "done",
      ),
    ).to.equal("done");
    expect(said).to.deep.equal([]);
  });

  it("of a living process is waited for, and process and file are named", async () => {
    left({ space: processSpace(), processes: [own] });
    const told = Promise.withResolvers<string>();
    // however long it is not touched: the process is there
    const waiting = withLock(lock, told.resolve, async () => "done", { quietMs: 0 });
    expect(await told.promise)
      .to.contain(`process ${process.pid},`)
      .and.contain(lock);
    left({ space: processSpace(), processes: [] });
    expect(await waiting).to.equal("done");
  });

  it("of process 1 of a container that is gone is taken over once nobody has touched it for long", async () => {
    left({ space: "another container", processes: [{ pid: 1, start: startOf(1) }] });
    const said: string[] = [];
    expect(
      await withLock(
        lock,
        (line) => said.push(line),
        async () => "done",
        { quietMs: 100 },
      ),
    ).to.equal("done");
    expect(said[0]).to.contain("process 1 of another container").and.contain(lock);
  });

  it("of another container that lives, and touches it, is waited for", async () => {
    left({ space: "another container", processes: [{ pid: 1, start: "then" }] });
    let isReleased = false;
    let touched = 1;
    const touching = setInterval(() => {
      utimesSync(lock, touched, touched++);
      if (touched > 30) isReleased = true;
      if (isReleased) clearInterval(touching);
    }, 20);
    await withLock(
      lock,
      () => {},
      async () => expect(isReleased).to.equal(true),
      { quietMs: 400 },
    );
    clearInterval(touching);
  });

  it("that says nothing (its process was killed as it wrote) is taken over", async () => {
    writeFileSync(lock, "");
    expect(
      await withLock(
        lock,
        () => {},
        async () => "done",
        { quietMs: 50 },
      ),
    ).to.equal("done");
  });

  it("names whoever else installs, who may outlive its holder", async () => {
    await withLock(
      lock,
      () => {},
      async (name) => {
        const forget = name(process.ppid);
        const { processes } = JSON.parse(readFileSync(lock, "utf8")) as {
          processes: { pid: number }[];
        };
        expect(processes.map(({ pid }) => pid)).to.deep.equal([process.pid, process.ppid]);
        forget();
      },
    );
  });
});
