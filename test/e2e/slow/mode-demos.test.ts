import { join } from "node:path";
import { expect } from "chai";
import { runFedledger } from "../../support/processes/fedledger-process.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

interface Told extends Record<string, unknown> {
  readonly event?: string;
  readonly kind?: string;
}

describe("the demo of a task that hides something", function () {
  this.timeout(240_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  before(async () => {
    folder = await temporaryDirectory();
  });
  after(() => folder.remove());

  /** Runs the demo; what each of its nodes told. */
  async function demo(name: string, ...args: readonly string[]) {
    const out = join(folder.path, name);
    const { code, events, stderr } = await runFedledger(["demo", ...args, "--rounds", "2", "--json", "--out", out]);
    expect(code, stderr).to.equal(0);
    return events.filter(({ event }) => event === "node").map(({ name: node, data }) => ({ node, data: data as Told }));
  }
  const verdictOf = (told: Awaited<ReturnType<typeof demo>>) =>
    told.find(({ node, data }) => node === "auditor" && data.event === "verdict")?.data;

  it("with masks: each member is a process, and the audit is clean", async () => {
    const told = await demo("masked", "--mode", "masked", "--participants", "4");
    expect(verdictOf(told)).to.deep.include({ verdict: "verified", complete: true, findings: [] });
    const kinds = (kind: string) => told.filter(({ data }) => data.kind === kind).length;
    expect([kinds("advertised"), kinds("masked")]).to.deep.equal([8, 8]);
    // three of the four open a sum: who comes to it behind the proposal has nothing left to tell
    for (const kind of ["closing-signed", "unmasked"]) expect(kinds(kind), kind).to.be.within(6, 8);
    expect(kinds("masking-refused")).to.equal(0);
  });

  it("with sealed blobs: its auditor is given a grant", async () => {
    const told = await demo("sealed", "--blobs", "members", "--participants", "2");
    expect(verdictOf(told)).to.include({ verdict: "verified", exitCode: 0 });
  });
});
