import { expect } from "chai";
import { testAccount } from "../../../node/chain/index.ts";
import { startHostileEndpoint } from "../../support/endpoint/hostile-endpoint.ts";
import { refusals, refusingAbove } from "../../support/endpoint/refusals.ts";
import { type FederationFixture, startFederation } from "../../support/federation-fixture.ts";
import { startFedledger } from "../../support/processes/fedledger-process.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const nodes = 4;
const perSecond = 8;

describe(`${nodes} nodes behind an endpoint that answers ${perSecond} requests a second`, function () {
  this.timeout(180_000);
  let fixture: FederationFixture;

  before(async () => {
    fixture = await startFederation({ participants: 2, outsiders: nodes, register: false, blockIntervalMs: 1_000 });
    await fixture.createTask();
  });
  after(() => fixture.close());

  it("all start, and none ends", async () => {
    const folder = await temporaryDirectory();
    const endpoint = await startHostileEndpoint(fixture.url);
    const refusal = refusals.find((each) => each.provider === "Alchemy" && each.kind === "rate")!;
    endpoint.bend(refusingAbove(refusal, perSecond));
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    // an account is for one node
    const accounts = fixture.outsiders.map(({ privateKey }) =>
      numbers.find((number) => testAccount(number).privateKey === privateKey),
    );
    const running = accounts.map((account, i) =>
      startFedledger([
        ...["watch", "--json", "--rpc", endpoint.url, "--federation", fixture.federation],
        ...["--dev-account", String(account), "--dir", `${folder.path}/${i}`, "--gateway", "off"],
      ]),
    );
    await Promise.all(running.map(({ until }) => until(({ event }) => event === "started")));
    for (const { child } of running) child.kill("SIGTERM");
    const ended = await Promise.all(running.map(({ finished }) => finished));
    for (const { code, stderr } of ended) expect(code, stderr).to.equal(0);
    await endpoint.cut();
    await folder.remove();
  });
});
