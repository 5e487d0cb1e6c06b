import { expect } from "chai";
import type { Bytes32 } from "../../../node/core/ids.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import { participantMachine } from "../../../node/participant/participant-machine.ts";
import {
  createParticipantPerformers,
  type ParticipantPerformerDeps,
} from "../../../node/participant/perform-participant.ts";
import type {
  ParticipantAction,
  ParticipantEvent,
  ParticipantState,
} from "../../../node/participant/state/participant-state.ts";
import { readCommitment, signCommitment } from "../../../node/participant/update/sign-commitment.ts";
import type { Chain, ChainCall, SignedRecord } from "../../../node/ports/chain.ts";
import { createMemoryJournal } from "../../../node/rounds/actions/memory-journal.ts";
import type { ActionContext } from "../../../node/rounds/machine/machine.ts";
import type { RoleDesk } from "../../../node/rounds/machine/role-desk.ts";
import type { RoundEvent } from "../../../node/rounds/state/round-state.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../simulation/model/model-signature.ts";
import { silentLog } from "../../support/silent-log.ts";
import { lookAt, stateAfter } from "../../support/states/machine-states.ts";
import {
  accounts,
  commitmentOf,
  emptyPurse,
  hashOf,
  optionsOf,
  roundOf,
  times,
  viewOf,
} from "../../support/states/round-states.ts";
import { signedCommitmentOf } from "../../support/states/signed-words.ts";

const { a } = accounts;
type Event = ParticipantEvent | RoundEvent;
const update = { round: 1, baseModelRoot: hashOf(9), updateRoot: hashOf(16), contentId: hashOf(32), weight: 10 };
const trained: Event = { kind: "trained", update };
const signed: Event = { kind: "commitment", signed: signedCommitmentOf(0) };
const look = (view: TaskView, timestampS = 101): Event => lookAt(view, timestampS);
const machine = participantMachine(a, { ...optionsOf(a), autoEnrol: true, commit: "batched" });

function dueAfter(events: readonly Event[]): readonly ParticipantAction[] {
  return machine.due(stateAfter(machine, [emptyPurse, { kind: "recalled", checked: [] }, ...events]));
}
const kindsOf = (actions: readonly ParticipantAction[]) =>
  actions.map((action) => (action.kind === "send" || action.kind === "push" ? action.call.kind : action.kind));

describe("a participant that has its commitments batched", () => {
  const open = viewOf([roundOf()]);
  const other = viewOf([roundOf({ start: hashOf(71) })]);
  const due = (events: readonly Event[], view = open, atS = 101) => dueAfter([look(open), ...events, look(view, atS)]);

  it("signs when it has trained, and repeats its word until the chain has it", () => {
    expect(kindsOf(due([trained]))).to.deep.equal(["sign-commitment"]);
    expect(due([trained, signed])).to.deep.equal([
      { kind: "announce-commitment", key: `announce-commitment:1:${hashOf(70)}`, signed: signedCommitmentOf(0) },
    ]);
    const committed = viewOf([roundOf({ commitments: [commitmentOf(0)] })]);
    expect(kindsOf(due([trained, signed], committed))).to.deep.equal([]);
  });

  it("commits by itself, to what it signed, when half of the time that was left has passed", () => {
    // signed at 101, the deadline is 160
    expect(kindsOf(due([trained, signed], open, 129))).to.deep.equal(["announce-commitment"]);
    const [, own] = due([trained, signed], open, 130);
    const { baseModelRoot: _, ...contents } = update;
    const call = { kind: "commit", taskId: 1, anchor: hashOf(70), ...contents };
    expect(own).to.deep.include({ kind: "send", call });
    const another: Event = { kind: "trained", update: { ...update, updateRoot: hashOf(99) } };
    const [, same] = due([trained, signed, another], open, 130);
    expect(same?.kind === "send" && same.call).to.deep.include({ updateRoot: update.updateRoot });
  });

  it("commits to what another process of its account was heard to have signed over the anchor", () => {
    const elsewhere = signedCommitmentOf(0, { updateRoot: hashOf(98) });
    const heard: Event = { kind: "commitment", signed: elsewhere };
    expect(due([heard, trained])[0]).to.deep.include({ kind: "announce-commitment", signed: elsewhere });
    const alone = participantMachine(a, { ...optionsOf(a), autoEnrol: true });
    const [own] = alone
      .due(stateAfter(alone, [emptyPurse, { kind: "recalled", checked: [] }, look(open), heard, trained]))
      .filter(({ kind }) => kind === "send");
    expect(own?.kind === "send" && own.call).to.include({ kind: "commit", updateRoot: hashOf(98) });
    expect(due([heard, trained], other)[0]?.kind, "over another anchor").to.equal("sign-commitment");
  });

  it("does not sign when it is too late for a batch", () => {
    expect(kindsOf(due([trained], open, 130))).to.deep.equal(["sign-commitment"]);
    expect(kindsOf(due([trained], open, 131))).to.deep.equal(["commit"]);
  });

  it("signs the same update over a new anchor, and repeats the old word when a reorganisation brings the old one back", () => {
    const [action] = due([trained, signed], other);
    expect(action).to.deep.include({ kind: "sign-commitment", update });
    expect(action?.kind === "sign-commitment" && action.round.anchor).to.equal(hashOf(71));
    expect(kindsOf(due([trained, signed, look(other)]))).to.deep.equal(["announce-commitment"]);
  });

  it("trains anew where the reorganisation changed the base", () => {
    const based = viewOf([roundOf({ start: hashOf(71), baseModelRoot: hashOf(8) })]);
    expect(kindsOf(due([trained, signed], based))).to.deep.equal(["train"]);
  });

  it("brings the words of all to the chain itself when no aggregator does", () => {
    const words: Event[] = [1, 2, 3].map((slot) => ({ kind: "commitment", signed: signedCommitmentOf(slot) }));
    const state = [trained, signed, ...words];
    expect(kindsOf(due(state, open, 101))).to.deep.equal(["announce-commitment"]);
    expect(kindsOf(due([...state, look(open, 101)], open, 124))).to.not.include("commitBatch");
    expect(kindsOf(due([...state, look(open, 101)], open, 126))).to.include("commitBatch");
  });
});

describe("the journal of signed commitments", () => {
  const chain = {
    account: a,
    recoverSigner: modelSigner,
    signRecord: async (record: SignedRecord) => modelSign(a, modelRecordDigest(record)),
  } as unknown as Chain;
  const other = { ...update, updateRoot: hashOf(99) };

  it("gives one word an anchor, whatever update is signed, and whatever was reorganised between", async () => {
    const deps = { chain, journal: createMemoryJournal(), taskId: 1 };
    const first = await signCommitment(deps, roundOf(), update);
    expect(first).to.deep.include({ anchor: hashOf(70), updateRoot: update.updateRoot });
    expect(await signCommitment(deps, roundOf(), other)).to.deep.equal(first);
    const second = await signCommitment(deps, roundOf({ start: hashOf(71) }), other);
    expect(second).to.deep.include({ anchor: hashOf(71), updateRoot: hashOf(99) });
    expect(await signCommitment(deps, roundOf(), other), "the first history is back").to.deep.equal(first);
    expect(await readCommitment(deps, roundOf())).to.deep.equal(first);
    expect(await readCommitment(deps, roundOf({ start: hashOf(72) }))).to.equal(undefined);
  });

  it("knows what was committed by an own transaction: nothing else is given over its anchor", async () => {
    const journal = createMemoryJournal();
    const deps = { chain, journal, taskId: 1 };
    const sent: ChainCall[] = [];
    const desk: Pick<RoleDesk<ParticipantState>, "send"> = {
      async send({ call }) {
        sent.push(call);
        return undefined;
      },
    };
    const nothing = { performers: {} };
    const parts = { desk, masked: nothing, encrypted: nothing, times, log: silentLog };
    const performers = createParticipantPerformers({ ...deps, ...parts } as unknown as ParticipantPerformerDeps);
    const commit = async (updateRoot: Bytes32) => {
      const { baseModelRoot: _, ...contents } = { ...update, updateRoot };
      const call = { kind: "commit", taskId: 1, anchor: hashOf(70), ...contents } as const;
      await performers.send({ kind: "send", key: "commit", call }, {} as ActionContext<ParticipantState, Event>);
    };
    await commit(update.updateRoot);
    expect((await signCommitment(deps, roundOf(), other)).updateRoot).to.equal(update.updateRoot);
    await commit(other.updateRoot);
    expect(sent.map((call) => call.kind === "commit" && call.updateRoot)).to.deep.equal([
      update.updateRoot,
      update.updateRoot,
    ]);
  });

  it("takes a word that is not its own for none", async () => {
    const journal = createMemoryJournal();
    const deps = { chain, journal, taskId: 1 };
    const { signature } = signedCommitmentOf(1);
    const { updateRoot, contentId, weight } = update;
    const text = JSON.stringify({ updateRoot, contentId, weight, signature });
    await journal.put(`commitment/1/${hashOf(70)}`, new TextEncoder().encode(text));
    expect(await readCommitment(deps, roundOf())).to.equal(undefined);
  });
});
