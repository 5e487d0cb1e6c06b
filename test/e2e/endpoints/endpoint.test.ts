import { join } from "node:path";
import { expect } from "chai";
import { loadContractInterface } from "../../../node/chain/contracts/contract-abi.ts";
import { type EmbeddedChain, startEmbeddedChain } from "../../../node/chain/index.ts";
import { type HostileEndpoint, startHostileEndpoint } from "../../support/endpoint/hostile-endpoint.ts";
import { withoutLogs } from "../../support/endpoint/lies.ts";
import { type FederationFixture, startFederation } from "../../support/federation-fixture.ts";
import { type Running, startFedledger } from "../../support/processes/fedledger-process.ts";
import { runInProcess } from "../../support/processes/run-command.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

// Nodes as processes behind an endpoint that leaves logs out, and then is of a chain that was begun anew.
describe("nodes behind an endpoint that fails them", function () {
  this.timeout(240_000);
  let fixture: FederationFixture;
  let anew: EmbeddedChain;
  let endpoint: HostileEndpoint;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let nodes: readonly Running[] = [];

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 2, aggregators: 1, outsiders: 1, register: false });
    anew = await startEmbeddedChain({ port: 0, accounts: 5, blockIntervalMs: 0 });
    endpoint = await startHostileEndpoint(fixture.url);
    const create = "task create --data breast-cancer --participants 2 --rounds 2 --dev-account 0".split(" ");
    const { exit, stderr } = await runInProcess([...create, ...record(fixture.url)]);
    expect(exit, stderr).to.equal(0);
  });
  after(async () => {
    for (const { child } of nodes) child.kill("SIGKILL");
    await endpoint.cut();
    await anew.close();
    await fixture.close();
    await folder.remove();
  });

  const record = (url: string) => ["--federation", fixture.federation, "--rpc", url];
  const start = (role: string, account: number) =>
    startFedledger([
      ...[role, ...record(endpoint.url), "--dev-account", String(account)],
      ...["--dir", join(folder.path, role), "--gateway", "off", "--json"],
    ]);

  it("say that it is behind while it leaves an opening out, and take the round up when it is there", async () => {
    const { participants, aggregators, admin } = fixture;
    const first = (await admin.chain.record(1)).view.firstHead;
    const enrol = { kind: "enrol", taskId: 1, first, amountWei: 0n } as const;
    await participants[0]!.chain.send(enrol);
    await aggregators[0]!.chain.send({ kind: "join", taskId: 1, first, amountWei: 0n });
    nodes = [start("watch", 4), start("aggregator", 3)];
    await Promise.all(nodes.map(({ until }) => until(({ event }) => event === "started")));
    await nodes[1]!.until(({ kind }) => kind === "registered");
    const opened = (await loadContractInterface()).getEvent("RoundOpened")!.topicHash;
    endpoint.bend(withoutLogs(({ topics }) => topics[0] === opened));
    await participants[1]!.chain.send(enrol);
    // by the test or by the aggregator, whoever is first now that all are there
    await participants[0]!.chain
      .send({ kind: "openRound", taskId: 1, round: 1 })
      .catch((error) => expect(error).to.include({ code: "TRANSACTION_REVERTED" }));
    for (const { until } of nodes) {
      expect(await until(({ kind }) => kind === "endpoint-behind")).to.include({ endpoint: endpoint.url });
    }
    endpoint.bend();
    for (const { until } of nodes) {
      await until(({ kind }) => kind === "record-fits");
      await until(({ kind }) => kind === "round-opened");
    }
  });

  it("end with CHAIN_RESET on a chain that was begun anew, and pay for nothing there", async () => {
    endpoint.turn(anew.url);
    await anew.mine(3);
    for (const { finished } of nodes) {
      const { code, events, stderr } = await finished;
      expect(code, stderr).to.equal(5);
      expect(events.findLast(({ event }) => event === "error")).to.include({ code: "CHAIN_RESET" });
    }
    for (const { address } of anew.accounts) {
      expect(await anew.request("eth_getTransactionCount", [address, "latest"]), address).to.equal("0x0");
    }
  });
});
