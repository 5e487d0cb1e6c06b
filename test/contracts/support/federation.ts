import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { BaseContract, ContractMethod } from "ethers";
import { network } from "hardhat";

/** Calls of the federation that tests make. */
type Call =
  | "grantRole"
  | "revokeRole"
  | "renounceRole"
  | "register"
  | "createTask"
  | "enrol"
  | "leaveTask"
  | "openRound"
  | "commit"
  | "closeRound"
  | "propose"
  | "reassign"
  | "finalize"
  | "finalizeUnchallenged"
  | "taskState"
  | "roundInfo"
  | "slotOf"
  | "participants"
  | "enrolment"
  | "taskRules"
  | "taskCount"
  | "attestationDigest"
  | "createBondedTask"
  | "taskBond"
  | "leastBondWei"
  | "bond"
  | "requestUnbond"
  | "withdrawBond"
  | "withdrawCredit"
  | "bondOf"
  | "creditOf"
  | "burntWei"
  | "challengeChunk"
  | "challengeUpdate"
  | "challengeWeight"
  | "isBarred";

/** The deployed federation, its calls by name. */
export type FederationContract = Omit<BaseContract, "connect"> &
  Record<Call, ContractMethod> & { connect(signer: HardhatEthersSigner): FederationContract };

/** Rules as the ABI takes them. */
export type SolidityRules = Record<string, number>;

/** An evaluation as the ABI takes it. */
export interface SolidityEvaluation {
  readonly samples: number;
  readonly metricQ24: bigint;
  readonly lossQ24: bigint;
}

/** A proposal as the ABI takes it. */
export interface SolidityProposal {
  readonly attempt: number;
  readonly aggregator: string;
  readonly modelRoot: string;
  readonly contentId: string;
  readonly totalWeight: bigint;
  readonly excluded: bigint;
}

/** Rules of a small task that every test starts from. */
export const baseRules: SolidityRules = {
  mode: 0,
  rule: 0,
  fractionBits: 16,
  attempts: 2,
  parameterCount: 1000,
  clipLanes: 1 << 20,
  maxWeight: 1000,
  serverRateQ16: 65536,
  rounds: 100,
  minUpdates: 2,
  maxUpdates: 64,
  participationBps: 10_000,
  attestationQuorum: 3,
  roundsPerParticipant: 0,
  commitWindowS: 600,
  aggregateWindowS: 300,
  challengeWindowS: 900,
};

/** A root or content id for tests: the number as 32 bytes, every byte of it set. */
export const word = (value: number): string => `0x${(BigInt(value) + 1n).toString(16).padStart(4, "0").repeat(16)}`;

/** A chain of its own with a federation: signer 0 is admin and task creator, `participants` and `aggregators` hold their roles. */
export async function createFederation({ participants = 5, aggregators = 1 } = {}) {
  const { ethers, networkHelpers } = await network.create("local");
  const signers = await ethers.getSigners();
  const admin = signers[0]!;
  const federation = (await ethers.deployContract("Federation", [admin.address])) as unknown as FederationContract;
  const members = signers.slice(1, 1 + participants);
  const assigned = signers.slice(1 + participants, 1 + participants + aggregators);
  const outsider = signers[1 + participants + aggregators]!;
  const role = (name: string) => ethers.id(name);
  await federation.grantRole(role("TASK_CREATOR_ROLE"), admin.address);
  for (const member of members) await federation.grantRole(role("PARTICIPANT_ROLE"), member.address);
  for (const aggregator of assigned) await federation.grantRole(role("AGGREGATOR_ROLE"), aggregator.address);
  const address = await federation.getAddress();
  const { chainId } = await ethers.provider.getNetwork();

  return {
    ethers,
    networkHelpers,
    federation,
    address,
    chainId,
    admin,
    members,
    aggregators: assigned,
    outsider,
    role,

    /** Creates a task with these rules and enrols all participants; returns its number. */
    async createTask(rules: Partial<SolidityRules> = {}, spec = "{}"): Promise<number> {
      await federation.createTask({ ...baseRules, ...rules }, word(0), ethers.toUtf8Bytes(spec));
      const taskId = Number(await federation.taskCount());
      for (const member of members) await federation.connect(member).enrol(taskId);
      return taskId;
    },

    /** Commits for the participant in the current round with distinct roots. */
    async commit(taskId: number, member: HardhatEthersSigner, weight = 10) {
      const { round, modelRoot } = await federation.taskState(taskId);
      const tag = Number(round) * 100 + members.indexOf(member);
      return federation.connect(member).commit(taskId, round, modelRoot, word(tag), word(tag + 50), weight);
    },

    /** The proposal that the assigned aggregator would make. */
    async proposal(taskId: number, change: Partial<SolidityProposal> = {}): Promise<SolidityProposal> {
      const info = await federation.roundInfo(taskId);
      return {
        attempt: Number(info.attempt),
        aggregator: info.assigned,
        modelRoot: word(7000 + Number(info.round)),
        contentId: word(8000 + Number(info.round)),
        totalWeight: info.totalWeight,
        excluded: 0n,
        ...change,
      };
    },

    /** Attestations of these participants, in the order the contract wants. */
    async attest(taskId: number, round: bigint | number, proposalHash: string, by = members) {
      const evaluation: SolidityEvaluation = { samples: 120, metricQ24: 15_000_000n, lossQ24: 3_000_000n };
      const domain = { name: "Fedledger", version: "1", chainId, verifyingContract: address };
      const ascending = [...by].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
      return Promise.all(
        ascending.map(async (signer) => ({
          evaluation,
          signature: await signer.signTypedData(domain, attestationTypes, {
            taskId,
            round,
            proposalHash,
            ...evaluation,
          }),
        })),
      );
    },

    /** Seconds to the chain's clock. */
    async pass(seconds: number): Promise<void> {
      await networkHelpers.time.increase(seconds);
    },
  };
}

/** What tests build on. */
export type TestFederation = Awaited<ReturnType<typeof createFederation>>;

/** EIP-712 types of an attestation (docs/protocol.md section 7). */
export const attestationTypes = {
  Attestation: [
    { name: "taskId", type: "uint32" },
    { name: "round", type: "uint32" },
    { name: "proposalHash", type: "bytes32" },
    { name: "samples", type: "uint32" },
    { name: "metricQ24", type: "int64" },
    { name: "lossQ24", type: "uint64" },
  ],
};
