import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createSigner, type DeployStep, deployFederation, startEmbeddedChain } from "../../../../node/chain/index.ts";
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
