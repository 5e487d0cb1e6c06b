import { expect } from "chai";
import { type AuditReport, audit, evidenceInWords, openRecord } from "../../../../node/api/index.ts";
import { loadContractInterface } from "../../../../node/chain/contracts/contract-abi.ts";
import { slotOfRing, slotsOfTask } from "../../../../node/chain/reading/storage-layout.ts";
import { type RawLog, toQuantity } from "../../../../node/chain/rpc/log-ranges.ts";
import type { Bytes32, Hex } from "../../../../node/core/ids.ts";
import { type HostileEndpoint, type Script, startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { changed, logLies, onlyAbout } from "../../../support/endpoint/lies.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { type PlayedTask, startPlayedTask } from "../../../support/played/played-task.ts";

interface Proof {
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly { readonly key: Hex; readonly value: Hex; readonly proof: readonly Hex[] }[];
}

interface Filter {
  readonly fromBlock?: Hex;
  readonly toBlock?: Hex;
  readonly blockHash?: Hex;
  readonly topics?: readonly (Hex | readonly Hex[] | null)[];
}

function fits({ topics, blockNumber, blockHash }: RawLog, filter: Filter): boolean {
  const isThere =
    filter.blockHash === undefined
      ? Number(blockNumber) >= Number(filter.fromBlock) && Number(blockNumber) <= Number(filter.toBlock)
      : blockHash === filter.blockHash;
  const isAsked = (filter.topics ?? []).every(
    (asked, i) => asked === null || [asked].flat().includes(topics[i] as Hex),
  );
  return isThere && isAsked;
}

describe("what an audit rests on", function () {
  this.timeout(120_000);
  let task: PlayedTask;
  let endpoint: HostileEndpoint;

  before(async () => {
    task = await startPlayedTask();
    const committed = await task.commitAll();
    await task.close();
    const { proposal, model } = await task.propose(committed);
    await task.attest(proposal);
    task.lanes = model;
    endpoint = await startHostileEndpoint(task.fixture.url);
  });
  after(async () => {
    await endpoint?.cut();
    await task?.fixture.close();
  });
  beforeEach(() => endpoint.bend());

  async function auditBy(endpoints: readonly string[], options: Parameters<typeof audit>[2] = {}) {
    const { federation } = task.fixture;
    const record = await openRecord({ endpoint: endpoints, federation, taskId: task.taskId });
    return audit(record, task.store as never, options);
  }
  const codesOf = ({ findings }: AuditReport) => findings.map(({ code }) => code);
  const noProof: Script = onlyAbout("eth_getProof", () => {
    throw Object.assign(new Error("the method eth_getProof does not exist/is not available"), { code: -32601 });
  });
  const headHash = async () => (await task.reader.head()).hash;

  it("is the hash of a block where the endpoint gives proofs, and says which", async () => {
    const report = await auditBy([endpoint.url]);
    const { number, hash } = await task.reader.head();
    expect(report).to.include({ exitCode: 0, isBound: true, storageCompared: true });
    expect(report.evidence).to.deep.equal({
      block: { number, hash },
      isPinned: false,
      endpoint: endpoint.url,
      agreeing: [],
      differing: [],
      silent: [],
    });
    expect(evidenceInWords(report)).to.contain("Proven by the hash of").and.contain(hash);
  });

  it("is the endpoint's word where it gives none, which the verdict says", async () => {
    endpoint.bend(noProof);
    const report = await auditBy([endpoint.url]);
    expect(report.exitCode).to.equal(0);
    expect(report.evidence?.unproven).to.contain("eth_getProof does not exist");
    expect(evidenceInWords(report)).to.contain(`the word of ${endpoint.url}`).and.contain("--rpc A,B");
  });

  it("is compared with a second endpoint's; who contradicts a proof is named, without one nothing is sure", async () => {
    endpoint.bend(noProof);
    const both = await auditBy([endpoint.url, task.fixture.url]);
    expect(both.evidence).to.include({ endpoint: task.fixture.url });
    expect(both.evidence?.agreeing).to.deep.equal([endpoint.url]);

    const other = await startHostileEndpoint(task.fixture.url);
    endpoint.bend(noProof);
    other.bend(noProof, await forged());
    const split = await auditBy([endpoint.url, other.url]);
    expect(codesOf(split)).to.deep.equal(["ENDPOINTS_DISAGREE"]);
    expect(split.exitCode).to.equal(4);
    const settled = await auditBy([task.fixture.url, other.url]);
    expect(settled.exitCode).to.equal(0);
    expect(settled.evidence?.differing).to.deep.equal([other.url]);
    await other.cut();
  });

  it("is pinned to a block by its hash: no proof of it is exit 4, a hash of no block is told", async () => {
    const block = await headHash();
    expect((await auditBy([endpoint.url], { block })).exitCode).to.equal(0);
    endpoint.bend(noProof);
    const report = await auditBy([endpoint.url], { block });
    expect(codesOf(report)).to.deep.equal(["STATE_UNPROVEN"]);
    expect(report.exitCode).to.equal(4);
    await expectCode("UNKNOWN_BLOCK", () => auditBy([endpoint.url], { block: `0x${"12".repeat(32)}` as Bytes32 }));
  });

  it("does not change for a later block: an audit of an earlier one is of that one", async () => {
    const block = await headHash();
    await task.commitAll(1);
    await task.close();
    const report = await auditBy([endpoint.url], { block });
    expect(report).to.include({ exitCode: 0 });
    expect(report.rounds.length).to.equal(1);
    expect(report.evidence?.block.hash).to.equal(block);
  });

  it("refuses proofs that prove something else, and headers of another state", async () => {
    const lies: Record<string, Script> = {
      "a node changed": changed("eth_getProof", (proof: Proof) => ({
        ...proof,
        accountProof: proof.accountProof.map((node, i) => (i === 0 ? `${node.slice(0, -2)}00` : node)),
      })),
      "no nodes": changed("eth_getProof", (proof: Proof) => ({ ...proof, accountProof: [] })),
      "a slot left out": changed("eth_getProof", (proof: Proof) => ({
        ...proof,
        storageProof: proof.storageProof.slice(1),
      })),
      "the proof of another slot": changed("eth_getProof", (proof: Proof) => ({
        ...proof,
        storageProof: proof.storageProof.map((each, i) => ({
          ...each,
          proof: proof.storageProof[i ? 0 : 1]?.proof ?? [],
        })),
      })),
      "no object": changed("eth_getProof", () => "0x"),
    };
    for (const [name, lie] of Object.entries(lies)) {
      endpoint.bend(lie);
      try {
        await expectCode("RPC_WRONG_ANSWER", () => auditBy([endpoint.url]));
      } catch (error) {
        throw new Error(name, { cause: error });
      }
    }
    const stateRoot = `0x${"34".repeat(32)}`;
    endpoint.bend(changed("eth_getBlockByHash", (block: object) => ({ ...block, stateRoot })));
    expect((await auditBy([endpoint.url])).evidence?.unproven).to.contain("does not hash to it");
    endpoint.bend(changed("eth_getCode", (code: Hex) => `${code.slice(0, -2)}00`));
    await expectCode("RPC_WRONG_ANSWER", () => auditBy([endpoint.url]));
  });

  it("blames no member for what an endpoint does to logs", async () => {
    for (const [name, lie] of Object.entries(logLies)) {
      endpoint.bend(lie);
      try {
        const { exitCode, findings } = await auditBy([endpoint.url]);
        expect(exitCode, name).to.be.oneOf([0, 4]);
        expect(
          findings.filter(({ party }) => party !== undefined),
          name,
        ).to.deep.equal([]);
      } catch (error) {
        expect((error as { code?: string }).code, name).to.be.oneOf([
          "ENDPOINT_BEHIND",
          "RPC_WRONG_ANSWER",
          "UNKNOWN_TASK",
        ]);
      }
    }
  });

  it("catches a last round that is forged in logs, storage and blobs alike, where there is a proof", async () => {
    const { chain, federation } = task.fixture;
    const ask = <T>(method: string, ...params: unknown[]) => chain.request(method, params) as Promise<T>;
    const committed = await task.commitAll();
    await task.close();
    const snapshot = await ask<string>("evm_snapshot");
    const first = 1 + (await task.reader.head()).number;
    await task.attest((await task.propose(committed)).proposal);
    const { number: last } = await task.reader.head();
    const shown = await ask<RawLog[]>("eth_getLogs", { address: federation, fromBlock: "0x0", toBlock: "latest" });
    const slots = [...slotsOfTask(task.taskId), ...[...Array(64).keys()].map((at) => slotOfRing(task.taskId, at))];
    const words = new Map<string, Hex>();
    for (const slot of slots) words.set(slot, await ask("eth_getStorageAt", federation, slot, "latest"));
    const blocks = [];
    for (let number = first; number <= last; number++) {
      blocks.push(await ask<{ timestamp: Hex }>("eth_getBlockByNumber", toQuantity(number), false));
    }
    // the chain goes another way: as many blocks, and no result
    await ask("evm_revert", snapshot);
    for (const { timestamp } of blocks) {
      await ask("evm_setNextBlockTimestamp", Number(timestamp));
      await ask("evm_mine");
    }
    const forgery = await forgedHistory(shown, words);
    const honest = await auditBy([task.fixture.url]);
    expect(honest.rounds.at(-1)).to.include({ verdict: "pending" });

    endpoint.bend(noProof, forgery);
    const believed = await auditBy([endpoint.url]);
    expect(believed).to.include({ exitCode: 0, verdict: "verified" });
    expect(believed.rounds.at(-1)).to.include({ verdict: "verified" });
    expect(evidenceInWords(believed)).to.contain(`the word of ${endpoint.url}`);

    endpoint.bend(forgery);
    const { exitCode, findings, isBound, storageCompared } = await auditBy([endpoint.url]);
    expect({ exitCode, isBound, storageCompared }).to.deep.equal({
      exitCode: 4,
      isBound: false,
      storageCompared: false,
    });
    expect(findings.map(({ code }) => code)).to.include("STORAGE_MISMATCH");
    expect(findings.filter(({ party }) => party !== undefined)).to.deep.equal([]);
    const block = await headHash();
    expect((await auditBy([endpoint.url], { block })).exitCode).to.equal(4);
  });

  /** Logs and storage of another history, under the true chain's blocks. */
  async function forgedHistory(shown: readonly RawLog[], words: ReadonlyMap<string, Hex>): Promise<Script> {
    const contract = await loadContractInterface();
    const selector = contract.getFunction("extsload")?.selector ?? "0x";
    return async (method, params, ask) => {
      if (method === "eth_getLogs") {
        const [filter] = params as [Filter];
        const logs: RawLog[] = [];
        for (const log of shown) {
          const block = (await ask("eth_getBlockByNumber", [log.blockNumber, false])) as { hash: Bytes32 } | null;
          const placed = { ...log, blockHash: block?.hash ?? log.blockHash };
          if (fits(placed, filter)) logs.push(placed);
        }
        return logs;
      }
      const [call] = params as [{ data?: string }];
      if (method !== "eth_call" || !call.data?.startsWith(selector)) return undefined;
      const [slots] = contract.decodeFunctionData("extsload", call.data);
      const [truth] = contract.decodeFunctionResult("extsload", (await ask()) as Hex);
      const told = [...slots].map((slot: string, i: number) => words.get(slot) ?? truth[i]);
      return contract.encodeFunctionResult("extsload", [told]);
    };
  }

  /** Storage that says another head and model than the contract's. */
  async function forged(): Promise<Script> {
    const contract = await loadContractInterface();
    const selector = contract.getFunction("extsload")?.selector ?? "0x";
    const [, headSlot] = slotsOfTask(task.taskId);
    return async (method, params, ask) => {
      const [call] = params as [{ data?: string }];
      if (method !== "eth_call" || !call.data?.startsWith(selector)) return undefined;
      const [slots] = contract.decodeFunctionData("extsload", call.data);
      const [words] = contract.decodeFunctionResult("extsload", (await ask()) as Hex);
      const told = [...words].map((word, i) => (slots[i] === headSlot ? `0x${"ab".repeat(32)}` : word));
      return contract.encodeFunctionResult("extsload", [told]);
    };
  }
});
