import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeInvitation } from "../../node/api/invitations/make-invitation.ts";
import type { AuditReport } from "../../node/audit/index.ts";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import { weiOfGwei } from "../../node/core/bytes/ether.ts";
import { hexEquals } from "../../node/core/bytes/hex.ts";
import { FedledgerError } from "../../node/core/errors/error.ts";
import type { Address, RoundNumber, TaskId } from "../../node/core/ids.ts";
import { foldTask } from "../../node/core/record/fold-task.ts";
import type { TaskEvent } from "../../node/core/record/task-events.ts";
import type { TaskView } from "../../node/core/record/task-view.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { canonicalTaskSpec } from "../../node/core/task/task-spec.ts";
import { formatInvitation } from "../../node/core/words/invitation.ts";
import type { StoredPlace } from "../../node/ports/index.ts";
import { createGatewayStore, gatewayUrls } from "../../node/storage/index.ts";
import {
  type FederationFixture,
  type FixtureMember,
  silentLog,
  startFederation,
} from "../support/federation-fixture.ts";
import { auditOf } from "../support/history/audit-of.ts";
import type { Lie } from "../support/malicious/lie.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type Attack, roundOfLie } from "./attack.ts";
import { rulesOf, specOf } from "./attack-task.ts";
import { aggregatorCount, type Cast, castOf, namesOf, nodeCount, participantCount } from "./cast.ts";
import { failedProofs } from "./checks/failed-proofs.ts";
import { followRecord } from "./follow-record.ts";
import { jumpTo } from "./jump-to.ts";
import type { NodeJob, NodeMessage } from "./nodes/node-job.ts";
import { startEndpoint } from "./nodes/start-endpoint.ts";
import { startNode } from "./nodes/start-node.ts";
import { createStory, ether, type Story, type StoryLine } from "./story.ts";

/** Who stays away from which rounds. */
export type Absences = readonly {
  readonly who: "participant" | "friends" | "all";
  readonly rounds: readonly RoundNumber[];
}[];

/** What a federation under attack, or its honest twin, is to be like. */
export interface FederationOptions {
  /** Of the data's division, the initial model and the trainings; the same seed gives the same models. */
  readonly seed: number;
  /** Who lies; nobody where it is absent. */
  readonly attack?: Attack | undefined;
  /** In the honest twin: the attack whose rules it has. */
  readonly twinOf?: Attack | undefined;
  readonly absences?: Absences;
  readonly onLine: (line: StoryLine) => void;
  readonly signal: AbortSignal;
  /** File for what the nodes log; none by default. */
  readonly log?: string | undefined;
}

/** What a run left. */
export interface FederationRun {
  readonly cast: Cast;
  /** A name for an account, such as "participant 3". */
  readonly nameOf: (account: Address) => string;
  /** The task's record, with sender, gas and time. */
  readonly history: readonly TaskEvent[];
  readonly view: TaskView;
  readonly audit: AuditReport;
  readonly lies: readonly (Lie & { readonly who: Address })[];
  /** The contract's refusals of proofs, simulated ones included, and proofs that were mined and proved nothing. */
  readonly falseAlarms: readonly string[];
  /** Number of trainings of each participant. */
  readonly trainings: ReadonlyMap<Address, number>;
  /** What each place costs. */
  readonly bondWei: bigint;
  /** The federation's ether at the end. */
  readonly balanceWei: bigint;
  /** At the end, of everyone. */
  readonly places: ReadonlyMap<Address, StoredPlace & { readonly creditWei: bigint }>;
  readonly durationMs: number;
}

/**
 * Founds a federation on a chain of its own, starts its nodes, each a process with its own key, libp2p host, store,
 * journal and gateway, sees a task through to its end, and audits it. The chain is in this process.
 *
 * Rejects with INTERRUPTED when the signal aborts, with STALLED when the record stands still, and with PROCESS_DIED.
 */
export async function runFederation(options: FederationOptions): Promise<FederationRun> {
  const startMs = performance.now();
  const folder = await temporaryDirectory();
  const opened: (() => Promise<unknown>)[] = [];
  let fixture: FederationFixture | undefined;
  try {
    options.signal.throwIfAborted();
    fixture = await startFederation({
      ...{ participants: participantCount, aggregators: aggregatorCount, outsiders: 1 },
      ...{ register: false, blockIntervalMs: 300 },
    });
    const stage = { fixture, folder: folder.path, onOpen: (close: () => Promise<unknown>) => opened.push(close) };
    const played = await play(options, stage);
    return { ...played, durationMs: performance.now() - startMs };
  } catch (error) {
    if (options.signal.aborted) throw new FedledgerError("INTERRUPTED", {}, error);
    throw error;
  } finally {
    await Promise.allSettled(opened.map((close) => close()));
    await fixture?.close();
    await folder.remove();
  }
}

interface Stage {
  readonly fixture: FederationFixture;
  readonly folder: string;
  readonly onOpen: (close: () => Promise<unknown>) => void;
}

async function play(options: FederationOptions, stage: Stage): Promise<Omit<FederationRun, "durationMs">> {
  const { seed, attack, signal } = options;
  const { fixture } = stage;
  const like = attack ?? options.twinOf;
  const cast = castOf(fixture, like?.friends ?? 0);
  const story = createStory(fixture.chain, namesOf(cast), options.onLine);
  const spec = specOf(seed, participantCount);
  const rules = rulesOf(like);
  const bondWei = weiOfGwei(rules.participantBondGwei);
  const taskId = await fixture.createTask({
    rules,
    modelRoot: chunkTreeRoot(initialLanes(spec, rules.fractionBits)),
    spec: canonicalTaskSpec(spec),
    enrol: [],
  });
  story.say(
    `${nodeCount} nodes, each a process: ${participantCount} participants with their own handwritten digits, ${aggregatorCount} aggregators, and a watcher that is no member; each place has a bond of ${ether(bondWei)} ether`,
  );

  const heard = { lies: [] as (Lie & { who: Address })[], falseAlarms: [] as string[], trainings: new Map() };
  const { lies, falseAlarms, trainings } = heard;
  const nodes = await startNodes(options, { ...stage, taskId, cast, story, heard });
  const record = followRecord({
    fixture,
    taskId,
    tell: story.event,
    jumpTo: (view, nowS) => jumpTo({ view, nowS, attack, cast, lies, absences: options.absences ?? [] }),
    onJump: (seconds) =>
      story.say(`everybody waits: the chain's clock is moved on by ${seconds} s, beyond the deadline`),
  });
  for (const node of nodes) node.start();
  try {
    const done = nodes.filter(({ isDeceived }) => !isDeceived).map((node) => node.done);
    await untilAborted(Promise.race([Promise.all(done), record.stalled]), signal);
  } finally {
    await record.stop();
  }

  const reader = await fixture.reader();
  const history = await reader.history(taskId, { detail: true });
  await record.finish(history);
  const contacts = (await reader.members()).flatMap(({ contact }) => contact?.multiaddrs ?? []);
  const audit = await auditOf({
    chainId: reader.chainId,
    federation: reader.federation,
    events: history,
    storedState: await reader.storedState(taskId),
    nowS: (await reader.head()).timestampS,
    recoverSigner: reader.recoverSigner,
    store: createGatewayStore(gatewayUrls(contacts)),
    signal,
  });
  const places = new Map(
    await Promise.all(
      [...cast.participants, ...cast.aggregators, cast.watcher].map(
        async (who) =>
          [who, { ...(await reader.placeOf(taskId, who)), creditWei: await reader.creditOf(who) }] as const,
      ),
    ),
  );
  const failed = await failedProofs(fixture, history);
  falseAlarms.push(...failed.wrong);
  for (const late of failed.late) story.say(`a second proof came too late and cost its sender gas: ${late}`);
  const balance = await fixture.chain.request("eth_getBalance", [fixture.federation, "latest"]);
  return {
    ...{ cast, nameOf: story.nameOf, history, view: foldTask(history), audit, lies, falseAlarms, trainings },
    ...{ bondWei, places, balanceWei: BigInt(balance as string) },
  };
}

type Started = ReturnType<typeof startNode> & { readonly isDeceived: boolean };

/** Starts all nodes' processes, and waits until each can begin. */
async function startNodes(
  { seed, attack, absences = [], signal, log }: FederationOptions,
  stage: Stage & {
    readonly taskId: TaskId;
    readonly cast: Cast;
    readonly story: Story;
    readonly heard: {
      readonly lies: (Lie & { who: Address })[];
      readonly falseAlarms: string[];
      readonly trainings: Map<Address, number>;
    };
  },
): Promise<Started[]> {
  const { fixture, folder, taskId, cast, story, heard } = stage;
  const { liars } = cast;
  const { rpc, invitation } = await prepare(attack, stage);
  const onMessage = (who: Address) => (message: NodeMessage) => {
    if (message.kind === "lie") {
      heard.lies.push({ ...message.lie, who });
      story.lie(who, message.lie);
    } else if (message.kind === "false-alarm") heard.falseAlarms.push(`${message.revert} to ${story.nameOf(who)}`);
    else if (message.kind === "progress") {
      const { step } = message;
      if (step.kind === "trained") heard.trainings.set(who, (heard.trainings.get(who) ?? 0) + 1);
      story.step(who, step);
    }
  };
  const keyOf = (account: Address) =>
    fixture.chain.accounts.find(({ address }) => hexEquals(address, account))!.privateKey;
  const absentFrom = (account: Address) =>
    absences.flatMap(({ who, rounds }) => {
      const isMeant = {
        participant: account === liars.participant,
        friends: liars.friends.includes(account),
        all: true,
      };
      return isMeant[who] ? rounds : [];
    });
  const start = (role: NodeJob["role"], { account }: FixtureMember, part = 0): Started => {
    const isLiar =
      account === liars.aggregator ? attack?.aggregator : account === liars.participant && attack?.participant;
    const isDeceived = attack?.endpoint !== undefined && account === liars.participant;
    const node = startNode(
      {
        name: story.nameOf(account),
        role,
        devAccount: fixture.chain.accounts.findIndex(({ address }) => hexEquals(address, account)),
        ...{ taskId, federation: fixture.federation, rpc: isDeceived ? rpc : fixture.url, invitation },
        ...{ dir: join(folder, account), seed, part, parts: participantCount, log },
        lies: isLiar ? attack?.name : undefined,
        friends: account === liars.aggregator && attack ? liars.friends.map(keyOf) : undefined,
        proves: attack === undefined || !liars.friends.includes(account),
        absent: absentFrom(account),
      },
      onMessage(account),
    );
    stage.onOpen(node.close);
    return { ...node, isDeceived };
  };
  const nodes = [
    start("watcher", fixture.outsiders[0]!),
    ...fixture.aggregators.map((member) => start("aggregator", member)),
    ...fixture.participants.map((member, part) => start("participant", member, part)),
  ];
  await untilAborted(Promise.all(nodes.map(({ ready }) => ready)), signal);
  if (attack?.endpoint !== undefined) {
    const told = {
      "split-view": "swallows its commitment, and shows it a closing in which it is",
      "swapped-keys": "shows it another key in the place of a fellow's",
    }[attack.endpoint];
    onMessage(liars.participant)({
      kind: "lie",
      lie: { round: roundOfLie(attack), told: `has an endpoint that ${told}` },
    });
  }
  return nodes;
}

/** What a masked task needs beside: the invitation's file; and the endpoint of the deceived participant. */
async function prepare(
  attack: Attack | undefined,
  { fixture, folder, taskId, cast, onOpen }: Parameters<typeof startNodes>[1],
) {
  const { admin, participants, aggregators } = fixture;
  const member =
    (role: "participant" | "aggregator") =>
    ({ account }: FixtureMember) => ({ account, role });
  const invitation = join(folder, "invitation.json");
  const made = await makeInvitation({
    chain: admin.chain,
    endpoint: fixture.url,
    tasks: [taskId],
    grantKey: admin.privateKey,
    members: [...participants.map(member("participant")), ...aggregators.map(member("aggregator"))],
    log: silentLog,
  });
  writeFileSync(invitation, formatInvitation(made));
  if (attack?.endpoint === undefined) return { rpc: fixture.url, invitation };
  const about = { federation: fixture.federation, victim: cast.liars.participant, lie: attack.endpoint };
  const endpoint = await startEndpoint(fixture.url, about);
  onOpen(endpoint.close);
  return { rpc: endpoint.url, invitation };
}

/** The promise, or a rejection with the signal's reason if that aborts first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
