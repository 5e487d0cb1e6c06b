import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createSigner, type DeployStep, deployFederation, startEmbeddedChain } from "../../../../node/chain/index.ts";
import { startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { silentLog } from "../../../support/federation-fixture.ts";
import { rejection } from "../../../support/rejection.ts";

describe("deploying a federation", () => {
  let chain: Awaited<ReturnType<typeof startEmbeddedChain>>;
  let folder: string;

  before(async () => {
    chain = await startEmbeddedChain({ port: 0, accounts: 2, blockIntervalMs: 0 });
    folder = await mkdtemp(join(tmpdir(), "fedledger-deploy-"));
  });
  after(async () => {
    await chain.close();
    await rm(folder, { recursive: true });
  });

  const deploy = (deploymentDir?: string, steps: DeployStep[] = []) =>
    deployFederation({
      urls: [chain.url],
      signer: createSigner(chain.accounts[0]!.privateKey),
      admin: chain.accounts[1]!.address.toLowerCase(),
      ...(deploymentDir && { deploymentDir }),
      onProgress: (step) => steps.push(step),
      log: silentLog,
    });

  it("does it once a folder, and tells the same of it afterwards", async () => {
    const steps: DeployStep[] = [];
    const first = await deploy(folder, steps);
    expect(first).to.include({ chainId: 31_337, admin: chain.accounts[1]!.address, alreadyDeployed: false });
    expect(first.gasUsed).to.be.within(1_000_000, 1 << 24);
    // the codes of the court and of the proofs go first
    expect(steps.splice(0, 2).map(({ step }) => step)).to.deep.equal(["sent", "sent"]);
    expect(steps).to.deep.equal([
      { step: "sent", transactionHash: first.transactionHash },
      { step: "deployed", address: first.address },
    ]);
    await chain.mine(3);
    const again = await deploy(folder, steps);
    expect(again).to.deep.equal({ ...first, alreadyDeployed: true });
    expect(steps.at(-1)).to.deep.equal({ step: "already-deployed", address: first.address });
    const other = await deploy();
    expect(other.address).to.not.equal(first.address);
  });

  it("says what is kept of a deployment that fails: nothing without a folder", async () => {
    const account = createSigner(chain.accounts[0]!.privateKey);
    const signer = {
      address: account.address,
      signTypedData: account.signTypedData.bind(account),
      signTransaction: () => Promise.reject(new Error("the device is locked")),
    };
    const options = { urls: [chain.url], signer, log: silentLog };
    const nothing = await rejection(deployFederation(options), "DEPLOYMENT_FAILED");
    expect(nothing.remedy).to.include("--dir").and.not.include("?");
    const deploymentDir = join(folder, "failed");
    const kept = await rejection(deployFederation({ ...options, deploymentDir }), "DEPLOYMENT_FAILED");
    expect(kept.remedy).to.include(deploymentDir);
  });

  it("refuses a chain that cannot run a federation before anything is sent, and says what is missing", async () => {
    const chains = [
      [{ hardfork: "london" }, /PUSH0.*Shanghai/],
      [{ hardfork: "shanghai" }, /MCOPY.*Cancun/],
      [{ blockGasLimit: 10_000_000 }, /blocks take 10,000,000 gas.*16,777,216/],
      [{ transactionGasCap: 8_000_000 }, /no transaction of 16,777,216 gas/],
    ] as const;
    for (const [rules, reason] of chains) {
      const other = await startEmbeddedChain({ port: 0, accounts: 1, blockIntervalMs: 0, ...rules });
      const signer = createSigner(other.accounts[0]!.privateKey);
      const error = await rejection(
        deployFederation({ urls: [other.url], signer, log: silentLog }),
        "CHAIN_UNSUITABLE",
      );
      expect(error.data.reason).to.match(reason);
      expect(error.remedy).to.not.include("undefined").and.not.include("?");
      expect(await other.request("eth_blockNumber"), "nothing was sent").to.equal("0x0");
      await other.close();
    }
  });

  it("says what only masked tasks miss, and deploys", async () => {
    const endpoint = await startHostileEndpoint(chain.url);
    endpoint.bend((method, [call]) =>
      method === "eth_call" && String((call as { to?: string }).to).endsWith("09") ? "0x" : undefined,
    );
    const steps: DeployStep[] = [];
    const signer = createSigner(chain.accounts[0]!.privateKey);
    const { address } = await deployFederation({
      ...{ urls: [endpoint.url], signer, log: silentLog },
      onProgress: (step) => steps.push(step),
    });
    expect(steps[0]).to.have.property("reason").that.includes("BLAKE2F").and.includes("masked");
    expect(address).to.match(/^0x/);
    await endpoint.cut();
  });

  it("deploys by the rules of Cancun, of Prague and of the newest fork alike", async () => {
    for (const hardfork of ["cancun", "prague"]) {
      const other = await startEmbeddedChain({ port: 0, accounts: 1, blockIntervalMs: 0, hardfork });
      const signer = createSigner(other.accounts[0]!.privateKey);
      const { chainId } = await deployFederation({ urls: [other.url], signer, log: silentLog });
      expect(chainId).to.equal(31_337);
      await other.close();
    }
  });

  it("refuses a folder of another chain, an empty account, and an admin that is none", async () => {
    const snapshot = await chain.snapshot();
    const used = join(folder, "reverted");
    await deploy(used);
    await chain.revert(snapshot);
    const otherChain = await rejection(deploy(used), "DEPLOYMENT_FAILED");
    expect(otherChain.remedy).to.include(used);
    const signer = createSigner(`0x${"07".repeat(32)}`);
    await rejection(deployFederation({ urls: [chain.url], signer, log: silentLog }), "INSUFFICIENT_FUNDS");
    await rejection(deployFederation({ urls: [chain.url], signer, admin: "me", log: silentLog }), "INVALID_CONFIG");
    await chain.request("hardhat_setBalance", [signer.address, "0x1"]);
    await rejection(deployFederation({ urls: [chain.url], signer, log: silentLog }), "INSUFFICIENT_FUNDS");
  });
});
