import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import { loadContractInterface } from "../../../../node/chain/contracts/contract-abi.ts";
import { readCodes } from "../../../../node/chain/contracts/deployed-codes.ts";
import {
  connectFederation,
  type FederationConnection,
} from "../../../../node/chain/contracts/federation-connection.ts";
import { createSigner, deployFederation, startEmbeddedChain } from "../../../../node/chain/index.ts";
import type { Address, Hex } from "../../../../node/core/ids.ts";
import { silentLog } from "../../../support/silent-log.ts";

describe("the codes of a federation", () => {
  let chain: Awaited<ReturnType<typeof startEmbeddedChain>>;
  let federation: Address;
  let court: string;
  let proofs: string;
  let connection: FederationConnection;

  before(async () => {
    chain = await startEmbeddedChain({ port: 0, accounts: 1, blockIntervalMs: 0 });
    const signer = createSigner(chain.accounts[0]!.privateKey);
    ({ address: federation } = await deployFederation({ urls: [chain.url], signer, log: silentLog }));
    connection = await connectFederation({ urls: [chain.url], federation, log: silentLog });
    const data = (await loadContractInterface()).encodeFunctionData("proofs");
    const answer = (await chain.request("eth_call", [{ to: federation, data }, "latest"])) as Hex;
    proofs = AbiCoder.defaultAbiCoder().decode(["address"], answer)[0];
    const others = (await codeOf(federation)).match(/7f0{24}([0-9a-f]{40})/g)!.map((word) => `0x${word.slice(26)}`);
    court = others.find((address) => address !== federation.toLowerCase())!;
  });
  after(() => chain.close());

  const codeOf = (address: string) => chain.request("eth_getCode", [address, "latest"]) as Promise<Hex>;
  const read = () => readCodes(connection);
  /** What is found to differ while an account has another code. */
  const withCode = async (address: string, code: string) => {
    const before = await codeOf(address);
    await chain.request("hardhat_setCode", [address, code]);
    const { differing } = await read();
    await chain.request("hardhat_setCode", [address, before]);
    return differing;
  };

  it("are those of this package, and have hashes that an invitation can name", async () => {
    const { differing, hashes } = await read();
    expect(differing).to.deep.equal([]);
    expect(hashes).to.deep.equal({
      Federation: keccak256(await codeOf(federation)),
      Court: keccak256(await codeOf(court)),
      Proofs: keccak256(await codeOf(proofs)),
    });
  });

  it("differ by a byte, by their length, or by being absent", async () => {
    const code = await codeOf(federation);
    // without a federation's code nothing says where its court is
    expect(await withCode(federation, `${code.slice(0, -2)}00`)).to.deep.equal(["Federation", "Court"]);
    expect(await withCode(federation, `${code}00`)).to.deep.equal(["Federation", "Court"]);
    // and the court says which proofs count
    expect(await withCode(court, "0x")).to.deep.equal(["Court", "Proofs"]);
    expect(await withCode(court, `${(await codeOf(court)).slice(0, -2)}00`)).to.deep.equal(["Court"]);
    expect(await withCode(proofs, "0x60")).to.deep.equal(["Proofs"]);
    // a delegated account runs another's code, and is none
    expect(await withCode(proofs, `0xef0100${court.slice(2)}`)).to.deep.equal(["Proofs"]);
  });

  it("differ by what a constructor wrote: another court, or another contract of proofs", async () => {
    const elsewhere = "77".repeat(20);
    const code = await codeOf(federation);
    expect(await withCode(federation, code.replaceAll(court.slice(2), elsewhere))).to.deep.equal(["Court", "Proofs"]);
    const name = Buffer.from("Fedledger").toString("hex");
    const renamed = code.replaceAll(name, Buffer.from("Fedledges").toString("hex"));
    expect(await withCode(federation, renamed)).to.deep.equal(["Federation", "Court"]);
    const word = (await chain.request("eth_getStorageAt", [federation, "0x0", "latest"])) as Hex;
    const other = `${word.slice(0, 26)}${elsewhere}`;
    await chain.request("hardhat_setStorageAt", [federation, "0x0", other]);
    expect((await read()).differing).to.deep.equal(["Proofs"]);
    await chain.request("hardhat_setStorageAt", [federation, "0x0", word]);
  });
});
