import { chunkCountOf, chunkLeaf, rootOfLeaf } from "../../node/core/chunk-tree.ts";
import { demandId, updateRootOf } from "../../node/core/commitment.ts";
import { concatBytes, fromHex, hexEquals, toHex } from "../../node/core/hex.ts";
import type { Bytes32 } from "../../node/core/ids.ts";
import { keccak256 } from "../../node/core/keccak.ts";
import type { Demand } from "../../node/core/records.ts";
import type { DemandCall } from "../../node/ports/chain.ts";
import { credit } from "./model-bonds.ts";
import { checkCommitments, strike } from "./model-challenges.ts";
import { onRecord } from "./model-rounds.ts";
import { type ModelCall, type ModelRound, Revert, require } from "./model-storage.ts";

// contracts/court/Demands.sol, function by function.

const maxOpen = 32;
const mostLevels = 10;
const stressGasPriceWei = 100_000_000_000n;

/** What a demand of a kind costs until it is returned: half of it pays the answer, the rest is burnt. */
export function demandBondWei(kind: Demand["kind"]): bigint {
  return 2n * stressGasPriceWei * (kind === "update-chunk" ? 150_000n : 1_500_000n);
}

export function demandCall(call: ModelCall, given: DemandCall): void {
  const { demand } = given;
  const { parameterCount } = call.task.rules;
  const depth = Math.ceil(Math.log2(chunkCountOf(parameterCount)));
  switch (given.kind) {
    case "demandChunk": {
      const [record] = onRecord(call.task, demand.round, given.proposal);
      checkCommitments(call, record, given.commitments);
      require(call.task.rules.mode !== "encrypted", "WrongMode");
      const commitment = given.commitments[given.position];
      const isAbout =
        commitment !== undefined &&
        demand.kind === "update-chunk" &&
        demand.place === commitment.slot &&
        demand.root === commitment.updateRoot &&
        demand.index < chunkCountOf(parameterCount) &&
        ((given.proposal.excluded >> BigInt(commitment.slot)) & 1n) === 0n;
      require(isAbout, "InvalidDemand");
      openDemand(call, record, demand, given.amountWei);
      return;
    }
    case "demandNodes": {
      const [record] = onRecord(call.task, demand.round, given.proposal);
      const above = depth - demand.place;
      const isAbout = demand.kind === "model-nodes" && above >= 0 && demand.index >> above === 0;
      require(isAbout && given.path.length === above, "InvalidDemand");
      const root = above === 0 ? demand.root : rootOfLeaf(parameterCount, demand.index, demand.root, given.path);
      require(root === given.proposal.modelRoot, "InvalidDemand");
      openDemand(call, record, demand, given.amountWei);
      return;
    }
    case "answerChunk": {
      require(demand.kind === "update-chunk", "NotWhatWasDemanded");
      const { id, challengeDeadlineS } = answer(call, demand);
      const { chunk, proof } = given.shown;
      require(chunk.length === 256 && proof.length === depth, "NotWhatWasDemanded");
      const root = rootOfLeaf(parameterCount, demand.index, chunkLeaf(demand.index, chunk), proof);
      require(updateRootOf(given.participant, root) === demand.root, "NotWhatWasDemanded");
      const { taskId, round } = demand;
      const by = { taskId, round, demandId: id, shownBy: call.sender, challengeDeadlineS };
      call.events.push({ name: "ChunkShown", ...by, shown: given.shown });
      return;
    }
    case "answerNodes": {
      require(demand.kind === "model-nodes", "NotWhatWasDemanded");
      const { id, challengeDeadlineS } = answer(call, demand);
      const { nodes } = given;
      require(nodes.length === 1 << Math.min(demand.place, mostLevels), "NotWhatWasDemanded");
      const node = fold(nodes);
      const top = demand.place === depth ? rootOfLeaf(parameterCount, 0, node, []) : node;
      require(hexEquals(top, demand.root), "NotWhatWasDemanded");
      const behind =
        demand.place <= mostLevels
          ? nodes.slice(Math.max(0, chunkCountOf(parameterCount) - demand.index * nodes.length))
          : [];
      require(behind.every((leaf) => BigInt(leaf) === 0n), "NotWhatWasDemanded");
      const { taskId, round } = demand;
      const by = { taskId, round, demandId: id, shownBy: call.sender, challengeDeadlineS };
      call.events.push({ name: "NodesShown", ...by, nodes });
      return;
    }
    case "strikeUnanswered": {
      const { id, demander, deadlineS } = opened(call, demand);
      require(call.block.timestampS > deadlineS, "TooEarly");
      const [record, hash] = onRecord(call.task, demand.round, given.proposal);
      require(hash === demand.proposalHash, "WrongProposal");
      giveBack(call, demand, id, demander);
      if (demand.kind === "update-chunk") record.withheld |= 1n << BigInt(demand.place);
      strike(call, record, given.proposal, { kind: "withheld", index: demand.index, demander });
      return;
    }
    case "returnDemand": {
      const { id, demander } = opened(call, demand);
      require(!stands(call, demand), "InvalidDemand");
      giveBack(call, demand, id, demander);
      return;
    }
  }
}

function openDemand(call: ModelCall, record: ModelRound, demand: Demand, amountWei: bigint): void {
  const { storage, task, sender, block, events } = call;
  require(block.timestampS <= record.deadlineS, "TooLate");
  require(demand.proposalHash === record.pending, "InvalidDemand");
  require(amountWei === demandBondWei(demand.kind), "WrongDemandBond");
  const id = demandId(demand);
  require(!storage.demands.has(id), "AlreadyDemanded");
  require(record.openDemands < maxOpen, "TooManyDemands");
  record.openDemands++;
  const deadlineS = block.timestampS + task.rules.challengeWindowS;
  storage.demands.set(id, { demander: sender, deadlineS });
  const { taskId, round } = demand;
  events.push({ name: "Demanded", taskId, round, demandId: id, demander: sender, demand, deadlineS });
}

/** Ends a demand that is being answered: pays the caller, burns the rest, and gives the demander time to use the answer. */
function answer(call: ModelCall, demand: Demand) {
  const { storage, task, sender, block } = call;
  const { id, deadlineS } = opened(call, demand);
  require(block.timestampS <= deadlineS, "TooLate");
  require(stands(call, demand), "InvalidDemand");
  storage.demands.get(id)!.demander = undefined;
  credit(storage, sender, demandBondWei(demand.kind) / 2n);
  storage.burntWei += demandBondWei(demand.kind) / 2n;
  const record = task.rounds[demand.round & 1]!;
  record.openDemands--;
  if (!record.excluding) record.deadlineS = Math.max(record.deadlineS, block.timestampS + task.rules.challengeWindowS);
  return { id, challengeDeadlineS: record.deadlineS };
}

function giveBack({ storage, events }: ModelCall, demand: Demand, id: Bytes32, demander: `0x${string}`): void {
  storage.demands.get(id)!.demander = undefined;
  credit(storage, demander, demandBondWei(demand.kind));
  const { taskId, round } = demand;
  events.push({ name: "DemandReturned", taskId, round, demandId: id, demander });
}

function opened({ storage }: ModelCall, demand: Demand) {
  const id = demandId(demand);
  const known = storage.demands.get(id);
  if (known?.demander === undefined) throw new Revert("NotDemanded");
  return { id, demander: known.demander, deadlineS: known.deadlineS };
}

/** Whether the proposal that the demand names is still to be decided. */
function stands({ task }: ModelCall, { round, proposalHash }: Demand): boolean {
  const record = task.rounds[round & 1]!;
  return record.round === round && record.phase === "proposed" && record.pending === proposalHash;
}

function fold(nodes: readonly Bytes32[]): Bytes32 {
  let level = nodes.map((node) => fromHex(node));
  while (level.length > 1) {
    level = level
      .filter((_, i) => i % 2 === 0)
      .map((left, i) => keccak256(concatBytes(Uint8Array.of(1), left, level[2 * i + 1]!)));
  }
  return toHex(level[0]!);
}
