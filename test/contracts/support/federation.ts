import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { type BaseContract, type ContractMethod, Signature, type TypedDataField } from "ethers";
import { network } from "hardhat";
import type { TaskRules } from "../../../node/core/records.ts";

/** Calls of the federation that tests make. */
type Call =
  | "grantRole"
  | "revokeRole"
  | "renounceRole"
  | "register"
  | "createTask"
  | "enrol"
  | "leaveTask"
  | "freePlaces"
  | "openRound"
  | "commit"
  | "commitBatch"
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
  | "leastBondWei"
  | "leastMaskedBondWei"
  | "advertise"
  | "proposeOpened"
  | "challengeMaskedChunk"
  | "challengeOpening"
  | "setAttributes"
  | "createRestrictedTask"
  | "attestationDigest"
  | "commitmentDigest"
  | "availabilityDigest"
  | "custodyDigest"
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
  | "challengeExclusion"
  | "isBarred"
  | "reportUpdate"
  | "reportEquivocation"
  | "reportDoubleCommitment"
  | "reportWithheld"
  | "demandChunk"
  | "demandNodes"
  | "answerChunk"
  | "answerNodes"
  | "strikeUnanswered"
  | "returnDemand"
  | "demandBondWei"
  | "openDemand"
  | "reserveChallenge"
  | "claimReward"
  | "collectReward"
  | "heldReward";

/** The deployed federation, its calls by name. */
export type FederationContract = Omit<BaseContract, "connect"> &
  Record<Call, ContractMethod> & { connect(signer: HardhatEthersSigner): FederationContract };

/** Rules as the ABI takes them: enumerations by their number. */
export type SolidityRules = Omit<TaskRules, "mode" | "rule"> & { readonly mode: number; readonly rule: number };

/** An evaluation as the ABI takes it. */
export interface SolidityEvaluation {
  readonly samples: number;
  readonly metricQ24: bigint;
  readonly lossQ24: bigint;
}

/** A signature in two words (EIP-2098), as the ABI takes it. */
export interface CompactSignature {
  readonly r: string;
  readonly vs: string;
}

/** A signed commitment as the ABI takes it. */
export interface SoliditySignedCommitment extends CompactSignature {
  readonly weight: number;
  readonly updateRoot: string;
  readonly contentId: string;
}

/** A word on what is held, as the ABI takes it. */
export interface SolidityAvailability extends CompactSignature {
  readonly slots: bigint;
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
  roundsPerParticipant: 0,
  trim: 0,
  thresholdPercent: 0,
  attestationQuorum: 3,
  holders: 0,
  pipelined: false,
  commitWindowS: 600,
  aggregateWindowS: 300,
  challengeWindowS: 900,
  aggregatorBondGwei: 0,
  participantBondGwei: 0,
  neighbours: 0,
  keyWindowS: 0,
};

/** A root or content id for tests: the number as 32 bytes, every byte of it set. */
export const word = (value: number): string => `0x${(BigInt(value) + 1n).toString(16).padStart(4, "0").repeat(16)}`;

/** A chain of its own with a federation: signer 0 is admin and task creator, `participants` and `aggregators` hold their roles. */
export async function createFederation({ participants = 5, aggregators = 1 } = {}) {
  const { ethers, networkHelpers } = await network.create("local");
  const signers = await ethers.getSigners();
  const admin = signers[0]!;
  const privacy = await ethers.deployContract("Privacy");
  const deployed = await ethers.deployContract("Federation", [admin.address, await privacy.getAddress()]);
  const address = await deployed.getAddress();
  // the federation's own ABI knows nothing of what the other codes answer
  const federation = (await ethers.getContractAt("IFederation", address)) as unknown as FederationContract;
  const members = signers.slice(1, 1 + participants);
  const assigned = signers.slice(1 + participants, 1 + participants + aggregators);
  const outsider = signers[1 + participants + aggregators]!;
  const role = (name: string) => ethers.id(name);
  await federation.grantRole(role("TASK_CREATOR_ROLE"), admin.address);
  for (const member of members) await federation.grantRole(role("PARTICIPANT_ROLE"), member.address);
  for (const aggregator of assigned) await federation.grantRole(role("AGGREGATOR_ROLE"), aggregator.address);
  const { chainId } = await ethers.provider.getNetwork();

  const domain = { name: "Fedledger", version: "1", chainId, verifyingContract: address };
  const sign = async (
    signer: HardhatEthersSigner,
    types: Record<string, TypedDataField[]>,
    message: Record<string, unknown>,
  ): Promise<CompactSignature> => {
    const { r, yParityAndS } = Signature.from(await signer.signTypedData(domain, types, message));
    return { r, vs: yParityAndS };
  };
  const ascending = (signers: readonly HardhatEthersSigner[]) =>
    [...signers].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const update = (round: number, member: HardhatEthersSigner) => {
    const tag = round * 100 + members.indexOf(member);
    return { updateRoot: word(tag), contentId: word(tag + 50) };
  };

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

    /** Commits for the participant in the newest round with distinct roots. */
    async commit(taskId: number, member: HardhatEthersSigner, weight = 10) {
      const { round, baseModelRoot } = await federation.roundInfo(taskId, 0);
      const { updateRoot, contentId } = update(Number(round), member);
      return federation.connect(member).commit(taskId, round, baseModelRoot, updateRoot, contentId, weight);
    },

    /** What {@link commit} would commit, signed for others to bring: over this base model, of the newest round by default. */
    async signCommitment(
      taskId: number,
      member: HardhatEthersSigner,
      change: { weight?: number; round?: number; baseModelRoot?: string; updateRoot?: string; contentId?: string } = {},
    ): Promise<SoliditySignedCommitment> {
      const newest = await federation.roundInfo(taskId, 0);
      const { round = Number(newest.round), baseModelRoot = newest.baseModelRoot, weight = 10, ...roots } = change;
      const committed = { weight, ...update(round, member), ...roots };
      return {
        ...committed,
        ...(await sign(member, commitmentTypes, { taskId, round, baseModelRoot, ...committed })),
      };
    },

    /** The words of these participants that they hold `slots` of the round, in the order the contract wants. */
    async availability(
      taskId: number,
      round: bigint | number,
      slots: bigint,
      by = members,
    ): Promise<SolidityAvailability[]> {
      const { accumulator } = await federation.roundInfo(taskId, round);
      const message = { taskId, round, accumulator, slots };
      return Promise.all(
        ascending(by).map(async (holder) => ({ slots, ...(await sign(holder, availabilityTypes, message)) })),
      );
    },

    /** The aggregator's word that it keeps an update. */
    custody: (
      taskId: number,
      round: bigint | number,
      aggregator: HardhatEthersSigner,
      { participant, updateRoot, contentId }: { participant: string; updateRoot: string; contentId: string },
    ): Promise<CompactSignature> =>
      sign(aggregator, custodyTypes, { taskId, round, participant, updateRoot, contentId }),

    /** The proposal that the assigned aggregator would make. */
    async proposal(taskId: number, change: Partial<SolidityProposal> = {}): Promise<SolidityProposal> {
      const info = await federation.roundInfo(taskId, 0);
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
      return Promise.all(
        ascending(by).map(async (signer) => ({
          evaluation: packEvaluation(evaluation),
          ...(await sign(signer, attestationTypes, { taskId, round, proposalHash, ...evaluation })),
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

/** An evaluation in one word, as attestations and RoundFinalized carry it. */
export const packEvaluation = ({ samples, metricQ24, lossQ24 }: SolidityEvaluation): bigint =>
  (BigInt(samples) << 128n) | (BigInt.asUintN(64, metricQ24) << 64n) | lossQ24;

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

/** EIP-712 types of a signed commitment (docs/protocol.md section 7). */
export const commitmentTypes = {
  Commitment: [
    { name: "taskId", type: "uint32" },
    { name: "round", type: "uint32" },
    { name: "baseModelRoot", type: "bytes32" },
    { name: "updateRoot", type: "bytes32" },
    { name: "contentId", type: "bytes32" },
    { name: "weight", type: "uint32" },
  ],
};

/** EIP-712 types of an availability (docs/protocol.md section 7). */
export const availabilityTypes = {
  Availability: [
    { name: "taskId", type: "uint32" },
    { name: "round", type: "uint32" },
    { name: "accumulator", type: "bytes32" },
    { name: "slots", type: "uint64" },
  ],
};

/** EIP-712 types of a custody (docs/protocol.md section 7). */
export const custodyTypes = {
  Custody: [
    { name: "taskId", type: "uint32" },
    { name: "round", type: "uint32" },
    { name: "participant", type: "address" },
    { name: "updateRoot", type: "bytes32" },
    { name: "contentId", type: "bytes32" },
  ],
};
