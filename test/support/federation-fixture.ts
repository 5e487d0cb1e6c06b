import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import {
  createChain,
  createChainReader,
  createSigner,
  deployFederation,
  deriveNodeKeys,
  type EmbeddedChain,
  type Finality,
  startEmbeddedChain,
} from "../../node/chain/index.ts";
import type { Address, Bytes32, Hex, TaskId } from "../../node/core/ids.ts";
import type { Access, Role, TaskRules } from "../../node/core/records.ts";
import type { Chain, ChainReader, Log } from "../../node/ports/index.ts";
import { createClock } from "../../node/system/index.ts";
import { createLog } from "../../node/telemetry/index.ts";
import { plainRules } from "./states/plain-rules.ts";

/** A member of the fixture: its funded account, and the chain as it. */
export interface FixtureMember {
  readonly account: Address;
  readonly privateKey: Hex;
  readonly peerId: string;
  readonly chain: Chain;
}

/** A federation on a real chain in this process. */
export interface FederationFixture {
  readonly chain: EmbeddedChain;
  readonly url: string;
  readonly federation: Address;
  /** Admin and task creator. */
  readonly admin: FixtureMember;
  readonly participants: readonly FixtureMember[];
  readonly aggregators: readonly FixtureMember[];
  /** Funded accounts without any role. */
  readonly outsiders: readonly FixtureMember[];
  /** A reader of its own, by default of this chain's only endpoint at the newest block. */
  reader(options?: { urls?: readonly string[]; finality?: Finality; log?: Log }): Promise<ChainReader>;
  /** The chain as the owner of a key. */
  chainAs(privateKey: string, options?: ChainAsOptions): Promise<Chain>;
  /** Creates a task, enrols all participants and has all aggregators join, in order, each with its bond. */
  createTask(options?: TaskOptions): Promise<TaskId>;
  close(): Promise<void>;
}

/** What a chain of the fixture may differ in. */
export interface ChainAsOptions {
  readonly urls?: readonly string[];
  readonly log?: Log;
  readonly replaceAfterMs?: number;
  readonly giveUpAfterMs?: number;
}

/** A task: rules that differ from `fixtureRules`, and the rest of what is on the chain. */
export interface TaskOptions {
  readonly rules?: Partial<TaskRules>;
  readonly modelRoot?: Bytes32;
  readonly spec?: string;
  /** Default everybody may take part. */
  readonly access?: Access;
  /** Default all participants. */
  readonly enrol?: readonly FixtureMember[];
  /** Default all aggregators. */
  readonly join?: readonly FixtureMember[];
}

/** How to make a fixture. */
export interface FixtureOptions {
  /** Default 5. */
  readonly participants?: number;
  /** Default 1. */
  readonly aggregators?: number;
  /** Default 0. */
  readonly outsiders?: number;
  /** Default 0: a block for each transaction only, so that tests decide when time passes. */
  readonly blockIntervalMs?: number;
  /** Whether members enter a contact, under an address that nobody listens at. Default true. */
  readonly register?: boolean;
}

/** Rules that let two of a few participants finish a round; three rounds, windows of a minute. */
export const fixtureRules: TaskRules = {
  mode: "transparent",
  rule: "weighted-mean",
  fractionBits: 16,
  attempts: 2,
  parameterCount: 70,
  clipLanes: 1 << 20,
  maxWeight: 1_000,
  serverRateQ16: 1 << 16,
  rounds: 3,
  minUpdates: 2,
  maxUpdates: 64,
  participationBps: 10_000,
  ...plainRules,
  attestationQuorum: 2,
  roundsPerParticipant: 0,
  commitWindowS: 60,
  aggregateWindowS: 60,
  attestWindowS: 60,
  challengeWindowS: 60,
};

const someRoot = `0x${"11".repeat(32)}` as Bytes32;
const everybody: Access = { organisations: [], regions: [], clearance: 0 };
const gwei = 10n ** 9n;

/** A log that says nothing. */
export const silentLog: Log = createLog({ level: "silent" });

/**
 * Starts a chain, deploys a federation, and gives each member its role. Needs compiled contracts; takes about a second.
 */
export async function startFederation(options: FixtureOptions = {}): Promise<FederationFixture> {
  const { participants: participantCount = 5, aggregators: aggregatorCount = 1, register = true } = options;
  const accounts = 1 + participantCount + aggregatorCount + (options.outsiders ?? 0);
  const chain = await startEmbeddedChain({ port: 0, accounts, blockIntervalMs: options.blockIntervalMs ?? 0 });
  const keys = chain.accounts.map(({ privateKey }) => privateKey);
  const signer = createSigner(keys[0]!);
  const { address: federation } = await deployFederation({ urls: [chain.url], signer, log: silentLog });
  const base = { urls: [chain.url], federation, finality: { confirmations: 0 }, clock: createClock(), log: silentLog };
  const chainAs: FederationFixture["chainAs"] = (privateKey, given = {}) =>
    createChain({ ...base, signer: createSigner(privateKey), ...given });
  const members = await Promise.all(keys.map((privateKey) => createMember(privateKey, chainAs)));
  const admin = members[0]!;
  const participants = members.slice(1, 1 + participantCount);
  const aggregators = members.slice(1 + participantCount, 1 + participantCount + aggregatorCount);
  const outsiders = members.slice(1 + participantCount + aggregatorCount);
  const grant = (role: Role, { account }: FixtureMember) => admin.chain.send({ kind: "grantRole", role, account });
  await Promise.all([
    grant("task-creator", admin),
    ...participants.map((member) => grant("participant", member)),
    ...aggregators.map((member) => grant("aggregator", member)),
  ]);
  if (register) for (const member of [...participants, ...aggregators]) await enterContact(member);

  return {
    chain,
    url: chain.url,
    federation,
    admin,
    participants,
    aggregators,
    outsiders,
    chainAs,
    reader: (given = {}) => createChainReader({ ...base, ...given }),
    async createTask({ rules, modelRoot = someRoot, spec = "{}", access = everybody, ...who } = {}) {
      const all: TaskRules = { ...fixtureRules, ...rules };
      const call = { kind: "createTask", rules: all, modelRoot, spec, access } as const;
      const taskId = (await admin.chain.send(call)).taskId!;
      const bonds = [all.participantBondGwei, all.aggregatorBondGwei].map((amountGwei) => BigInt(amountGwei) * gwei);
      const [created] = await admin.chain.history(taskId);
      const first = created!.name === "TaskCreated" ? created!.historyHead : someRoot;
      for (const member of who.enrol ?? participants) {
        await member.chain.send({ kind: "enrol", taskId, first, amountWei: bonds[0]! });
      }
      for (const member of who.join ?? aggregators) {
        await member.chain.send({ kind: "join", taskId, first, amountWei: bonds[1]! });
      }
      return taskId;
    },
    close: () => chain.close(),
  };
}

async function createMember(privateKey: Hex, chainAs: FederationFixture["chainAs"]): Promise<FixtureMember> {
  const chain = await chainAs(privateKey);
  const key = await generateKeyPairFromSeed("Ed25519", deriveNodeKeys(privateKey).libp2pSeed);
  return { account: chain.account, privateKey, peerId: peerIdFromPrivateKey(key).toString(), chain };
}

async function enterContact({ chain, privateKey, peerId }: FixtureMember): Promise<void> {
  const { publicKey } = deriveNodeKeys(privateKey).encryption;
  await chain.send({ kind: "register", peerId, encryptionKey: publicKey, multiaddrs: ["/ip4/127.0.0.1/tcp/1"] });
}
