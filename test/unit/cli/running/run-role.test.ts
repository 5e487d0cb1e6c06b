import { expect } from "chai";
import type { NodeOutcome } from "../../../../node/api/index.ts";
import { runRole } from "../../../../node/cli/running/run-role.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Address } from "../../../../node/core/ids.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { silentLog } from "../../../support/silent-log.ts";

const account = `0x${"11".repeat(20)}` as Address;

describe("running a role", () => {
  let told: Record<string, unknown>[];
  let closed: number;
  /** Runs a node whose work ends so; with `--exit-when-final`. */
  const run = (outcome: NodeOutcome) => {
    told = [];
    closed = 0;
    const output = {
      json: true,
      say: () => undefined,
      emit: (event: Record<string, unknown>) => void told.push(event),
    };
    const node = {
      account,
      gatewayUrl: undefined,
      start: () => undefined,
      done: Promise.resolve(outcome),
      close: async () => void closed++,
    };
    const context = { output, log: silentLog, signal: new AbortController().signal };
    return runRole("participant", context, async () => node, { exitWhenFinal: true });
  };

  it("ends well where the task is final or was left, and with 1 where the node came too late", async () => {
    expect(await run({ kind: "final" })).to.equal(0);
    expect(await run({ kind: "left" })).to.equal(0);
    expect(await run({ kind: "too-late" })).to.equal(1);
    expect(told.at(-1)).to.deep.equal({ event: "ended", outcome: "too-late" });
    expect(closed).to.equal(1);
  });

  it("ends with the error of a node that cannot go on, once it is closed", async () => {
    const error = new FedledgerError("CHAIN_RESET", { url: "x", reason: "its first block is another" });
    await expectCode("CHAIN_RESET", () => run({ kind: "failed", error }));
    expect(closed).to.equal(1);
  });

  it("says what the account is owed where it cannot pay for taking it out", async () => {
    const { data } = await expectCode("INSUFFICIENT_FUNDS", () => run({ kind: "unpaid", owedWei: 5n * 10n ** 17n }));
    expect(data.purpose).to.contain("0.5 ether").and.to.contain("bond withdraw");
    expect(told.at(-1)).to.deep.equal({ event: "ended", outcome: "unpaid" });
    expect(closed).to.equal(1);
  });
});
