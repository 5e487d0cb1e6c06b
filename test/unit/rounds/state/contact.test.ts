import { expect } from "chai";
import { dueContact, outcomeInCommon } from "../../../../node/rounds/machine/due-in-common.ts";
import {
  firstRoundState,
  type RoundEvent,
  type RoundState,
  reduceRound,
  type Seen,
} from "../../../../node/rounds/state/round-state.ts";
import {
  accounts,
  contactOf,
  headAt,
  memberOf,
  members,
  optionsOf,
  viewOf,
} from "../../../support/states/round-states.ts";

type Contact = ReturnType<typeof contactOf>;

const own = contactOf(accounts.a);
const theirs: Contact = { ...own, multiaddrs: ["/memory/2"] };
const former: Contact = { ...own, multiaddrs: ["/memory/3"] };

describe("a node's contact in the registry", () => {
  const seen = (number: number, contact: Contact | undefined): Seen => {
    const me = memberOf(accounts.a, "participant");
    const { contact: _, ...bare } = me;
    return {
      view: viewOf([]),
      head: { ...headAt(1_000 + number), number },
      members: [contact === undefined ? bare : { ...bare, contact }, ...members.slice(1)],
    };
  };
  const started = (contact: Contact | undefined): RoundState =>
    firstRoundState(accounts.a, "participant", optionsOf(accounts.a), seen(1, contact));
  const reduced = (state: RoundState, ...events: readonly RoundEvent[]) =>
    events.reduce<RoundState>(reduceRound, state);
  const look = (number: number, contact: Contact | undefined): RoundEvent => ({
    kind: "looked",
    ...seen(number, contact),
  });
  const isOver = (state: RoundState) => {
    const outcome = outcomeInCommon(state);
    return outcome?.kind === "failed" && outcome.error.code === "ACCOUNT_ELSEWHERE";
  };

  it("ends the node once that of another node of the account stands behind its own", () => {
    const state = reduced(started(own), look(2, theirs));
    expect(isOver(state)).to.equal(true);
  });

  it("ends it, too, where its own was never seen, as the other one's came in between two looks", () => {
    const written = reduced(started(undefined), { kind: "contact-written", block: 5 });
    expect(isOver(reduced(written, look(4, theirs))), "before its block").to.equal(false);
    expect(isOver(reduced(written, look(5, theirs)))).to.equal(true);
  });

  it("takes the place of a former one, and again after a reorganisation", () => {
    const state = started(former);
    expect(dueContact(state).map(({ kind }) => kind)).to.deep.equal(["send"]);
    const undone = reduced(state, { kind: "contact-written", block: 2 }, look(2, own), look(3, former));
    expect(isOver(undone)).to.equal(false);
    expect(dueContact(undone).map(({ kind }) => kind)).to.deep.equal(["send"]);
  });

  it("ends only one of two nodes that began at once", () => {
    const ours = reduced(started(undefined), { kind: "contact-written", block: 2 }, look(3, theirs));
    const other = firstRoundState(
      accounts.a,
      "participant",
      { ...optionsOf(accounts.a), contact: theirs },
      seen(1, undefined),
    );
    const second = reduced(other, { kind: "contact-written", block: 3 }, look(3, theirs));
    expect([isOver(ours), isOver(second)]).to.deep.equal([true, false]);
  });
});
