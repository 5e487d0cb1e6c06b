import { expect } from "chai";
import {
  extendAccumulator,
  extendHistory,
  initialHistoryHead,
  proposalHash,
  startAccumulator,
  zeroBytes32,
} from "../../node/core/commitment.ts";
import { drawnCount, slotOf } from "../../node/core/draw.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import type { TaskRules } from "../../node/core/records.ts";
import {
  attestationTypes,
  availabilityTypes,
  baseRules,
  commitmentTypes,
  createFederation,
  custodyTypes,
  packEvaluation,
  type TestFederation,
  word,
} from "./support/federation.ts";

/** The rules that `baseRules` states, as node/core names them. */
const rules = { ...baseRules, mode: "transparent", rule: "weighted-mean" } as unknown as TaskRules;

describe("The record (Federation against node/core)", () => {
  let f: TestFederation;
  let deployment: { chainId: bigint; federation: Address };

  beforeEach(async () => {
    f = await createFederation({ participants: 5, aggregators: 2 });
    deployment = { chainId: f.chainId, federation: f.address as Address };
  });

  const state = async (taskId: number) => {
    const { modelRoot, accumulator, historyHead } = await f.federation.taskState(taskId);
    return {
      modelRoot: modelRoot as Bytes32,
      accumulator: accumulator as Bytes32,
      historyHead: historyHead as Bytes32,
    };
  };

  it("hashes history, accumulator, proposal and attestation as docs/protocol.md says, through three rounds", async () => {
    const spec = '{"format":"fedledger/task/1","title":"é"}';
    const taskId = await f.createTask({ participationBps: 6000 }, spec);
    const taskRules = { ...rules, participationBps: 6000 };
    let head = initialHistoryHead({ ...deployment, taskId, rules: taskRules, modelRoot: word(0) as Bytes32, spec });
    expect((await state(taskId)).historyHead).equals(head);

    for (let round = 1; round <= 3; round++) {
      const { modelRoot: baseModelRoot } = await state(taskId);
      await f.federation.openRound(taskId);
      const { seed, enrolled, drawn } = await f.federation.roundInfo(taskId, 0);
      expect(Number(drawn)).equals(drawnCount(taskRules, 5));
      let accumulator = startAccumulator({
        ...deployment,
        taskId,
        round,
        baseModelRoot,
        seed,
        enrolled: Number(enrolled),
        drawn: Number(drawn),
      });
      expect((await state(taskId)).accumulator).equals(accumulator);

      for (const [index, member] of f.members.entries()) {
        const slot = slotOf(index, Number(enrolled), Number(drawn), seed);
        const given = await f.federation.slotOf(taskId, member.address);
        expect(given.drawn).equals(slot < Number(drawn));
        if (!given.drawn) continue;
        expect(Number(given.slot)).equals(slot);
        const update = {
          updateRoot: word(31 * round + slot) as Bytes32,
          contentId: word(37 * round + slot) as Bytes32,
        };
        const weight = 10 + index;
        await f.federation
          .connect(member)
          .commit(taskId, round, baseModelRoot, update.updateRoot, update.contentId, weight);
        accumulator = extendAccumulator(accumulator, {
          participant: member.address as Address,
          slot,
          weight,
          ...update,
        });
        expect((await state(taskId)).accumulator).equals(accumulator);
      }

      await f.federation.closeRound(taskId, round);
      if (round === 2) {
        await f.pass(301);
        await f.federation.reassign(taskId, round);
        await f.pass(301);
        await f.federation.reassign(taskId, round);
        head = extendHistory(head, {
          round,
          phase: "invalidated",
          baseModelRoot,
          accumulator,
          proposalHash: zeroBytes32,
          reason: "no-proposal",
        });
      } else {
        const proposal = await f.proposal(taskId);
        const aggregator = f.aggregators.find(({ address }) => address === proposal.aggregator)!;
        await f.federation.connect(aggregator).propose(taskId, round, proposal, []);
        const hash = proposalHash(taskId, round, {
          ...proposal,
          aggregator: proposal.aggregator as Address,
          modelRoot: proposal.modelRoot as Bytes32,
          contentId: proposal.contentId as Bytes32,
        });
        expect((await f.federation.roundInfo(taskId, 0)).proposalHash).equals(hash);
        const attestations = await f.attest(taskId, round, hash);
        await f.federation.finalize(taskId, round, proposal, attestations);
        head = extendHistory(head, {
          round,
          phase: "finalized",
          baseModelRoot,
          accumulator,
          proposalHash: hash,
          reason: "none",
        });
        expect((await state(taskId)).modelRoot).equals(proposal.modelRoot);
      }
      expect((await state(taskId)).historyHead).equals(head);
    }
  });

  it("is the same through a pipeline: base models, signed batches, a round that falls with the one before", async () => {
    const taskId = await f.createTask({ pipelined: true, holders: 1, attestationQuorum: 1 });
    const everyone = 0b11111n;
    let head = (await state(taskId)).historyHead;
    const bases: Bytes32[] = [(await state(taskId)).modelRoot];
    const accumulators: Bytes32[] = [];
    const propose = async (round: number, excluded: bigint, totalWeight: bigint) => {
      const proposal = await f.proposal(taskId, { excluded, totalWeight, modelRoot: word(900 + round) });
      const aggregator = f.aggregators.find(({ address }) => address === proposal.aggregator)!;
      const words = await f.availability(taskId, round, everyone & ~excluded);
      await f.federation.connect(aggregator).propose(taskId, round, proposal, words);
      return proposal;
    };
    const run = async (round: number) => {
      await f.federation.openRound(taskId);
      const { seed, enrolled, drawn } = await f.federation.roundInfo(taskId, round);
      const baseModelRoot = bases.at(-1)!;
      let accumulator = startAccumulator({
        ...deployment,
        taskId,
        round,
        baseModelRoot,
        seed,
        enrolled: Number(enrolled),
        drawn: Number(drawn),
      });
      const batch = await Promise.all(f.members.map((member) => f.signCommitment(taskId, member, { round })));
      await f.federation.connect(f.outsider).commitBatch(taskId, round, batch);
      for (const [index, { weight, updateRoot, contentId }] of batch.entries()) {
        const participant = f.members[index]!.address as Address;
        const slot = slotOf(index, Number(enrolled), Number(drawn), seed);
        const roots = { updateRoot: updateRoot as Bytes32, contentId: contentId as Bytes32 };
        accumulator = extendAccumulator(accumulator, { participant, slot, weight, ...roots });
      }
      expect((await f.federation.roundInfo(taskId, round)).accumulator).equals(accumulator);
      accumulators.push(accumulator);
      await f.federation.closeRound(taskId, round);
    };

    await run(1);
    const lie = await propose(1, 1n, 39n);
    bases.push(lie.modelRoot as Bytes32);
    await run(2);
    const commitments = await Promise.all(
      f.members.map(async (member) => {
        const { weight, updateRoot, contentId } = await f.signCommitment(taskId, member, { round: 1 });
        const { enrolled, drawn, seed } = await f.federation.roundInfo(taskId, 1);
        const slot = slotOf(f.members.indexOf(member), Number(enrolled), Number(drawn), seed);
        return { participant: member.address, slot, weight, updateRoot, contentId };
      }),
    );
    await f.federation.challengeWeight(taskId, 1, lie, commitments, zeroBytes32);
    head = extendHistory(head, {
      round: 2,
      phase: "invalidated",
      baseModelRoot: bases[1]!,
      accumulator: accumulators[1]!,
      proposalHash: zeroBytes32,
      reason: "ancestor-invalid",
    });
    expect((await state(taskId)).historyHead).equals(head);

    const info = await f.federation.roundInfo(taskId, 1);
    const right = {
      ...lie,
      aggregator: info.assigned,
      attempt: 1,
      excluded: 0n,
      totalWeight: 50n,
      modelRoot: word(77),
    };
    const words = await f.availability(taskId, 1, everyone);
    const aggregator = f.aggregators.find(({ address }) => address === right.aggregator)!;
    await f.federation.connect(aggregator).propose(taskId, 1, right, words);
    const { proposalHash: hash } = await f.federation.roundInfo(taskId, 1);
    await f.federation.finalize(taskId, 1, right, await f.attest(taskId, 1, hash));
    head = extendHistory(head, {
      round: 1,
      phase: "finalized",
      baseModelRoot: bases[0]!,
      accumulator: accumulators[0]!,
      proposalHash: hash,
      reason: "none",
    });
    expect((await state(taskId)).historyHead).equals(head);
  });

  it("has the EIP-712 digests that wallets compute", async () => {
    const { TypedDataEncoder } = await import("ethers");
    const domain = { name: "Fedledger", version: "1", chainId: f.chainId, verifyingContract: f.address };
    const { federation } = f;
    const evaluation = { samples: 7, metricQ24: -5n, lossQ24: 1n << 40n };
    const attestation = { taskId: 3, round: 9, proposalHash: word(5), ...evaluation };
    expect(await federation.attestationDigest(3, 9, word(5), packEvaluation(evaluation))).equals(
      TypedDataEncoder.hash(domain, attestationTypes, attestation),
    );
    const update = { updateRoot: word(6), contentId: word(7) };
    const commitment = { taskId: 3, round: 9, baseModelRoot: word(5), ...update, weight: 12 };
    const signed = { ...update, weight: 12, r: word(8), vs: word(9) };
    expect(await federation.commitmentDigest(3, 9, word(5), signed)).equals(
      TypedDataEncoder.hash(domain, commitmentTypes, commitment),
    );
    const availability = { taskId: 3, round: 9, accumulator: word(5), slots: (1n << 63n) | 1n };
    expect(await federation.availabilityDigest(3, 9, word(5), availability.slots)).equals(
      TypedDataEncoder.hash(domain, availabilityTypes, availability),
    );
    const participant = f.outsider.address;
    const held = { participant, slot: 3, weight: 12, ...update };
    expect(await federation.custodyDigest(3, 9, held)).equals(
      TypedDataEncoder.hash(domain, custodyTypes, { taskId: 3, round: 9, participant, ...update }),
    );
  });
});
