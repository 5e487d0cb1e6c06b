import { expect } from "chai";
import type { RoundView } from "../../../node/core/task-view.ts";
import { createMaskedPerformer } from "../../../node/participant/perform-masked.ts";
import { createMaskJournal, createMaskSecrets } from "../../../node/privacy/masking/index.ts";
import { createRandom } from "../../../node/system/random.ts";
import { closedMasked, maskedRound, maskedView } from "../../support/masked-states.ts";
import { accounts, hashOf } from "../../support/round-states.ts";

const { a } = accounts;

/** Whether the secrets of a round are still in the journal after a look at it. */
async function keptAfter(round: RoundView): Promise<boolean> {
  const written = new Map<string, Uint8Array>();
  const journal = {
    get: async (key: string) => written.get(key),
    put: async (key: string, value: Uint8Array) => void written.set(key, value),
    delete: async (key: string) => void written.delete(key),
    close: async () => {},
  };
  const records = createMaskJournal(journal);
  const opening = { taskId: 1, round: round.round, seed: round.seed };
  await records.writeSecrets({
    ...opening,
    baseModelRoot: round.baseModelRoot,
    participant: a,
    slot: 0,
    drawn: 4,
    neighbours: 0,
    thresholdPercent: 67,
    minUpdates: 3,
    secrets: createMaskSecrets(createRandom()),
    sharesId: hashOf(80),
  });
  const deps = { taskId: 1, me: a, chain: { account: a }, journal } as unknown as Parameters<
    typeof createMaskedPerformer
  >[0];
  await createMaskedPerformer(deps, async () => ({ lanes: new Int32Array(), weight: 1 }) as never).forgetSpent(
    maskedView(round),
  );
  return (await records.readSecrets(opening)) !== undefined;
}

describe("the secrets of a masked round", () => {
  const all = [0, 1, 2, 3];
  const rows: [string, RoundView, boolean][] = [
    ["stay while it is open, committed or not", maskedRound(all, [1]), true],
    ["stay for its opening, where this node's update is in it", closedMasked(all, [0, 1, 2]), true],
    [
      "are forgotten where it closed without this node's update: its neighbours now give the key of its masks",
      closedMasked(all, [1, 2, 3]),
      false,
    ],
    ["are forgotten when it has ended", closedMasked(all, [0, 1, 2], { phase: "finalized" }), false],
  ];
  for (const [name, round, kept] of rows) {
    it(name, async () => expect(await keptAfter(round)).to.equal(kept));
  }
});
