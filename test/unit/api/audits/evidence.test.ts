import { expect } from "chai";
import { type AuditReport, audit, evidenceInWords, openRecord } from "../../../../node/api/index.ts";
import { loadContractInterface } from "../../../../node/chain/contracts/contract-abi.ts";
import { slotsOfTask } from "../../../../node/chain/reading/storage-layout.ts";
import { chunkTreeRoot } from "../../../../node/core/bytes/chunk-tree.ts";
import type { Bytes32, Hex } from "../../../../node/core/ids.ts";
import { type HostileEndpoint, type Script, startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { changed, logLies, onlyAbout } from "../../../support/endpoint/lies.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { type PlayedTask, startPlayedTask } from "../../../support/played/played-task.ts";

interface Proof {
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly { readonly key: Hex; readonly value: Hex; readonly proof: readonly Hex[] }[];
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
    const report = await auditBy([endpoint.url], { block });
    expect(report).to.include({ exitCode: 0 });
    expect(report.rounds.length).to.equal(1);
    expect(report.evidence?.block.hash).to.equal(block);
  });

  it("catches a last round that is forged in logs, storage and blobs alike", async () => {
    // the forged model's bytes are right under their names; only the chain never accepted it
    endpoint.bend(await forged());
    await expectCode("ENDPOINT_BEHIND", () => auditBy([endpoint.url])).catch(async () => {
      const { exitCode } = await auditBy([endpoint.url]);
      expect(exitCode).to.equal(4);
    });
    expect(chunkTreeRoot(task.lanes)).to.be.a("string");
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
