import { expect } from "chai";
import type { ComposedNode } from "../../../../node/api/index.ts";
import { runRole } from "../../../../node/cli/running/run-role.ts";
import type { Outcome } from "../../../../node/rounds/machine/machine.ts";
import { rejection } from "../../../support/rejection.ts";
import { silentLog } from "../../../support/silent-log.ts";
import { accounts } from "../../../support/states/round-states.ts";

/** Runs a node whose work ends so. */
function run(outcome: Outcome) {
  const emitted: object[] = [];
  let closed = 0;
  const node = {
    chain: { account: accounts.a },
    role: { start: () => undefined, stop: async () => undefined, done: Promise.resolve(outcome) },
    close: async () => void closed++,
  } as unknown as ComposedNode;
  const output = { json: false, emit: (event: object) => void emitted.push(event) };
  const context = { output, log: silentLog, signal: new AbortController().signal };
  const code = runRole("participant", context as never, async () => node, { exitWhenFinal: true });
  return { code, emitted, closed: () => closed };
}

describe("running a role", () => {
  it("ends with 0 when the work is done, and with 1 when it came too late", async () => {
    expect(await run({ kind: "final" }).code).to.equal(0);
    expect(await run({ kind: "left" }).code).to.equal(0);
    expect(await run({ kind: "too-late" }).code).to.equal(1);
  });

  it("says what is owed to an account that cannot pay for taking it out, and how it comes by it", async () => {
    const { code, emitted, closed } = run({ kind: "unpaid", owedWei: 5n * 10n ** 17n });
    const error = await rejection(code, "INSUFFICIENT_FUNDS");
    expect(error.data.account).to.equal(accounts.a);
    expect(error.data.purpose).to.include("0.5 ether").and.include("fedledger bond withdraw");
    expect(emitted.at(-1)).to.deep.equal({ event: "ended", outcome: "unpaid", owedWei: 5n * 10n ** 17n });
    expect(closed()).to.equal(1);
  });
});
