import { expect } from "chai";
import type { Bytes32 } from "../../../../node/core/ids.ts";
import { createEncryptedActions } from "../../../../node/participant/encrypted/encrypted-actions.ts";
import { signCommitment } from "../../../../node/participant/update/sign-commitment.ts";
import { writeUpdate } from "../../../../node/participant/update/update-journal.ts";
import type { SignedRecord } from "../../../../node/ports/chain.ts";
import { createMemoryJournal } from "../../../../node/rounds/actions/memory-journal.ts";
import { performBy } from "../../../../node/rounds/machine/machine.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../../simulation/model/model-signature.ts";
import { silentLog } from "../../../support/silent-log.ts";
import { encryptedRound, encryptedView, keyFor } from "../../../support/states/encrypted-states.ts";
import { stateAt } from "../../../support/states/machine-states.ts";
import { accounts, hashOf, members } from "../../../support/states/round-states.ts";

const { a } = accounts;
const round = encryptedRound([0, 1, 2, 3]);
const { baseModelRoot } = round;
const { sharesId } = keyFor(0);
const update = { round: 1, baseModelRoot, updateRoot: hashOf(16), contentId: hashOf(32), weight: 10, sharesId };

/** A participant that starts with a journal, and encrypts. */
function setUp() {
  const journal = createMemoryJournal();
  const chain = {
    account: a,
    recoverSigner: modelSigner,
    signRecord: async (record: SignedRecord) => modelSign(a, modelRecordDigest(record)),
  };
  const told: string[] = [];
  const store = { has: async (id: Bytes32) => id === update.contentId };
  const deps = { taskId: 1, chain, store, journal, log: silentLog };
  const actions = createEncryptedActions({
    ...deps,
    onProgress: (step: { kind: string; code?: string }) => told.push(step.code ?? step.kind),
  } as unknown as Parameters<typeof createEncryptedActions>[0]);
  const view = encryptedView(round);
  const look = { view, members, signal: new AbortController().signal };
  const state = stateAt(a, "participant", view, 75);
  const encrypt = async () => {
    const events: unknown[] = [];
    const emit = (event: unknown) => {
      events.push(event);
      return state;
    };
    const action = { kind: "encrypt", key: "encrypt:1", round } as const;
    await performBy(actions.performers, action, { state, look, signal: look.signal, emit });
    return events;
  };
  return { ...deps, deps: deps as unknown as Parameters<typeof signCommitment>[0], told, encrypt };
}

describe("the update of an encrypted round", () => {
  it("is the one in the journal, where it was made under the key that was dealt", async () => {
    const { journal, encrypt, told } = setUp();
    await writeUpdate(journal, 1, update);
    expect(await encrypt()).to.deep.equal([{ kind: "trained", update }]);
    expect(told).to.deep.equal([]);
  });

  it("is made once: none under a second key, which an endpoint or a reorganisation shows", async () => {
    const { journal, encrypt, told } = setUp();
    await writeUpdate(journal, 1, { ...update, sharesId: hashOf(67) });
    expect(await encrypt()).to.deep.equal([{ kind: "encryption-refused", key: "encrypt:1" }]);
    expect(told).to.deep.equal(["GROUP_KEY_CHANGED"]);
  });

  it("is what was signed over its anchor, and nothing else", async () => {
    const { journal, deps, encrypt, told } = setUp();
    await writeUpdate(journal, 1, update);
    await signCommitment(deps, round, update);
    expect(await encrypt()).to.deep.equal([{ kind: "trained", update }]);
    const other = setUp();
    await writeUpdate(other.journal, 1, update);
    await signCommitment(other.deps, round, { ...update, contentId: hashOf(33) });
    expect(await other.encrypt()).to.deep.equal([{ kind: "encryption-refused", key: "encrypt:1" }]);
    expect(other.told).to.deep.equal(["GROUP_KEY_CHANGED"]);
    expect(told).to.deep.equal([]);
  });
});
