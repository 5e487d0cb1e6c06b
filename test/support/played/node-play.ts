import { join } from "node:path";
import { makeInvitation } from "../../../node/api/invitations/make-invitation.ts";
import type { NodeOptions } from "../../../node/api/nodes/node-options.ts";
import type { TaskId } from "../../../node/core/ids.ts";
import { foldTask } from "../../../node/core/record/fold-task.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { Invitation } from "../../../node/core/words/invitation.ts";
import type { Log, LogData } from "../../../node/ports/system.ts";
import type { Progress } from "../../../node/rounds/progress/progress.ts";
import { createGatewayStore, gatewayUrls } from "../../../node/storage/index.ts";
import { falseAlarms } from "../false-alarms.ts";
import { type FederationFixture, type FixtureMember, silentLog } from "../federation-fixture.ts";
import { auditOf } from "../history/audit-of.ts";
import type { ComposedEvents, ComposedNode } from "../processes/compose-node.ts";

/** Windows that nodes keep on whatever machine: no play waits for one to pass. Seconds of the chain. */
export const patientWindows = { commitWindowS: 600, aggregateWindowS: 600, attestWindowS: 600 } as const;

/** A step that a node told. */
export interface ToldStep {
  readonly who: string;
  readonly step: Progress;
}

/** Beside those of all: in these plays no proposal is accepted while it is being proven wrong. */
const alarms = [...falseAlarms, "WrongEvidence"];

/** Nodes of one federation, composed as the commands do it, in this process. */
export interface NodePlay {
  /** All that nodes told, in order. */
  readonly steps: ToldStep[];
  /** Proofs that the contract refused. */
  readonly refusals: unknown[];
  settingsOf(member: FixtureMember, task: TaskId, more?: Partial<NodeOptions>): NodeOptions;
  /** `onStep` hears each step of this node, too. */
  eventsOf(member: FixtureMember, onStep?: (step: Progress) => void): ComposedEvents;
  /** Closes it at the end. */
  opened(node: ComposedNode): ComposedNode;
  onClose(close: () => Promise<unknown>): void;
  /** An invitation with grants for all members of the fixture. */
  invitationFor(task: TaskId): Promise<Invitation>;
  /**
   * Starts nodes, moves the chain's clock past the challenge window once the task is complete, and waits until all have
   * ended; how they did.
   */
  toFinal(nodes: readonly ComposedNode["role"][]): Promise<readonly string[]>;
  /** The accounts that told a step of this kind. */
  toldBy(kind: Progress["kind"]): readonly string[];
  /** The record of a task, and its audit by the members' gateways. */
  record(task: TaskId): Promise<{
    readonly history: readonly TaskEvent[];
    readonly view: ReturnType<typeof foldTask>;
    readonly audit: Awaited<ReturnType<typeof auditOf>>;
    all<Name extends TaskEvent["name"]>(name: Name): Extract<TaskEvent, { name: Name }>[];
  }>;
  close(): Promise<void>;
}

/** Nodes that keep their data below `folder`. */
export function createNodePlay(fixture: FederationFixture, folder: string): NodePlay {
  const steps: ToldStep[] = [];
  const refusals: unknown[] = [];
  let closing: (() => Promise<unknown>)[] = [];
  let movedTo = 0;

  const line = (message: string, data?: LogData) => {
    if (alarms.includes(String(data?.revert))) refusals.push({ message, data });
  };
  const log: Log = { error: line, warn: line, info: line, debug: line, child: () => log };
  /** Nobody waits for a window: it passes at once. */
  const pass = async (finalFromS: number) => {
    if (movedTo >= finalFromS) return;
    movedTo = finalFromS;
    const { timestampS } = await fixture.admin.chain.head();
    await fixture.chain.increaseTime(Math.max(1, finalFromS - timestampS + 1));
  };
  const play: NodePlay = {
    steps,
    refusals,
    settingsOf: (member, task, more) => ({
      account: { address: member.account, privateKey: member.privateKey },
      endpoint: fixture.url,
      federation: fixture.federation,
      taskId: task,
      directory: join(folder, String(task), member.account),
      linger: true,
      ...more,
    }),
    eventsOf: ({ account }, onStep = () => undefined) => ({
      log,
      onProgress(step) {
        steps.push({ who: account, step });
        if (step.kind === "complete") void pass(step.finalFromS);
        onStep(step);
      },
      onReceived: () => undefined,
    }),
    opened(node) {
      closing.push(node.close);
      return node;
    },
    onClose: (close) => void closing.push(close),
    async invitationFor(task) {
      const { admin, participants, aggregators } = fixture;
      return makeInvitation({
        chain: admin.chain,
        endpoint: fixture.url,
        tasks: [task],
        grantKey: admin.privateKey,
        members: [
          ...participants.map(({ account }) => ({ account, role: "participant" as const })),
          ...aggregators.map(({ account }) => ({ account, role: "aggregator" as const })),
        ],
        log: silentLog,
      });
    },
    async toFinal(roles) {
      for (const role of roles) role.start();
      return (await Promise.all(roles.map(({ done }) => done))).map(({ kind }) => kind);
    },
    toldBy: (kind) => steps.flatMap(({ who, step }) => (step.kind === kind ? [who] : [])),
    async record(task) {
      const reader = await fixture.reader();
      const history = await reader.history(task, { detail: true });
      const gateways = gatewayUrls((await reader.members()).flatMap(({ contact }) => contact?.multiaddrs ?? []));
      const audit = await auditOf({
        chainId: reader.chainId,
        federation: reader.federation,
        events: history,
        storedState: await reader.storedState(task),
        nowS: (await reader.head()).timestampS,
        recoverSigner: reader.recoverSigner,
        store: createGatewayStore(gateways),
      });
      return {
        history,
        view: foldTask(history),
        audit,
        all: (name) =>
          history.filter((event): event is Extract<TaskEvent, { name: typeof name }> => event.name === name),
      };
    },
    async close() {
      const each = closing;
      closing = [];
      await Promise.all(each.map((close) => close()));
      steps.length = 0;
      refusals.length = 0;
    },
  };
  return play;
}
