import { expect } from "chai";
import { loadContractInterface } from "../../../../node/chain/contracts/contract-abi.ts";
import type { RawLog } from "../../../../node/chain/rpc/log-ranges.ts";
import type { Bytes32, TaskId } from "../../../../node/core/ids.ts";
import type { ChainUpdate, RecordDoubt } from "../../../../node/ports/index.ts";
import { type HostileEndpoint, type Script, startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { changed, lagging, logLies, withoutLogs, withoutState } from "../../../support/endpoint/lies.ts";
import { type FederationFixture, startFederation } from "../../../support/federation-fixture.ts";
import { rejection } from "../../../support/rejection.ts";

const bytes32 = (byte: number) => `0x${byte.toString(16).padStart(2, "0").repeat(32)}` as Bytes32;

describe("a task's record against the contract's storage", () => {
  let federation: FederationFixture;
  let endpoint: HostileEndpoint;
  let taskId: TaskId;
  let openedTopic: string;

  before(async () => {
    federation = await startFederation({ participants: 3, register: false });
    openedTopic = (await loadContractInterface()).getEvent("RoundOpened")!.topicHash;
  });
  beforeEach(async () => {
    taskId = await federation.createTask();
    endpoint = await startHostileEndpoint(federation.url);
  });
  afterEach(() => endpoint.cut());
  after(() => federation.close());

  const isOpening = ({ topics }: RawLog) => topics[0] === openedTopic;
  const open = () => federation.participants[0]!.chain.send({ kind: "openRound", taskId, round: 1 });
  const readerOver = (...urls: readonly string[]) => federation.reader({ urls });

  /** A follower with what it was given and told. */
  async function followed(...urls: readonly string[]) {
    const stop = new AbortController();
    const doubts: RecordDoubt[] = [];
    const reader = await readerOver(...urls);
    const updates = reader.follow(taskId, { signal: stop.signal, onDoubt: (doubt) => doubts.push(doubt) });
    const iterator = updates[Symbol.asyncIterator]();
    const next = async (): Promise<ChainUpdate> => (await iterator.next()).value;
    return { doubts, next, stop: () => stop.abort() };
  }

  /** Resolves when this is so: asked at each request. */
  const until = (isSo: () => boolean, ...before: readonly Script[]) =>
    new Promise<void>((resolve) => {
      const look: Script = () => {
        if (isSo()) resolve();
        return undefined;
      };
      endpoint.bend(look, ...before);
    });

  it("an opening that was left out is read again by its block's hash, and nothing is said", async () => {
    const sim = await followed(endpoint.url);
    expect((await sim.next()).view.rounds).to.have.length(0);
    endpoint.bend(async (method, [filter], ask) => {
      if (method !== "eth_getLogs" || (filter as { blockHash?: string }).blockHash) return undefined;
      return ((await ask()) as RawLog[]).filter((log) => !isOpening(log));
    });
    await open();
    const { view, reset, events } = await sim.next();
    expect(view.rounds).to.have.length(1);
    expect([reset, events.length, sim.doubts]).to.deep.equal([false, 1, []]);
    sim.stop();
  });

  it("an opening that stays left out is decided on by nobody until it is there, and the endpoint is named", async () => {
    const sim = await followed(endpoint.url);
    await sim.next();
    const told = until(() => sim.doubts.length > 0, withoutLogs(isOpening));
    await open();
    const waiting = sim.next();
    await told;
    expect(sim.doubts).to.have.length(1);
    expect(sim.doubts[0]).to.include({ kind: "endpoint-behind", endpoint: endpoint.url });
    expect(sim.doubts[0]).to.have.property("differing").that.includes("round").and.includes("phase");
    endpoint.bend();
    expect((await waiting).view.rounds).to.have.length(1);
    expect(sim.doubts.map(({ kind }) => kind)).to.deep.equal(["endpoint-behind", "record-fits"]);
    sim.stop();
  });

  it("another endpoint is asked, though the first one answers", async () => {
    endpoint.bend(withoutLogs(isOpening));
    const sim = await followed(endpoint.url, federation.url);
    await sim.next();
    await open();
    const { view, reset } = await sim.next();
    expect([view.rounds.length, reset]).to.deep.equal([1, false]);
    sim.stop();
  });

  it("whatever log is left out of whatever place: a record that is read once names the endpoint", async () => {
    await open();
    for (const name of [
      "its last log is left out",
      "its first log is left out",
      "a log in the middle is left out",
      "no logs at all",
    ]) {
      endpoint.bend(logLies[name]!);
      const error = await rejection((await readerOver(endpoint.url)).record(taskId), "ENDPOINT_BEHIND");
      expect(error.data.url, name).to.equal(endpoint.url);
      const { view } = await (await readerOver(endpoint.url, federation.url)).record(taskId);
      expect(view.rounds, name).to.have.length(1);
    }
  });

  it("a commitment of the round in flight, its proposal's hash and its deadline are compared, too", async () => {
    await open();
    const { participants, admin, aggregators } = federation;
    const anchor = (await admin.chain.record(taskId)).view.rounds[0]!.anchor;
    for (const [i, member] of participants.entries()) {
      const roots = { updateRoot: bytes32(i + 1), contentId: bytes32(9) };
      await member.chain.send({ kind: "commit", taskId, round: 1, anchor, ...roots, weight: 1 });
    }
    endpoint.bend(withoutLogs(({ data }) => data.includes(bytes32(3).slice(2))));
    const behind = await rejection((await readerOver(endpoint.url)).record(taskId), "ENDPOINT_BEHIND");
    expect(behind.data.differing).to.equal("accumulator");
    await admin.chain.send({ kind: "closeRound", taskId, round: 1 });
    const { accumulator, assignment } = (await admin.chain.record(taskId)).view.rounds[0]!;
    const roots = { modelRoot: bytes32(7), contentId: bytes32(8) };
    const proposal = { attempt: 0, aggregator: assignment!.aggregator, ...roots, totalWeight: 3n, excluded: 0n };
    await aggregators[0]!.chain.send({ kind: "propose", taskId, round: 1, accumulator, proposal, openings: "0x" });
    const contract = await loadContractInterface();
    const forging = (field: "proposal" | "attestDeadline") =>
      changed("eth_getLogs", (logs: readonly RawLog[]) =>
        logs.map((log) => {
          const parsed = contract.parseLog(log as never);
          if (parsed?.name !== "Proposed") return log;
          const args = parsed.fragment.inputs.map(({ name }, i) => {
            const value = parsed.args[i];
            if (name !== field) return value;
            return field === "attestDeadline"
              ? value + 1n
              : [...value.toArray().slice(0, 3), bytes32(1), ...value.toArray().slice(4)];
          });
          return { ...log, ...contract.encodeEventLog(parsed.fragment, args) };
        }),
      );
    endpoint.bend(forging("attestDeadline"));
    const late = await rejection((await readerOver(endpoint.url)).record(taskId), "ENDPOINT_BEHIND");
    expect(late.data.differing).to.equal("deadline");
    endpoint.bend(forging("proposal"));
    const other = await rejection((await readerOver(endpoint.url)).record(taskId), "ENDPOINT_BEHIND");
    expect(other.data.differing).to.equal("proposal");
  });

  it("an endpoint that keeps no state of the block says so once, and the record is as its logs show it", async () => {
    for (const message of ["missing trie node abc (path )", "distance to target block exceeds maximum proof window"]) {
      const sim = await followed(endpoint.url);
      const { head } = await sim.next();
      endpoint.bend(withoutState(message));
      await federation.chain.mine(1);
      await sim.next();
      await federation.chain.mine(1);
      await sim.next();
      const unproven = { kind: "record-unproven", block: head.number + 1, provenTo: head.number };
      expect(sim.doubts, message).to.deep.equal([unproven]);
      expect((await (await readerOver(endpoint.url)).record(taskId)).stored).to.equal(undefined);
      endpoint.bend();
      await federation.chain.mine(1);
      await sim.next();
      expect(sim.doubts.at(-1)).to.include({ kind: "record-fits" });
      sim.stop();
    }
  });

  it("state that an archive node beside it keeps is asked of that one", async () => {
    endpoint.bend(withoutState("missing trie node abc"));
    const { stored } = await (await readerOver(endpoint.url, federation.url)).record(taskId);
    expect(stored).to.include({ round: 0, phase: "none" });
  });

  it("a block that the endpoint does not have yet is waited for, and not taken for one whose state is gone", async () => {
    endpoint.bend(withoutState("header not found"));
    const sim = await followed(endpoint.url);
    const waiting = sim.next();
    await until(() => sim.doubts.length > 0, withoutState("header not found"));
    expect(sim.doubts[0]).to.include({ kind: "endpoint-behind" });
    endpoint.bend();
    expect((await waiting).view.enrolled).to.have.length(3);
    sim.stop();
  });

  it("one that answers for older blocks than before is told of, and another one asked", async () => {
    const sim = await followed(endpoint.url, federation.url);
    const { head } = await sim.next();
    endpoint.bend(lagging(5));
    const waiting = sim.next();
    await federation.chain.mine(1);
    expect((await waiting).head.number).to.equal(head.number + 1);
    sim.stop();
  });

  it("costs one more request a new head, and none without", async () => {
    const sim = await followed(endpoint.url);
    await sim.next();
    endpoint.asked.length = 0;
    await federation.chain.mine(1);
    await sim.next();
    const { asked } = endpoint;
    expect(asked.filter((method) => method !== "eth_getBlockByNumber").sort()).to.deep.equal([
      "eth_call",
      "eth_getLogs",
    ]);
    sim.stop();
  });
});
