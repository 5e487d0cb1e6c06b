import { expect } from "chai";
import { keccak256 } from "ethers";
import { startEmbeddedChain } from "../../../../node/chain/index.ts";
import { encodeHeader, readHeader } from "../../../../node/chain/rpc/block-header.ts";
import { createJsonRpc, type JsonRpc } from "../../../../node/chain/rpc/json-rpc.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { silentLog } from "../../../support/federation-fixture.ts";
import { rejection } from "../../../support/rejection.ts";

describe("block headers", () => {
  let chain: Awaited<ReturnType<typeof startEmbeddedChain>>;
  let rpc: JsonRpc;

  before(async () => {
    chain = await startEmbeddedChain({ port: 0, accounts: 1, blockIntervalMs: 0 });
    await chain.mine(3);
    rpc = await createJsonRpc({ urls: [chain.url], log: silentLog });
  });
  after(() => chain.close());

  const rawOf = (block: string) =>
    rpc.request<Parameters<typeof encodeHeader>[0]>("eth_getBlockByNumber", [block, false]);

  it("a header's hash is its block's, on this chain", async () => {
    for (const block of [0, 2, "latest"] as const) {
      const { hash } = await rawOf(typeof block === "number" ? `0x${block}` : block);
      expect(keccak256(await readHeader(rpc, block))).to.equal(hash);
    }
  });

  it("a header of Ethereum's, before and behind its forks", () => {
    const bloom = `0x${"00".repeat(256)}` as const;
    const zero = `0x${"00".repeat(32)}` as const;
    // the first block of Ethereum's main chain
    const genesis = {
      hash: "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
      parentHash: zero,
      sha3Uncles: "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
      miner: `0x${"00".repeat(20)}`,
      stateRoot: "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
      transactionsRoot: "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
      receiptsRoot: "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
      logsBloom: bloom,
      difficulty: "0x400000000",
      number: "0x0",
      gasLimit: "0x1388",
      gasUsed: "0x0",
      timestamp: "0x0",
      extraData: "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
      mixHash: zero,
      nonce: "0x0000000000000042",
    } as const;
    expect(keccak256(encodeHeader(genesis))).to.equal(genesis.hash);
  });

  it("refuses a header of another shape, and a block that is not there", async () => {
    const raw = await rawOf("latest");
    const { mixHash: _, ...without } = raw;
    await expectCode("UNKNOWN_HEADER", () => encodeHeader(without as never));
    await expectCode("UNKNOWN_HEADER", () => encodeHeader({ ...raw, extraData: "0x01" }));
    await rejection(readHeader(rpc, 10_000), "RPC_UNREACHABLE");
  });
});
