import { expect } from "chai";
import { weightedMean } from "../../../node/aggregation/index.ts";
import { aggregateEncrypted } from "../../../node/aggregator/aggregate-encrypted.ts";
import { aggregatorMachine } from "../../../node/aggregator/aggregator-machine.ts";
import type { AggregatorAction, AggregatorEvent } from "../../../node/aggregator/aggregator-state.ts";
import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Bytes32, PeerIdText } from "../../../node/core/ids.ts";
import type { RoundView } from "../../../node/core/record/task-view.ts";
import type { BlobStore } from "../../../node/ports/storage.ts";
import type { Clock } from "../../../node/ports/system.ts";
import { createCipherSum } from "../../../node/privacy/encrypted/cipher-sum.ts";
import type { ModelOf, ModelSource } from "../../../node/rounds/blobs/model-source.ts";
import {
  decodeOpenSum,
  encodeOpenSumAnswer,
  type OpenSumAnswer,
} from "../../../node/rounds/words/open-sum-messages.ts";
import { silentLog } from "../../support/silent-log.ts";
import { type EncryptedRound, encryptedRoundOfFour } from "../../support/states/encrypted-round.ts";
import { closedEncrypted, encryptedView, encryptedRules as rules } from "../../support/states/encrypted-states.ts";
import { lookAt, stateAfter } from "../../support/states/machine-states.ts";
import {
  accounts,
  commitmentOf,
  contactOf,
  emptyPurse,
  hashOf,
  members,
  optionsOf,
  participants,
} from "../../support/states/round-states.ts";

const { a, b, c, d, x } = accounts;

describe("the aggregator's machine in an encrypted task", () => {
  const machine = aggregatorMachine(x, optionsOf(x));
  const here = (slot: number): AggregatorEvent => ({ kind: "update", commitment: commitmentOf(slot), fact: "here" });
  const all = [0, 1, 2, 3].map(here);
  const due = (round: RoundView, events: readonly AggregatorEvent[], timestampS = 205) => {
    const look = lookAt(encryptedView(round), timestampS);
    return machine.due(stateAfter(machine, [emptyPurse, look, ...events, look]));
  };

  it("adds all ciphertexts or none, and proposes with the sum", () => {
    const round = closedEncrypted();
    expect(
      due(round, all.slice(1)).map(({ kind }) => kind),
      "one is missing",
    ).to.deep.equal(["gather"]);
    expect(
      due(round, all.slice(1), 239).map(({ kind }) => kind),
      "and is waited for to the end",
    ).to.deep.equal(["gather"]);
    const unusable: AggregatorEvent = { kind: "update", commitment: commitmentOf(0), fact: "unusable" };
    expect(due(round, [...all, unusable])).to.deep.equal([]);
    const [aggregate] = due(round, all);
    expect(aggregate).to.include({ kind: "aggregate", excluded: 0n });
    const { subject } = aggregate as Extract<typeof aggregate, { kind: "aggregate" }>;
    const proposed = {
      attempt: 0,
      aggregator: x,
      modelRoot: hashOf(50),
      contentId: hashOf(51),
      totalWeight: 40n,
      excluded: 0n,
    };
    const events: AggregatorEvent[] = [
      ...all,
      { kind: "aggregated", result: { subject, proposal: proposed, openings: hashOf(52) } },
    ];
    const [propose] = due(round, events) as readonly Extract<AggregatorAction, { kind: "send" }>[];
    expect(propose?.call).to.deep.equal({
      kind: "propose",
      taskId: 1,
      round: 1,
      accumulator: round.accumulator,
      proposal: proposed,
      openings: hashOf(52),
    });
  });
});

describe("an aggregator that has no key", () => {
  let made: EncryptedRound;
  let model: Int32Array;
  let sumId: Bytes32;
  let contentId: Bytes32;

  before(async () => {
    made = await encryptedRoundOfFour();
    model = weightedMean({ base: made.base, updates: made.updates, serverRateQ16: rules.serverRateQ16 });
    const sum = createCipherSum(rules.parameterCount);
    for (const commitment of made.commitments) sum.add(made.blobs.get(commitment.contentId)!);
    sumId = await contentIdOf(sum.finish());
    contentId = await put(model);
  });

  async function put(lanes: Int32Array): Promise<Bytes32> {
    const id = await contentIdOf(lanesToBytes(lanes));
    made.blobs.set(id, lanesToBytes(lanes).slice());
    return id;
  }

  /** The proposal that comes of these answers, by account; nobody else answers. */
  async function proposalBy(
    answers: Partial<Record<string, OpenSumAnswer>>,
    nowS = 205,
    round: RoundView = made.closed(),
  ) {
    const asked: PeerIdText[] = [];
    const deps = {
      me: x,
      memory: {},
      clock: {} as Clock,
      log: silentLog,
      timeoutMs: 1000,
      store: { put: contentIdOf } as unknown as BlobStore,
      source: {
        update: made.get,
        model: ({ proposal }: ModelOf) => made.get(proposal),
        baseOf: async () => made.base,
        put: (lanes: Int32Array) => contentIdOf(lanesToBytes(lanes)),
      } as unknown as ModelSource,
      transport: {
        async request(peerId: PeerIdText, _: string, message: Uint8Array) {
          expect(decodeOpenSum(message)).to.deep.equal({ taskId: 1, round: 1, accumulator: round.accumulator });
          asked.push(peerId);
          const account = participants.find((each) => contactOf(each).peerId === peerId)!;
          const answer = answers[account];
          if (answer === undefined) throw new FedledgerError("PEER_UNREACHABLE", { peerId, reason: "away" });
          return encodeOpenSumAnswer(answer);
        },
      },
    };
    const action = { kind: "aggregate", key: "", subject: "s", round, attempt: 0, excluded: 0n } as const;
    const signal = new AbortController().signal;
    const events = await aggregateEncrypted(deps, action, { view: encryptedView(round), members, signal, nowS });
    return { events, asked };
  }

  const right = (): OpenSumAnswer => ({ opened: true, sumId, modelRoot: chunkTreeRoot(model), contentId });
  const wrongModel = async (change: (lanes: Int32Array) => void): Promise<OpenSumAnswer> => {
    const lanes = model.slice();
    change(lanes);
    return { opened: true, sumId, modelRoot: chunkTreeRoot(lanes), contentId: await put(lanes) };
  };

  it("asks everybody drawn, and proposes what as many as make a quorum name", async () => {
    const { events, asked } = await proposalBy({ [b]: right(), [c]: right(), [d]: right() });
    expect(asked).to.have.members(participants.map((account) => contactOf(account).peerId));
    expect(events).to.deep.equal([
      {
        kind: "aggregated",
        result: {
          subject: "s",
          openings: sumId,
          proposal: {
            attempt: 0,
            aggregator: x,
            modelRoot: chunkTreeRoot(model),
            contentId,
            totalWeight: 10n,
            excluded: 0n,
          },
        },
      },
    ]);
  });

  it("waits for them, and for half of its time only", async () => {
    expect((await proposalBy({ [b]: right() })).events).to.deep.equal([]);
    expect((await proposalBy({ [b]: right() }, 220)).events).to.have.length(1);
    expect((await proposalBy({}, 239)).events).to.deep.equal([]);
    const refusal: OpenSumAnswer = { opened: false, reason: "not-opened" };
    expect((await proposalBy({ [a]: refusal, [b]: refusal }, 239)).events).to.deep.equal([]);
  });

  it("takes no other sum's model, none that moves beyond the clip, and none that nobody gives", async () => {
    const ofAnother = { ...right(), sumId: hashOf(1) } as OpenSumAnswer;
    expect((await proposalBy({ [a]: ofAnother, [b]: ofAnother, [c]: ofAnother }, 239)).events).to.deep.equal([]);
    const beyond = await wrongModel((lanes) => {
      lanes[3] = made.base[3]! + rules.clipLanes + 1;
    });
    expect((await proposalBy({ [a]: beyond, [b]: beyond, [c]: beyond }, 239)).events).to.deep.equal([]);
    const withheld = { ...right(), contentId: hashOf(2) } as OpenSumAnswer;
    expect((await proposalBy({ [a]: withheld, [b]: withheld }, 239)).events).to.deep.equal([]);
    const other = { ...right(), modelRoot: hashOf(3) } as OpenSumAnswer;
    expect((await proposalBy({ [a]: other, [b]: other }, 239)).events, "bytes of another root").to.deep.equal([]);
  });

  it("takes what most name, where somebody lies", async () => {
    const lie = await wrongModel((lanes) => {
      lanes[3]! -= 1;
    });
    const { events } = await proposalBy({
      [a]: lie,
      [b]: right(),
      [c]: right(),
      [d]: right(),
    });
    const [event] = events as [Extract<AggregatorEvent, { kind: "aggregated" }>];
    expect(event.result.proposal.contentId).to.equal(contentId);
  });

  it("says which ciphertexts are gone or none", async () => {
    const invalid = await made.commit(0, new Uint8Array(49_152).fill(255));
    const gone = await made.commit(1, new Uint8Array(49_152).fill(1));
    made.blobs.delete(gone.contentId);
    const round = made.closed([invalid, gone, ...made.commitments.slice(2)]);
    const { events, asked } = await proposalBy({ [b]: right() }, 205, round);
    expect(asked).to.deep.equal([]);
    expect(events).to.deep.equal([
      { kind: "update", commitment: invalid, fact: "unusable" },
      { kind: "update", commitment: gone, fact: "gone" },
    ]);
  });
});
