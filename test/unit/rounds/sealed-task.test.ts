import { expect } from "chai";
import { createWeightedMean } from "../../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { fromHex } from "../../../node/core/bytes/hex.ts";
import { lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import type { Member, Proposal } from "../../../node/core/records.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { canonicalTaskSpec } from "../../../node/core/task/task-spec.ts";
import { proposalHash, updateRootOf } from "../../../node/core/words/commitment.ts";
import type { Invitation } from "../../../node/core/words/invitation.ts";
import { encodeGrant } from "../../../node/core/words/role-grants.ts";
import { takeSecret } from "../../../node/privacy/sealed/given-secret.ts";
import { keyringOf } from "../../../node/privacy/sealed/sealed-blob.ts";
import { createModelSource } from "../../../node/rounds/blobs/model-source.ts";
import type { ProposedRound } from "../../../node/rounds/blobs/proposed-round.ts";
import { isReader, readersOf } from "../../../node/rounds/blobs/readers.ts";
import { createTaskSealing } from "../../../node/rounds/blobs/task-sealing.ts";
import { judgeProposal } from "../../../node/rounds/court/judge-proposal.ts";
import type { Progress } from "../../../node/rounds/progress/progress.ts";
import {
  decodeKeyringAnswer,
  encodeKeyringRequest,
  keyringProtocol,
} from "../../../node/rounds/words/keyring-messages.ts";
import { createRandom } from "../../../node/system/index.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../simulation/model/model-signature.ts";
import { simulatedSpec } from "../../simulation/world/federation.ts";
import { expectCode } from "../../support/expect-code.ts";
import { keysOfAccount } from "../../support/history/sealed-history.ts";
import { mapJournal } from "../../support/history/sealed-members.ts";
import { memoryStore } from "../../support/memory-store.ts";
import { silentLog } from "../../support/silent-log.ts";
import { granted, grantKey, modelInvitation } from "../../support/states/model-invitation.ts";
import { accounts, commitmentOf, participants, roundOf, rules, viewOf } from "../../support/states/round-states.ts";

const base = initialLanes(simulatedSpec, rules.fractionBits);
const baseModelRoot = chunkTreeRoot(base);
const signal = new AbortController().signal;
const federation = `0x${"fe".repeat(20)}` as Address;
const spec = canonicalTaskSpec({ ...simulatedSpec, blobs: "members" });
const stranger = `0x${"77".repeat(20)}` as Address;
const peerOf = (account: Address) => `peer-${account.slice(2, 4)}`;
const everyone: readonly Member[] = [...participants, accounts.x, accounts.y].map((account) => ({
  account,
  roles: [participants.includes(account) ? "participant" : "aggregator"],
  contact: { peerId: peerOf(account), encryptionKey: keysOfAccount(account).publicKey, multiaddrs: [] },
}));

/** Nodes of a sealed task, each with a store of its own, that reach each other. */
function openNodes(view: TaskView, members: readonly Member[] = everyone, invitation?: Invitation) {
  const look = { view, members, signal };
  const nodes = new Map<string, ReturnType<typeof open>>();
  const asked: string[] = [];
  function open(account: Address) {
    const peerId = peerOf(account);
    const own = memoryStore();
    const store: typeof own = {
      ...own,
      async get(contentId, options) {
        for (const blobs of [own, ...(options.providers ?? []).map((peer) => nodes.get(peer)?.own)]) {
          const bytes = blobs?.blobs.get(contentId);
          if (bytes === undefined) continue;
          own.blobs.set(contentId, bytes);
          return bytes.slice();
        }
        throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
      },
    };
    const transport = {
      peerId,
      connected: () => [...nodes.keys()].filter((peer) => peer !== peerId),
      async request(peer: string, protocol: string, message: Uint8Array) {
        asked.push(`${peerId} asks ${peer}`);
        const other = nodes.get(peer);
        if (other === undefined || protocol !== keyringProtocol) throw new FedledgerError("PEER_UNREACHABLE", {});
        return await other.answer(message, peerId);
      },
    };
    const chain = { chainId: 31337, federation, account, recoverSigner: modelSigner };
    const own2 = { random: createRandom(), log: silentLog, journal: mapJournal(), keys: keysOfAccount(account) };
    const sealing = createTaskSealing({ taskId: 1, chain, store, transport, invitation, ...own2 });
    const source = createModelSource({ store, transport, sealing });
    const answer = (message: Uint8Array, from: string) => sealing.answer(message, from, { members, view });
    return { own, store, source, sealing, answer };
  }
  const node = (account: Address) => {
    const known = nodes.get(peerOf(account)) ?? open(account);
    nodes.set(peerOf(account), known);
    return known;
  };
  return { node, look, asked };
}

/** A round at its right proposal, whose three updates and model were sealed while `members` were the members. */
async function setUp(
  options: {
    readonly members?: readonly Member[];
    readonly invitation?: Invitation;
    readonly model?: (name: object) => object;
  } = {},
) {
  const before = viewOf([], { spec, initialModelRoot: baseModelRoot });
  const nodes = openNodes(before, options.members, options.invitation);
  const mean = createWeightedMean(rules);
  const commitments = [];
  for (const slot of [0, 1, 2]) {
    const commitment = commitmentOf(slot);
    const lanes = Int32Array.from(base, (_, i) => (slot + 1) * 100 + i);
    mean.add(lanes, commitment.weight);
    const updateRoot = updateRootOf(commitment.participant, chunkTreeRoot(lanes));
    const name = { round: 1, purpose: "update", root: updateRoot } as const;
    const contentId = await nodes.node(commitment.participant).source.put(lanes, name, nodes.look);
    commitments.push({ ...commitment, updateRoot, contentId });
  }
  const model = mean.finish(base);
  const modelRoot = chunkTreeRoot(model);
  const name = { round: 1, purpose: "model", root: modelRoot } as const;
  const { source } = nodes.node(accounts.x);
  const contentId = await source.put(model, { ...name, ...options.model?.(name) }, nodes.look);
  const totalWeight = commitments.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
  const proposal: Proposal = { attempt: 0, aggregator: accounts.x, modelRoot, contentId, totalWeight, excluded: 0n };
  const closed = roundOf({ baseModelRoot, commitments });
  const hash = proposalHash(1, 1, closed.accumulator, "0x", proposal);
  const round: ProposedRound = {
    ...closed,
    phase: "proposed",
    proposal: { ...proposal, hash, openings: "0x", attestDeadlineS: 300 },
  };
  const look = { ...nodes.look, view: { ...before, rounds: [round] } };
  const progress: Progress[] = [];
  const judge = async (account: Address, at = look) => {
    const { store, source: own } = nodes.node(account);
    const onProgress = (step: Progress) => void progress.push(step);
    return (await judgeProposal({ store, source: own, log: silentLog, onProgress }, round, at)).judgement;
  };
  return { ...nodes, look, round, judge, progress, model, commitments };
}

describe("a sealed task's readers", () => {
  it("are the aggregators and the participants with a place that are not leaving", () => {
    const { enrolled: all, joined } = viewOf();
    const enrolled = all.slice(0, 2).map((place, i) => ({ ...place, leaving: i === 1 }));
    const readers = readersOf({ enrolled, joined, spec }, everyone);
    expect(readers.map(({ account }) => account)).to.deep.equal([accounts.a, accounts.x, accounts.y]);
    expect(isReader(accounts.b, readers)).to.equal(false);
    const revoked = everyone.map((member) => (member.account === accounts.a ? { ...member, roles: [] } : member));
    expect(isReader(accounts.a, readersOf({ enrolled, joined, spec }, revoked))).to.equal(false);
  });
});

describe("a node in a sealed task", () => {
  it("stores what only readers can open, and agrees with a right proposal after it has opened the model", async () => {
    const { judge, node, round, model, look } = await setUp();
    const sealed = node(accounts.a).own.blobs.get(round.commitments[0]!.contentId)!;
    expect(sealed.length).to.equal(4 * rules.parameterCount + 52);
    expect(await judge(accounts.b)).to.deep.equal({ isRight: true });
    expect(await node(accounts.b).source.model(round, look)).to.deep.equal(lanesToBytes(model));
    expect(node(accounts.b).own.blobs.has(round.proposal.contentId), "it serves the sealed model, too").to.equal(true);
  });

  it("waits for a sealed model that is not to be had", async () => {
    const { judge, node, round } = await setUp();
    node(accounts.x).own.blobs.delete(round.proposal.contentId);
    expect(await judge(accounts.b)).to.deep.equal({ isRight: false, missing: [] });
  });

  it("does not agree with a right model that is sealed under another name", async () => {
    const { judge, progress } = await setUp({ model: () => ({ round: 9 }) });
    expect(await judge(accounts.b)).to.deep.equal({ isRight: false });
    expect(progress).to.deep.equal([{ kind: "disputed", round: 1, findings: ["SEAL_BROKEN"] }]);
  });

  it("says what it cannot judge where it is no reader, and proves nothing", async () => {
    const { judge, progress } = await setUp();
    // it may be one a block later
    expect(await judge(stranger)).to.deep.equal({ isRight: false, missing: [] });
    expect(progress.map(({ kind }) => kind)).to.deep.equal(["not-proven"]);
  });

  it("asks the others for the secrets that it was not given, and waits for what nobody lets it read", async () => {
    const { judge, asked, node, look } = await setUp({
      members: everyone.filter(({ account }) => account !== accounts.d),
    });
    node(accounts.y);
    expect(await judge(accounts.b)).to.deep.equal({ isRight: true });
    const late = { ...look, members: everyone };
    for (const account of [accounts.d, accounts.x, accounts.a, accounts.b, accounts.c]) node(account);
    // those who answer have not seen the newcomer yet
    expect((await judge(accounts.d, late)).missing).to.have.length(3);
    expect(asked.length).to.be.above(0);
  });

  it("puts nothing without keys", async () => {
    const { look } = await setUp();
    const source = createModelSource({ store: memoryStore(), transport: { peerId: "p", connected: () => [] } });
    const name = { round: 1, purpose: "update", root: baseModelRoot } as const;
    await expectCode("BLOB_SEALED", () => source.put(base, name, look));
    expect(source.reads(look)).to.equal(false);
    expect(source.reads({ ...look, view: { ...look.view, spec: "{}" } })).to.equal(true);
  });
});

describe("the answer to who asks for a keyring's secret", () => {
  const request = (contentId: Bytes32, lengthBytes: number, taskId = 1) =>
    encodeKeyringRequest({ taskId, sender: accounts.a, contentId, lengthBytes });

  it("is the secret for readers, and the reason for others", async () => {
    const { node, commitments } = await setUp();
    const { contentId, lengthBytes } = keyringOf(node(accounts.a).own.blobs.get(commitments[0]!.contentId)!)!;
    const ask = async (message: Uint8Array, from: Address) =>
      decodeKeyringAnswer(await node(accounts.a).answer(message, peerOf(from)));
    expect(await ask(request(contentId, lengthBytes), accounts.d)).to.include({ given: true });
    for (const [message, from, reason] of [
      [request(contentId, lengthBytes), stranger, "not-a-reader"],
      [request(contentId, lengthBytes, 2), accounts.d, "unknown-task"],
      [request(baseModelRoot, lengthBytes), accounts.d, "not-here"],
      [request(contentId, 3), accounts.d, "not-here"],
    ] as const)
      expect(await ask(message, from)).to.deep.equal({ given: false, reason });
    await expectCode("PEER_PROTOCOL", () => node(accounts.a).answer(Uint8Array.of(1), peerOf(accounts.d)));
  });

  it("reaches the owner of a PeerId that others claim to have: it is sealed to each in turn", async () => {
    const { node, commitments, look } = await setUp();
    const contactOf = (account: Address) => everyone.find((member) => member.account === account)!.contact!;
    const { peerId } = contactOf(accounts.d);
    const claiming = everyone.map((member): Member => {
      const isClaimer = member.account === accounts.b || member.account === accounts.x;
      return isClaimer ? { ...member, contact: { ...member.contact!, peerId } } : member;
    });
    const { own } = node(accounts.a);
    const seen = openNodes(look.view, [{ account: stranger, roles: [], contact: contactOf(accounts.d) }, ...claiming]);
    for (const [contentId, bytes] of own.blobs) seen.node(accounts.a).own.blobs.set(contentId, bytes);
    const { contentId, lengthBytes } = keyringOf(own.blobs.get(commitments[0]!.contentId)!)!;
    const opened: boolean[] = [];
    for (let i = 0; i < 3; i++) {
      const answer = await seen.node(accounts.a).answer(request(contentId, lengthBytes), peerId);
      const given = decodeKeyringAnswer(answer);
      if (!given?.given) return expect.fail("not given");
      const task = { chainId: 31337, federation, taskId: 1 };
      const about = { task, sender: accounts.a, keyring: contentId };
      const taken = takeSecret(fromHex(given.secret), about, keysOfAccount(accounts.d));
      opened.push((await taken) !== undefined);
    }
    expect(opened.toSorted()).to.deep.equal([false, false, true]);
  });

  it("is, with an invitation, for those only to whom its admin gave a grant, and so is what is sealed", async () => {
    const invitation = modelInvitation({ chainId: 31337, federation }, [accounts.a, accounts.b, accounts.c]);
    const aggregatorsWord = { account: accounts.x, role: "aggregator", epoch: 1 } as const;
    const signature = modelSign(grantKey, modelRecordDigest({ type: "role-grant", ...aggregatorsWord }));
    const ofParticipants = everyone.map((member) => granted(invitation, member));
    const members = ofParticipants.map((member): Member => {
      // y shows the grant of an aggregator that is x's, d the one of nobody
      const isAggregator = member.account === accounts.x || member.account === accounts.y;
      const grant = encodeGrant({ ...aggregatorsWord, signature });
      return isAggregator ? { ...member, contact: { ...member.contact!, grant } } : member;
    });
    const { node, commitments, look } = await setUp({ members, invitation });
    const { contentId, lengthBytes } = keyringOf(node(accounts.a).own.blobs.get(commitments[0]!.contentId)!)!;
    expect(lengthBytes, "entries of a, b, c and x").to.equal(33 + 4 * 112);
    const asked = async (from: Address) =>
      decodeKeyringAnswer(await node(accounts.a).answer(request(contentId, lengthBytes), peerOf(from)));
    for (const from of [accounts.b, accounts.x]) expect(await asked(from)).to.include({ given: true });
    for (const from of [accounts.d, accounts.y]) {
      expect(await asked(from)).to.deep.equal({ given: false, reason: "not-a-reader" });
    }
    expect(node(accounts.d).source.reads(look)).to.equal(false);
    expect(node(accounts.x).source.reads(look)).to.equal(true);
  });

  it("is looked for in its own store only: who asks does not have it fetch what it names", async () => {
    const { node, commitments, look } = await setUp();
    const { contentId, lengthBytes } = keyringOf(node(accounts.a).own.blobs.get(commitments[0]!.contentId)!)!;
    const other = openNodes(look.view);
    other.node(accounts.a).own.blobs.set(contentId, node(accounts.a).own.blobs.get(contentId)!);
    const gets: Bytes32[] = [];
    const { store } = other.node(accounts.b);
    const get = store.get;
    store.get = (id, options) => {
      gets.push(id);
      return get(id, options);
    };
    const answer = await other.node(accounts.b).answer(request(contentId, lengthBytes), peerOf(accounts.d));
    expect(decodeKeyringAnswer(answer)).to.deep.equal({ given: false, reason: "not-here" });
    expect(gets).to.deep.equal([]);
  });

  it("lets a newcomer open what it was not sealed to", async () => {
    const { node, commitments, look, asked } = await setUp({
      members: everyone.map((member) => {
        const { contact: _, ...unregistered } = member;
        return member.account === accounts.d ? unregistered : member;
      }),
    });
    // now everybody sees its registration
    const seen = openNodes(look.view);
    for (const account of [accounts.a, accounts.b, accounts.x]) {
      for (const [contentId, bytes] of node(account).own.blobs) seen.node(account).own.blobs.set(contentId, bytes);
    }
    const bytes = await seen.node(accounts.d).source.update(commitments[0]!, seen.look);
    expect(bytes.length).to.equal(4 * rules.parameterCount);
    expect(seen.asked.length).to.be.above(0);
    expect(asked).to.deep.equal([]);
  });
});
