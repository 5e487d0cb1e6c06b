import { createServer } from "node:net";
import { expectCode } from "../../support/expect-code.ts";
import { hostOf } from "../../support/processes/hosts.ts";

describe("a host that cannot listen", () => {
  it("says so: the port is another's, or the address another machine's", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const start = async (address: string) => {
      const host = await hostOf(1, { listen: [address] });
      await host.start();
    };
    await expectCode("ADDRESS_IN_USE", () => start(`/ip4/127.0.0.1/tcp/${port}`));
    await expectCode("INVALID_CONFIG", () => start("/ip4/192.0.2.1/tcp/0"));
    server.close();
  });
});
