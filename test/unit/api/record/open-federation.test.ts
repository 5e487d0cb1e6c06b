import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { chainSideOf, finalityOf } from "../../../../node/api/record/open-federation.ts";
import { expectCode } from "../../../support/expect-code.ts";

/** What an endpoint says of its chain. */
interface Chain {
  readonly chainId: number;
  /** Seconds of the newest block, and how far its safe one is behind; absent: it knows no safe block. */
  readonly newestS: number;
  readonly safeLagS?: number;
}

describe("from when on an event counts", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** The settings with an endpoint that tells of this chain. */
  async function settingsOf({ chainId, newestS, safeLagS }: Chain, confirmations?: number | "safe" | "finalized") {
    const word = (digit: string) => `0x${digit.repeat(64)}`;
    const block = (number: number, timestampS: number) => ({
      number: `0x${number.toString(16)}`,
      hash: word("1"),
      parentHash: word("2"),
      timestamp: `0x${timestampS.toString(16)}`,
    });
    const answer = (method: string, [tag]: readonly unknown[]) => {
      if (method === "eth_chainId") return `0x${chainId.toString(16)}`;
      if (method === "eth_blockNumber") return "0x64";
      if (tag === "safe") return safeLagS === undefined ? null : block(90, newestS - safeLagS);
      return tag === "latest" ? block(100, newestS) : block(Number(tag), newestS - 12 * (100 - Number(tag)));
    };
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (data) => {
        text += data;
      });
      request.on("end", () => {
        const { id, method, params } = JSON.parse(text) as { id: number; method: string; params: unknown[] };
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result: answer(method, params) }));
      });
    });
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { endpoint, confirmations };
  }

  it("at once on the local test chain, and where the chain calls it safe on others", async () => {
    const test = await settingsOf({ chainId: 31337, newestS: 1000 });
    expect(await finalityOf(test)).to.deep.equal({ confirmations: 0 });
    expect(await chainSideOf(test)).to.deep.equal({ isTest: true, lagS: 0 });
    server?.close();
    const other = await settingsOf({ chainId: 5, newestS: 1000, safeLagS: 96 });
    expect(await finalityOf(other)).to.equal("safe");
    expect(await chainSideOf(other)).to.deep.equal({ isTest: false, lagS: 96 });
  });

  it("has to be said where the chain calls nothing safe", async () => {
    const chain = { chainId: 5, newestS: 10_000 };
    const { data } = await expectCode("CONFIRMATIONS_NEEDED", async () => finalityOf(await settingsOf(chain)));
    expect(data).to.include({ chainId: 5 });
    server?.close();
    const said = await settingsOf(chain, 6);
    expect(await finalityOf(said)).to.deep.equal({ confirmations: 6 });
    expect(await chainSideOf(said)).to.deep.equal({ isTest: false, lagS: 72 });
  });
});
