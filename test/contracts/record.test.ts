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
import { attestationTypes, baseRules, createFederation, type TestFederation, word } from "./support/federation.ts";

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
      const { seed, enrolled, drawn } = await f.federation.roundInfo(taskId);
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
        await f.federation.connect(aggregator).propose(taskId, round, proposal);
        const hash = proposalHash(taskId, round, {
          ...proposal,
          aggregator: proposal.aggregator as Address,
          modelRoot: proposal.modelRoot as Bytes32,
          contentId: proposal.contentId as Bytes32,
        });
        expect((await f.federation.roundInfo(taskId)).proposalHash).equals(hash);
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

  it("has the EIP-712 digest that wallets compute", async () => {
    const evaluation = { samples: 7, metricQ24: -5n, lossQ24: 1n << 40n };
    const domain = { name: "Fedledger", version: "1", chainId: f.chainId, verifyingContract: f.address };
    const { TypedDataEncoder } = await import("ethers");
    const message = { taskId: 3, round: 9, proposalHash: word(5), ...evaluation };
    const digest = TypedDataEncoder.hash(domain, attestationTypes, message);
    expect(await f.federation.attestationDigest(3, 9, word(5), evaluation)).equals(digest);
  });
});
