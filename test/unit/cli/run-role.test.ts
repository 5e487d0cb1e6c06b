import { expect } from "chai";
import { runRole } from "../../../node/cli/running/run-role.ts";
import { expectCode } from "../../support/expect-code.ts";
import { silentLog } from "../../support/silent-log.ts";

describe("running a role", () => {
  it("says what is owed to an account that cannot pay for taking it out, and ends as what lacks ether", async () => {
    const emitted: Record<string, unknown>[] = [];
    const output = { json: false, say: () => undefined, emit: (event: object) => emitted.push({ ...event }) };
    let closed = false;
    const node = {
      chain: { account: "0x11" },
      role: { start: () => undefined, done: Promise.resolve({ kind: "unpaid", owedWei: 3n * 10n ** 18n }) },
      close: async () => {
        closed = true;
      },
    };
    const context = { output, log: silentLog, signal: new AbortController().signal };
    const { message } = await expectCode("INSUFFICIENT_FUNDS", () =>
      runRole("watcher", context, async () => node as never, { exitWhenFinal: true }),
    );
    expect(message).to.contain("fedledger bond withdraw");
    expect(emitted.at(-1)).to.deep.equal({ event: "ended", outcome: "unpaid", owedWei: 3n * 10n ** 18n });
    expect(closed).to.equal(true);
  });
});
