import { expect } from "chai";
import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { updateRootOf } from "../../../node/core/commitment.ts";
import { contentIdOf } from "../../../node/core/content-id.ts";
import { FedledgerError } from "../../../node/core/error.ts";
import type { Address, Bytes32 } from "../../../node/core/ids.ts";
import { lanesToBytes } from "../../../node/core/lanes.ts";
import type { Commitment, Custody } from "../../../node/core/records.ts";
import { createCustodyWords } from "../../../node/participant/custody-words.ts";
import { gatherUpdates } from "../../../node/participant/gather-updates.ts";
import { offerUpdate } from "../../../node/participant/offer-update.ts";
import type { ParticipantEvent } from "../../../node/participant/participant-state.ts";
import { readCommitment, signCommitment } from "../../../node/participant/sign-commitment.ts";
import type { Chain, SignedRecord } from "../../../node/ports/chain.ts";
import type { Journal } from "../../../node/ports/system.ts";
import type { Transport } from "../../../node/ports/transport.ts";
import { encodeHoldAnswer, type HoldAnswer } from "../../../node/rounds/messages.ts";
import type { ModelSource } from "../../../node/rounds/model-source.ts";
import type { RoundEvent } from "../../../node/rounds/round-state.ts";
import { openJournal } from "../../../node/system/journal.ts";
import { modelRecordDigest, modelSign, modelSigner } from "../../simulation/model-signature.ts";
import { createVirtualClock } from "../../simulation/virtual-clock.ts";
import { rejection } from "../../support/rejection.ts";
import {
  accounts,
  aggregatingRound,
  commitmentOf,
  contactOf,
  hashOf,
  members,
  rules,
  viewOf,
} from "../../support/round-states.ts";
import { custodyOf, wordChain } from "../../support/signed-words.ts";
import { silentLog } from "../../support/silent-log.ts";

const { a } = accounts;
const signal = new AbortController().signal;
const update = { round: 1, baseModelRoot: hashOf(9), updateRoot: hashOf(16), contentId: hashOf(32), weight: 10 };

describe("offerUpdate", () => {
  const [x, y] = [contactOf(accounts.x).peerId, contactOf(accounts.y).peerId];
  const custody = { taskId: 1, round: 1, participant: a, updateRoot: update.updateRoot, contentId: update.contentId };
  const signed = (aggregator: Address, by = aggregator): HoldAnswer => ({
    held: true,
    signature: modelSign(by, modelRecordDigest({ type: "custody", ...custody })),
  });

  async function offer(answers: Record<string, HoldAnswer | "late" | "garbage" | "away">, holdTimeoutMs = 1000) {
    const clock = createVirtualClock(0);
    const asked: string[] = [];
    const request: Transport["request"] = async (peer, _protocol, _message, options) => {
      asked.push(peer);
      const answer = answers[peer]!;
      if (answer === "late") await clock.sleep(1e6, { signal: options!.signal! });
      if (answer === "away") throw new FedledgerError("PEER_UNREACHABLE", { peerId: peer, reason: "away" });
      await clock.sleep(20);
      return answer === "garbage" || answer === "late" ? Uint8Array.of(1) : encodeHoldAnswer(answer);
    };
    const transport = { request } as Transport;
    const words: { word: Custody; atMs: number }[] = [];
    let result: Awaited<ReturnType<typeof offerUpdate>> | undefined;
    void offerUpdate(
      { me: a, taskId: 1, chain: wordChain, transport, clock, log: silentLog, holdTimeoutMs },
      update,
      { members, signal },
      async (word) => void words.push({ word, atMs: clock.nowMs() }),
    ).then((value) => {
      result = value;
    });
    await clock.run(() => result !== undefined, 10_000);
    return { result, atMs: clock.nowMs(), asked, words };
  }

  it("gives the custody words of all that hold it, each as it comes", async () => {
    const { result, atMs, asked, words } = await offer({ [x]: signed(accounts.x), [y]: signed(accounts.y) });
    expect(result).to.deep.equal({ holders: 2, asked: 2 });
    expect(atMs).to.equal(20);
    expect(asked).to.have.members([x, y]);
    expect(words.map(({ word }) => word.aggregator)).to.have.members([accounts.x, accounts.y]);
    for (const { word } of words)
      expect(wordChain.recoverSigner({ type: "custody", ...word })).to.equal(word.aggregator);
  });

  it("gives the first word at once, though another is late", async () => {
    const { result, atMs, words } = await offer({ [x]: "late", [y]: signed(accounts.y) }, 700);
    expect(words.map((one) => one.atMs)).to.deep.equal([20]);
    expect(result).to.deep.equal({ holders: 1, asked: 2 });
    expect(atMs).to.equal(700);
  });

  it("goes on when all have refused, are away, talk nonsense, or do not sign as themselves", async () => {
    const refused = await offer({ [x]: { held: false, reason: "too-many" }, [y]: "garbage" });
    expect(refused).to.deep.include({ result: { holders: 0, asked: 2 }, atMs: 20 });
    expect((await offer({ [x]: "away", [y]: "away" })).result).to.deep.equal({ holders: 0, asked: 2 });
    const forged = await offer({ [x]: signed(accounts.x, accounts.y), [y]: signed(accounts.y, a) });
    expect(forged).to.deep.include({ result: { holders: 0, asked: 2 }, words: [] });
  });

  it("goes on when the time is up", async () => {
    const { result, atMs } = await offer({ [x]: "late", [y]: { held: false, reason: "not-fetched" } }, 700);
    expect(result).to.deep.equal({ holders: 0, asked: 2 });
    expect(atMs).to.equal(700);
  });
});

describe("custody words", () => {
  it("outlive the process, all of them, and only for the very update", async () => {
    const journal = openJournal(":memory:");
    const words = [custodyOf(0, accounts.x), custodyOf(0, accounts.y)];
    const kept = createCustodyWords(journal);
    await Promise.all(words.map((word) => kept.keep(word)));
    await kept.keep(words[0]!);
    const again = createCustodyWords(journal);
    expect(await again.of(commitmentOf(0))).to.have.deep.members(words);
    expect(await again.of({ ...commitmentOf(0), round: 2 })).to.deep.equal([]);
    expect(await again.of({ ...commitmentOf(0), contentId: hashOf(1) })).to.deep.equal([]);
    const key = `custody/1/1/${commitmentOf(0).updateRoot}/${commitmentOf(0).contentId}`;
    for (const broken of ["{", "{}", '[{"aggregator":1}]', "[null]"]) {
      await journal.put(key, new TextEncoder().encode(broken));
      expect(await again.of(commitmentOf(0)), broken).to.deep.equal([]);
    }
    await journal.close();
  });
});

describe("signing a commitment", () => {
  const chain = {
    account: a,
    recoverSigner: modelSigner,
    signRecord: async (record: SignedRecord) => modelSign(a, modelRecordDigest(record)),
  } as unknown as Chain;

  it("signs once for a round and base model, and gives the same word ever after, whatever is asked", async () => {
    const journal = openJournal(":memory:");
    const first = await signCommitment({ chain, journal, taskId: 1 }, update);
    expect(first).to.deep.include({ ...update, taskId: 1, participant: a });
    expect(modelSigner({ type: "commitment", ...first })).to.equal(a);
    const other = { ...update, updateRoot: hashOf(77), contentId: hashOf(78) };
    expect(await signCommitment({ chain, journal, taskId: 1 }, other)).to.deep.equal(first);
    expect(await signCommitment({ chain, journal, taskId: 2 }, other)).to.deep.include({ updateRoot: hashOf(77) });
    const elsewhere = { ...other, baseModelRoot: hashOf(8) };
    expect(await signCommitment({ chain, journal, taskId: 1 }, elsewhere)).to.deep.include(elsewhere);
    await journal.close();
  });

  it("has written before it gives, and does not give what is not its own", async () => {
    const journal = openJournal(":memory:");
    const signed = await signCommitment({ chain, journal, taskId: 1 }, update);
    expect(await readCommitment({ chain, journal, taskId: 1 }, update)).to.deep.equal(signed);
    const stranger = { ...chain, account: accounts.b };
    expect(await readCommitment({ chain: stranger, journal, taskId: 1 }, update)).to.equal(undefined);
    await journal.put(`commitment/1/1/${update.baseModelRoot}`, new TextEncoder().encode("{"));
    expect(await readCommitment({ chain, journal, taskId: 1 }, update)).to.equal(undefined);
    await journal.close();
  });

  it("signs nothing that could not be written down", async () => {
    const failing = { get: async () => undefined, put: () => Promise.reject(new FedledgerError("STORAGE_FAILED")) };
    const journal = failing as unknown as Journal;
    await rejection(signCommitment({ chain, journal, taskId: 1 }, update), "STORAGE_FAILED");
  });
});

describe("gathering the updates of a closed round", () => {
  it("tells of each as it comes, shows what breaks the rules, and says what is missing", async () => {
    const blobs = new Map<Bytes32, Uint8Array>();
    const commit = async (slot: number, value: number, changes: Partial<Commitment> = {}): Promise<Commitment> => {
      const lanes = new Int32Array(rules.parameterCount).fill(value);
      const contentId = await contentIdOf(lanesToBytes(lanes));
      blobs.set(contentId, lanesToBytes(lanes).slice());
      const { participant } = commitmentOf(slot);
      return {
        ...commitmentOf(slot),
        updateRoot: updateRootOf(participant, chunkTreeRoot(lanes)),
        contentId,
        ...changes,
      };
    };
    const good = await commit(0, 5);
    const beyond = await commit(1, rules.clipLanes + 1);
    const other = await commit(2, 6, { updateRoot: hashOf(3) });
    const gone = { ...(await commit(3, 7)), contentId: hashOf(4) };
    const round = aggregatingRound([], { commitments: [good, beyond, other, gone] });
    const source = {
      update: async ({ contentId }: Commitment) => {
        const bytes = blobs.get(contentId);
        if (bytes === undefined) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 1 });
        return bytes.slice();
      },
    } as unknown as ModelSource;
    const look = { view: viewOf([round]), members, signal };
    const events: (ParticipantEvent | RoundEvent)[] = [];
    const action = { kind: "gather", key: "g", round, slots: 0b1111n } as const;
    await rejection(
      gatherUpdates(source, action, look, (event) => events.push(event)),
      "BLOB_NOT_FOUND",
    );
    const held = events.flatMap((event) => (event.kind === "holding" ? [[event.slot, event.isFaulty === true]] : []));
    expect(held).to.have.deep.members([
      [0, false],
      [1, true],
      [2, true],
    ]);
    const faults = events.flatMap((event) => (event.kind === "fault" ? [event.fault] : []));
    expect(faults.map(({ commitment }) => commitment)).to.deep.equal([beyond]);
    expect(faults[0]?.invalid).to.deep.include({ position: 1, chunkIndex: 0 });
    const rest: unknown[] = [];
    await gatherUpdates(source, { ...action, slots: 1n }, look, (event) => rest.push(event));
    expect(rest).to.have.length(1);
  });
});
