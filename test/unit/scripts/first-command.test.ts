import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { smallClone } from "../../support/installing/small-clone.ts";
import { until } from "../../support/processes/until.ts";

const ran = { code: 0, stdout: "ran\n" };

/** Whether a process lives. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the first start", function () {
  this.timeout(60_000);
  let clone: Awaited<ReturnType<typeof smallClone>>;
  beforeEach(async () => {
    clone = await smallClone();
  });
  afterEach(() => clone.remove());

  /** Starts, and waits until npm stands still in the middle of its work. */
  async function startToTheMiddle() {
    clone.tell("hold");
    const first = clone.start();
    await until(() => clone.asked().length === 1);
    return { first, npm: clone.asked()[0]!.pid };
  }

  it("installs once, says so, and runs; the second only runs", async () => {
    const first = await clone.start().ended;
    expect(first).to.deep.include(ran);
    expect(first.stderr).to.contain("Installing").and.contain("Compiling");
    expect(await clone.start().ended).to.deep.equal({ ...ran, stderr: "" });
    expect(clone.asked()).to.have.length(1);
  });

  it("runs in the process that was started, where its Node will do: who signals or kills it has the program", async () => {
    await clone.start().ended;
    const { child, ended } = clone.start({ args: ["--pid"] });
    expect((await ended).stdout).to.equal(`${child.pid}\n`);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`stopped by ${signal} ends when npm has, and leaves nothing that says "installed"`, async () => {
      const { first, npm } = await startToTheMiddle();
      clone.tell("hold-ending");
      first.child.kill(signal);
      await until(() => clone.has("ending"));
      expect(first.child.exitCode).to.equal(null);
      clone.untell("hold-ending");
      const ended = await first.ended;
      expect(ended.code).to.equal(code);
      expect(ended.stderr).to.contain("waiting until npm ci has ended").and.contain(`Interrupted by ${signal}`);
      expect(lives(npm)).to.equal(false);
      expect(clone.exists(".runtime-lock")).to.equal(false);
      clone.untell("hold");
      expect(await clone.start().ended).to.deep.include(ran);
    });
  }

  it("begun while another one is being stopped waits for its npm, names it, and is good", async () => {
    const { first, npm } = await startToTheMiddle();
    clone.tell("hold-ending");
    first.child.kill("SIGINT");
    await until(() => clone.has("ending"));
    const second = clone.start();
    await until(() => second.said().includes("Waiting"));
    expect(second.said()).to.contain(`process ${first.child.pid} and ${npm}`).and.contain(".runtime-lock");
    clone.untell("hold");
    clone.untell("hold-ending");
    expect((await first.ended).code).to.equal(130);
    expect(await second.ended).to.deep.include(ran);
    expect(clone.asked()).to.have.length(2);
  });

  it("killed leaves npm, whom the next one waits for and then takes at its work", async () => {
    const { first, npm } = await startToTheMiddle();
    first.child.kill("SIGKILL");
    await first.ended.catch(() => {});
    const second = clone.start();
    await until(() => second.said().includes("Waiting"));
    expect(second.said()).to.contain(`process ${npm},`);
    clone.untell("hold");
    expect(await second.ended).to.deep.include(ran);
    expect(clone.asked()).to.have.length(1);
  });

  it("killed together with npm is taken over at once", async () => {
    const { first, npm } = await startToTheMiddle();
    for (const pid of [first.child.pid!, npm]) process.kill(pid, "SIGKILL");
    await first.ended.catch(() => {});
    clone.untell("hold");
    expect(await clone.start().ended).to.deep.include(ran);
    expect(clone.asked()).to.have.length(2);
  });

  it("done twice at once installs once", async () => {
    const both = await Promise.all([clone.start().ended, clone.start().ended]);
    for (const each of both) expect(each).to.deep.include(ran);
    expect(clone.asked()).to.have.length(1);
  });

  it("asks npm for all that is needed, whatever its settings are", async () => {
    await clone.start({ env: { NODE_ENV: "production", npm_config_omit: "dev optional" } }).ended;
    expect(clone.asked()[0]!.args).to.include.members(["ci", "--include=dev", "--include=optional"]);
  });

  it("believes npm nothing: what it left out is named, and installed by the next start", async () => {
    clone.tell("omit", "node_modules/tool");
    const first = await clone.start().ended;
    expect(first.code).to.equal(1);
    expect(first.stderr).to.contain("left out node_modules/tool");
    clone.untell("omit");
    expect(await clone.start().ended).to.deep.include(ran);
  });

  it("installs anew where a package is gone", async () => {
    await clone.start().ended;
    rmSync(join(clone.root, "node_modules", "tool"), { recursive: true });
    expect(await clone.start().ended).to.deep.include(ran);
    expect(clone.asked()).to.have.length(2);
  });

  it("compiles from nothing where the compiler was killed", async () => {
    await clone.start().ended;
    writeFileSync(join(clone.root, "artifacts", ".fedledger-compiling"), "");
    writeFileSync(join(clone.root, "artifacts", "half"), "");
    expect(await clone.start().ended).to.deep.include(ran);
    expect(readdirSync(join(clone.root, "artifacts"))).to.have.members([".fedledger-compiled", "A.json"]);
  });

  it("names the settings of npm that may be in the way, and never their values", async () => {
    clone.tell("hold");
    const first = clone.start({ env: { npm_config_https_proxy: "http://user:secret@nowhere" } });
    await until(() => clone.asked().length === 1);
    process.kill(clone.asked()[0]!.pid, "SIGTERM");
    const { code, stderr } = await first.ended;
    expect(code).to.equal(1);
    expect(stderr).to.contain("may be in its way: ").and.contain("https-proxy (the environment)");
    expect(stderr).not.to.contain("secret");
  });
});

describe("a start where this user may not write", function () {
  this.timeout(60_000);
  const nobody = process.getuid?.() === 0 ? 65_534 : undefined;
  const asNobody = { ...(nobody !== undefined && { uid: nobody }), env: { HOME: "/nowhere", XDG_CACHE_HOME: "" } };
  let clone: Awaited<ReturnType<typeof smallClone>>;
  beforeEach(function () {
    // only root can become somebody else, and everybody must be able to run this Node
    if (nobody === undefined || !isForAll(process.execPath)) this.skip();
  });
  afterEach(() => clone.remove());

  it("runs what is installed, and changes nothing", async () => {
    clone = await smallClone();
    await clone.start().ended;
    const before = statSync(clone.root).mtimeMs;
    expect(await clone.start(asNobody).ended).to.deep.equal({ ...ran, stderr: "" });
    expect(statSync(clone.root).mtimeMs).to.equal(before);
  });

  it("says of a clone that is not installed who has to do what; its version it tells", async () => {
    clone = await smallClone();
    const { code, stderr } = await clone.start(asNobody).ended;
    expect(code).to.equal(1);
    expect(stderr).to.contain("cannot write to").and.contain("npm run setup").and.not.contain("    at ");
    const version = await clone.start({ ...asNobody, args: ["--version"] }).ended;
    expect(version).to.deep.equal({ code: 0, stdout: "7.8.9\n", stderr: "" });
  });

  it("runs a package without a home", async () => {
    clone = await smallClone({ isPackage: true });
    expect(await clone.start(asNobody).ended).to.deep.equal({ ...ran, stderr: "" });
  });
});

/** Whether others may go all the way to a file. */
function isForAll(path: string): boolean {
  for (let at = path; at !== "/"; at = join(at, "..")) if ((statSync(at).mode & 0o005) !== 0o005) return false;
  return true;
}
