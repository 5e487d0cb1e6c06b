import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { type BaseContract, type ContractMethod, type EventLog, Signature, type TypedDataField } from "ethers";
import { network } from "hardhat";
import type { TaskRules } from "../../../node/core/records.ts";
import { type Facts, factsOf, newestRound, type SolidityEvidence, type SolidityProposal } from "./facts.ts";

/** Calls of the federation that tests make. */
type Call =
  | "grantRole"
  | "revokeRole"
  | "renounceRole"
  | "register"
  | "setAttributes"
  | "createTask"
  | "enrol"
  | "join"
  | "leave"
  | "freePlaces"
  | "resume"
  | "setShareKey"
  | "record"
  | "taskRules"
  | "proofs"
  | "extsload"
  | "openRound"
  | "drawRound"
  | "advertise"
  | "commit"
  | "commitBatch"
  | "closeRound"
  | "propose"
  | "accept"
  | "reassign"
  | "strike"
  | "expel"
  | "requireEvidence"
  | "releaseBond"
  | "withdraw";

/** Calls of the contract of proofs. */
type Proof =
  | "proveChunk"
  | "proveMaskedChunk"
  | "proveOpening"
  | "proveWeight"
  | "proveUpdate"
  | "proveEquivocation"
  | "proveDoubleCommitment"
  | "leastBondWei";

type Calls<Name extends string> = Omit<BaseContract, "connect"> &
  Record<Name, ContractMethod> & { connect(signer: HardhatEthersSigner): Calls<Name> };

/** The deployed federation, its calls by name. */
export type FederationContract = Calls<Call>;
/** The deployed contract of proofs, its calls by name. */
export type ProofsContract = Calls<Proof>;

/** Rules as the ABI takes them: enumerations by their number. */
export type SolidityRules = Omit<TaskRules, "mode" | "rule"> & { readonly mode: number; readonly rule: number };

/** A signature in two words (EIP-2098), as the ABI takes it. */
export interface CompactSignature {
  readonly r: string;
  readonly vs: string;
}

/** A signed commitment as the ABI takes it. */
export interface SoliditySignedCommitment {
  readonly weight: number;
  readonly updateRoot: string;
  readonly contentId: string;
  readonly signature: CompactSignature;
}

/** Keys as their participant signs them. */
export interface SolidityKeys {
  readonly maskKey: string;
  readonly seedHash: string;
  readonly sharesId: string;
  readonly shareKey: string;
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
  attestationQuorum: 1,
  commitWindowS: 600,
  aggregateWindowS: 300,
  attestWindowS: 300,
  challengeWindowS: 3600,
  keyWindowS: 0,
  aggregatorBondGwei: 0,
  participantBondGwei: 0,
  drawDelayBlocks: 0,
  statementRequired: false,
};

/** Rules of a small masked task. */
export const maskedRules: SolidityRules = {
  ...baseRules,
  mode: 1,
  clipLanes: 1000,
  minUpdates: 3,
  thresholdPercent: 51,
  keyWindowS: 100,
};

/** Everybody may take part. */
export const openAccess = { organisations: [], regions: [], clearance: 0 };
/** 32 zero bytes. */
export const zeroWord = `0x${"00".repeat(32)}`;
/** A root or content id for tests: the number as 32 bytes, every byte of it set. */
export const word = (value: number): string => `0x${(BigInt(value) + 1n).toString(16).padStart(4, "0").repeat(16)}`;

/**
 * A chain of its own with a federation: signer 0 is admin and task creator, `participants` and `aggregators` hold their
 * roles.
 */
export async function createFederation({ participants = 5, aggregators = 1 } = {}) {
  const { ethers, networkHelpers } = await network.create("local");
  const signers = await ethers.getSigners();
  const admin = signers[0]!;
  const court = await ethers.deployContract("Court");
  const proofs = (await ethers.deployContract("Proofs")) as unknown as ProofsContract;
  const deployed = await ethers.deployContract("Federation", [admin.address, court, proofs]);
  const address = await deployed.getAddress();
  // both codes answer at this address, and pass on the errors of a third
  const refusals = proofs.interface.fragments.filter(({ type }) => type === "error");
  const abi = [...deployed.interface.fragments, ...court.interface.fragments, ...refusals];
  const federation = new ethers.Contract(address, abi, admin) as unknown as FederationContract;
  const members = signers.slice(1, 1 + participants);
  const assigned = signers.slice(1 + participants, 1 + participants + aggregators);
  const outsider = signers[1 + participants + aggregators]!;
  const role = (name: string) => ethers.id(name);
  await federation.grantRole(role("TASK_CREATOR_ROLE"), admin.address);
  for (const member of members) await federation.grantRole(role("PARTICIPANT_ROLE"), member.address);
  for (const aggregator of assigned) await federation.grantRole(role("AGGREGATOR_ROLE"), aggregator.address);
  const { chainId } = await ethers.provider.getNetwork();
  let taskCount = 0;

  const domain = { name: "Fedledger", version: "2", chainId, verifyingContract: address };
  const sign = async (
    signer: HardhatEthersSigner,
    types: Record<string, TypedDataField[]>,
    message: Record<string, unknown>,
  ): Promise<CompactSignature> => {
    const { r, yParityAndS } = Signature.from(await signer.signTypedData(domain, types, message));
    return { r, vs: yParityAndS };
  };
  const update = (round: number, member: HardhatEthersSigner) => {
    const tag = round * 100 + members.indexOf(member);
    return { updateRoot: word(tag), contentId: word(tag + 50) };
  };
  const first = async (taskId: number): Promise<string> => {
    const [created] = await federation.queryFilter(federation.filters.TaskCreated!(taskId));
    return created === undefined ? zeroWord : (created as EventLog).args.historyHead;
  };
  const facts = (taskId: number, round?: number): Promise<Facts> => factsOf(federation, taskId, round);
  const signerOf = (account: string): HardhatEthersSigner => signers.find((one) => one.address === account)!;

  return {
    ethers,
    networkHelpers,
    federation,
    proofs,
    address,
    chainId,
    admin,
    members,
    aggregators: assigned,
    outsider,
    role,
    signerOf,
    /** What the events say of a round, the newest by default. */
    facts,

    /** What is sent with an enrolment and with a joining under these rules. */
    bonds: ({ participantBondGwei, aggregatorBondGwei }: SolidityRules) => ({
      participant: BigInt(participantBondGwei) * 10n ** 9n,
      aggregator: BigInt(aggregatorBondGwei) * 10n ** 9n,
    }),

    /** The rules with the least bonds for both. */
    async bonded(rules: SolidityRules): Promise<SolidityRules> {
      const leastGwei = Number((await proofs.leastBondWei(rules)) / 10n ** 9n);
      return { ...rules, aggregatorBondGwei: leastGwei, participantBondGwei: leastGwei };
    },

    /** Creates a task with these rules; `enrolled` participants and all aggregators are in it. Returns its number. */
    async createTask(
      change: Partial<SolidityRules> = {},
      { enrolled = members, modelRoot = word(0), spec = "{}" } = {},
    ): Promise<number> {
      const rules = { ...baseRules, ...change };
      await federation.createTask(rules, openAccess, modelRoot, ethers.toUtf8Bytes(spec), "0x");
      const taskId = ++taskCount;
      const { participant, aggregator } = this.bonds(rules);
      for (const member of enrolled) {
        await federation.connect(member).enrol(taskId, first(taskId), zeroWord, "0x", { value: participant });
      }
      for (const one of assigned) await federation.connect(one).join(taskId, first(taskId), { value: aggregator });
      return taskId;
    },

    /** The head that a task's history began with; zero of a task that there is not. */
    first,

    /** A member of the task opens its next round, by default of the next number. */
    async openRound(taskId: number, by = members[0]!, round?: number) {
      const number = round ?? (await newestRound(federation, taskId)) + 1;
      return federation.connect(by).openRound(taskId, number);
    },

    /** Commits for the participant in the newest round, by default with roots of its own. */
    async commit(
      taskId: number,
      member: HardhatEthersSigner,
      change: { weight?: number; updateRoot?: string; contentId?: string } = {},
    ) {
      const { round, anchor } = await facts(taskId);
      const { weight = 10, updateRoot, contentId } = { ...update(round, member), ...change };
      return federation.connect(member).commit(taskId, round, anchor, updateRoot, contentId, weight);
    },

    /**
     * What {@link commit} would commit, signed for others to bring: over this anchor, of the newest round by default.
     */
    async signCommitment(
      taskId: number,
      member: HardhatEthersSigner,
      change: { weight?: number; round?: number; anchor?: string; updateRoot?: string; contentId?: string } = {},
    ): Promise<SoliditySignedCommitment> {
      const newest = await facts(taskId);
      const { round = newest.round, anchor = newest.anchor, weight = 10, ...roots } = change;
      const committed = { weight, ...update(round, member), ...roots };
      const signature = await sign(member, commitmentTypes, { taskId, round, anchor, ...committed });
      return { ...committed, signature };
    },

    /** The participant's keys of the newest round, signed over its start value. */
    async signKeys(taskId: number, member: HardhatEthersSigner, keys: SolidityKeys) {
      const { round, start } = await facts(taskId);
      return { ...keys, signature: await sign(member, advertisementTypes, { taskId, round, start, ...keys }) };
    },

    /**
     * The assigned aggregator proposes; by default all committed, and a model root of the round's own. Returns the
     * proposal.
     */
    async propose(taskId: number, change: Partial<SolidityProposal> = {}, openings = "0x"): Promise<SolidityProposal> {
      const { round, attempt, assigned, totalWeight, accumulator } = await facts(taskId);
      const roots = { modelRoot: word(7000 + round), contentId: word(8000 + round) };
      const proposal = { attempt, aggregator: assigned, ...roots, totalWeight, excluded: 0n, ...change };
      await federation.connect(signerOf(assigned)).propose(taskId, round, accumulator, proposal, openings);
      return proposal;
    },

    /** Attestations of this proposal by these participants. */
    sign: (taskId: number, round: number, proposalHash: string, by = members): Promise<CompactSignature[]> =>
      Promise.all(by.map((signer) => sign(signer, attestationTypes, { taskId, round, proposalHash }))),

    /** The same of the newest round's proposal. */
    async attest(taskId: number, by = members): Promise<CompactSignature[]> {
      const { round, proposalHash } = await facts(taskId);
      return this.sign(taskId, round, proposalHash, by);
    },

    /** These participants accept the newest round's proposal. */
    async accept(taskId: number, by = members) {
      const { round, evidence } = await facts(taskId);
      return federation.accept(taskId, round, evidence.proposal, await this.attest(taskId, by), []);
    },

    /** The evidence of a round, the newest by default: with its proposal, or without one. */
    async evidence(taskId: number, round?: number): Promise<SolidityEvidence> {
      return (await facts(taskId, round)).evidence;
    },

    /** Seconds to the chain's clock. */
    async pass(seconds: number): Promise<void> {
      await networkHelpers.time.increase(seconds);
    },
  };
}

/** What tests build on. */
export type TestFederation = Awaited<ReturnType<typeof createFederation>>;

/** EIP-712 types of an attestation. */
export const attestationTypes = {
  Attestation: [
    { name: "taskId", type: "uint32" },
    { name: "round", type: "uint32" },
    { name: "proposalHash", type: "bytes32" },
  ],
};

/** EIP-712 types of a signed commitment. */
const commitmentTypes = {
  Commitment: [
    { name: "taskId", type: "uint32" },
    { name: "round", type: "uint32" },
    { name: "anchor", type: "bytes32" },
    { name: "updateRoot", type: "bytes32" },
    { name: "contentId", type: "bytes32" },
    { name: "weight", type: "uint32" },
  ],
};

/** EIP-712 types of a signed advertisement. */
const advertisementTypes = {
  Advertisement: [
    { name: "taskId", type: "uint32" },
    { name: "round", type: "uint32" },
    { name: "start", type: "bytes32" },
    { name: "maskKey", type: "bytes32" },
    { name: "seedHash", type: "bytes32" },
    { name: "sharesId", type: "bytes32" },
    { name: "shareKey", type: "bytes32" },
  ],
};
