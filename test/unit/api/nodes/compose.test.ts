import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { keepInvitation } from "../../../../node/api/invitations/keep-invitation.ts";
import { nodeFolderOf } from "../../../../node/api/nodes/node-folder.ts";
import type { NodeOptions } from "../../../../node/api/nodes/node-options.ts";
import { loadContractInterface } from "../../../../node/chain/contracts/contract-abi.ts";
import { chunkTreeRoot } from "../../../../node/core/bytes/chunk-tree.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import { initialHistoryHead } from "../../../../node/core/record/history-head.ts";
import { initialLanes } from "../../../../node/core/task/initial-model.ts";
import { canonicalTaskSpec } from "../../../../node/core/task/task-spec.ts";
import type { Invitation } from "../../../../node/core/words/invitation.ts";
import { taskPreset } from "../../../../node/training/index.ts";
import { startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { withoutState } from "../../../support/endpoint/lies.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { type FederationFixture, startFederation } from "../../../support/federation-fixture.ts";
import { createNodePlay, type NodePlay } from "../../../support/played/node-play.ts";
import {
  type ComposedNode,
  composeAggregator,
  composeParticipant,
  composeWatcher,
} from "../../../support/processes/compose-node.ts";
import { maskedRules } from "../../../support/states/plain-rules.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

const { spec } = taskPreset("breast-cancer");
const fractionBits = 14;

describe("opening a node", function () {
  this.timeout(60_000);
  let fixture: FederationFixture;
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let play: NodePlay;
  let taskId: number;
  let invitation: Invitation;

  before(async () => {
    folder = await temporaryDirectory();
    fixture = await startFederation({ participants: 3, aggregators: 1, register: false });
    play = createNodePlay(fixture, folder.path);
    const lanes = initialLanes(spec, fractionBits);
    taskId = await fixture.createTask({
      rules: {
        ...maskedRules,
        parameterCount: lanes.length,
        fractionBits,
        maxUpdates: 3,
        minUpdates: 3,
        clipLanes: 1 << 16,
      },
      modelRoot: chunkTreeRoot(lanes),
      spec: canonicalTaskSpec(spec),
      enrol: [],
      join: [],
    });
    invitation = await play.invitationFor(taskId);
  });
  after(async () => {
    await play?.close();
    await fixture?.close();
    await folder?.remove();
  });

  const events = {};
  /** One that opens though it should not must not keep the process. */
  const closed = (node: ComposedNode) => node.close();
  const roles = {
    participant: (options: NodeOptions) =>
      composeParticipant(options, events, async () => {
        throw new FedledgerError("BACKEND_UNAVAILABLE", { backend: "none", reason: "the trainer was opened" });
      }),
    aggregator: (options: NodeOptions) => composeAggregator(options, events).then(closed),
    watcher: (options: NodeOptions) => composeWatcher(options, events).then(closed),
  };
  const settings = (more: Partial<NodeOptions>): NodeOptions & { directory: string } => {
    const directory = join(folder.path, `node-${Math.random()}`);
    return { ...play.settingsOf(fixture.participants[0]!, taskId), directory, ...more } as never;
  };

  for (const [role, open] of Object.entries(roles)) {
    it(`refuses a task that is not there, or not the invitation's, to the role of ${role}`, async () => {
      await expectCode("UNKNOWN_TASK", () => open(settings({ taskId: 99 })));
      const [task] = invitation.tasks;
      for (const field of ["rulesHash", "specHash"] as const) {
        const wrong = { ...invitation, tasks: [{ ...task!, [field]: `0x${"00".repeat(32)}` }] };
        const given = settings({ invitation: wrong });
        await expectCode("INVITATION_MISMATCH", () => open(given));
        expect(existsSync(given.directory), "kept").to.equal(false);
      }
    });
  }

  it("keeps no invitation that gives its owner no grant, whatever its epoch", async () => {
    const given = settings({ invitation: { ...invitation, epoch: 2 ** 32 - 1, grants: [] } });
    await expectCode("GRANT_MISSING", () => roles.participant(given));
    expect(existsSync(given.directory)).to.equal(false);
  });

  it("holds what an endpoint shows against the invitation of the start before, where none is given", async () => {
    const { chain } = fixture.admin;
    const contract = await loadContractInterface();
    const topic = contract.getEvent("TaskCreated")!.topicHash;
    const task = (await chain.history(taskId)).find((event) => event.name === "TaskCreated")!;
    const shown = { mode: "transparent", keyWindowS: 0, thresholdPercent: 0 } as const;
    const head = initialHistoryHead({ ...chain, ...task, rules: { ...task.rules, ...shown } });
    const relay = await startHostileEndpoint(fixture.chain.url);
    // whose storage its logs do not make: it says that it keeps none
    relay.bend(withoutState(), async (method, params) => {
      if (method !== "eth_getLogs") return undefined;
      const logs = (await fixture.chain.request(method, params)) as { topics: string[]; data: string }[];
      return logs.map((log) => {
        if (log.topics[0] !== topic) return log;
        const { args } = contract.parseLog(log)!;
        const rules = { ...args.rules.toObject(), ...shown, mode: 0n };
        const values = [args.taskId, args.creator, rules, args.access, args.modelRoot, args.spec, head];
        return { ...log, ...contract.encodeEventLog("TaskCreated", values) };
      });
    });
    try {
      const given = settings({ endpoint: relay.url });
      // a task that says all the same of itself is believed where nobody said more
      await expectCode("BACKEND_UNAVAILABLE", () => roles.participant(given));
      await keepInvitation(invitation, await nodeFolderOf(given.directory, fixture.participants[0]!.chain));
      await expectCode("INVITATION_MISMATCH", () => roles.participant(given));
    } finally {
      await relay.cut();
    }
  });
});
