import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { startFedledger } from "../support/processes/fedledger-process.ts";

const federation = "0x00000000000000000000000000000000000000aa";

describe("a command that is stopped", function () {
  this.timeout(60_000);

  it("ends at the second SIGTERM, whatever it waits for, with the code of that signal", async () => {
    // takes a question and never answers
    const asked = Promise.withResolvers<void>();
    const server = createServer(() => asked.resolve()).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const rpc = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const command = startFedledger(["audit", "--rpc", rpc, "--federation", federation]);
    await asked.promise;
    command.child.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 300));
    command.child.kill("SIGTERM");
    expect((await command.finished).code).to.equal(143);
    server.closeAllConnections();
    server.close();
  });

  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const) {
    it(`says so, with a code and a remedy, at ${signal}`, async () => {
      const demo = startFedledger(["demo", "--rounds", "1", "--json", "--participants", "2"]);
      await demo.until(({ event }) => event !== undefined);
      demo.child.kill(signal);
      const ended = await demo.finished;
      expect(ended.stderr).to.contain("INTERRUPTED: Stopped on request.");
      expect(ended.stderr, "a stack trace").not.to.match(/^ {4}at /m);
      expect(ended.code).to.equal(code);
    });
  }
});
