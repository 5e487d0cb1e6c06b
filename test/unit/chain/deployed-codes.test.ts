import { expect } from "chai";
import { getCreateAddress } from "ethers";
import { createSigner, deployFederation, differingCodes, startEmbeddedChain } from "../../../node/chain/index.ts";
import type { Address, Hex } from "../../../node/core/ids.ts";
import { silentLog } from "../../support/silent-log.ts";

describe("the codes at a federation's address", () => {
  let chain: Awaited<ReturnType<typeof startEmbeddedChain>>;
  let federation: Address;
  let court: string;

  before(async () => {
    chain = await startEmbeddedChain({ port: 0, accounts: 1, blockIntervalMs: 0 });
    const signer = createSigner(chain.accounts[0]!.privateKey);
    ({ address: federation } = await deployFederation({ urls: [chain.url], signer, log: silentLog }));
    court = getCreateAddress({ from: federation, nonce: 1 });
  });
  after(() => chain.close());

  const codeOf = (address: string) => chain.request("eth_getCode", [address, "latest"]) as Promise<Hex>;
  const differing = () => differingCodes({ urls: [chain.url], federation, log: silentLog });
  /** What is found while an account has another code. */
  const withCode = async (address: string, code: string) => {
    const before = await codeOf(address);
    await chain.request("hardhat_setCode", [address, code]);
    const found = await differing();
    await chain.request("hardhat_setCode", [address, before]);
    return found;
  };
  const without0x = (address: string) => address.slice(2).toLowerCase();

  it("are those of this package", async () => {
    expect(await differing()).to.deep.equal([]);
  });

  it("differ by a byte, by their length, or by being absent", async () => {
    const code = await codeOf(federation);
    expect(await withCode(federation, `${code.slice(0, -2)}00`)).to.deep.equal(["Federation"]);
    expect(await withCode(federation, `${code}00`)).to.deep.equal(["Federation"]);
    // without the court nothing says where Privacy is
    expect(await withCode(court, "0x")).to.deep.equal(["Court", "Privacy"]);
    const privacy = (await codeOf(court)).match(/7f0{24}([0-9a-f]{40})/g)!.map((word) => `0x${word.slice(26)}`);
    const [other] = privacy.filter((address) => address !== court.toLowerCase());
    expect(await withCode(other!, "0x60")).to.deep.equal(["Privacy"]);
  });

  it("differ by what a constructor wrote: another court, or another Privacy", async () => {
    const elsewhere = "77".repeat(20);
    const code = await codeOf(federation);
    expect(await withCode(federation, code.replaceAll(without0x(court), elsewhere))).to.deep.equal(["Federation"]);
    const courts = await codeOf(court);
    const own = without0x(court);
    const named = courts.match(/7f0{24}([0-9a-f]{40})/g)!.map((word) => word.slice(26));
    const [privacy] = named.filter((address) => address !== own);
    expect(await withCode(court, courts.replaceAll(privacy!, elsewhere))).to.deep.equal(["Privacy"]);
    // a constructor that names twice the same writes what no honest one does
    expect(await withCode(court, courts.replaceAll(privacy!, own))).to.deep.equal(["Court", "Privacy"]);
  });
});
