import { expect } from "chai";
import { FedledgerError } from "../../node/core/errors/error.ts";
import type { Bytes32 } from "../../node/core/ids.ts";
import { foldTask } from "../../node/core/record/fold-task.ts";
import type { BlobStore, GetOptions } from "../../node/ports/storage.ts";
import { createSimulatedFederation, type SimulatedFederation } from "./world/federation.ts";
import { quiet } from "./world/play.ts";

const windows = { commitWindowS: 60, aggregateWindowS: 60, attestWindowS: 60 };

function federationOf(participants: number, slow: readonly number[]): SimulatedFederation {
  const faults = slow.map((node) => ({ kind: "slow" as const, node, durationMs: 3_000 }));
  const rules = { ...quiet.rules, ...windows, maxUpdates: participants, minUpdates: 3, attempts: 3 };
  const places = { participants, aggregators: 3, openWhenEnrolled: participants };
  return createSimulatedFederation(11, { ...quiet, ...places, faults, rules });
}

/**
 * Puts `instead` in the place of what honest nodes get of the first so many participants, while none of them has it.
 */
function withhold(
  federation: SimulatedFederation,
  count: number,
  instead: (owner: number, contentId: Bytes32, options: GetOptions) => Promise<Uint8Array> | undefined,
): void {
  const [bad, honest] = [federation.nodes.slice(0, count), federation.nodes.slice(count)];
  for (const { host } of honest) {
    const store = host.store as { get: BlobStore["get"] };
    const { get } = store;
    store.get = (contentId, options) => {
      const owner = bad.findIndex((node) => node.host.blobs.has(contentId));
      const isOut = owner < 0 || honest.some((node) => node.host.blobs.has(contentId));
      return (isOut ? undefined : instead(owner, contentId, options)) ?? get(contentId, options);
    };
  }
}

describe("a simulated federation with participants that hold back their updates", () => {
  it("loses no round where four commit first, and send a byte now and then", async () => {
    const federation = federationOf(10, [4, 5, 6, 7, 8, 9]);
    withhold(federation, 4, async (_, __, { signal }) => {
      await federation.clock.sleep(1e9, signal ? { signal } : {});
      return new Uint8Array();
    });
    await federation.run(1_500);
    const view = foldTask(federation.chain.events());
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted", "accepted"]);
  });

  it("loses no attempt where they show them once a proposal stands without them", async () => {
    const federation = federationOf(8, []);
    withhold(federation, 3, (owner, contentId) => {
      const { phase, attempt } = federation.chain.storage().tasks[0]!.round as { phase: string; attempt: number };
      if (phase === "proposed" && attempt >= owner) return undefined;
      return Promise.reject(new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 3 }));
    });
    await federation.run(2_000);
    const view = foldTask(federation.chain.events());
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted", "accepted"]);
    expect(view.rounds.map(({ assignment }) => assignment?.attempt)).to.deep.equal([0, 0, 0]);
    expect(view.rounds.every(({ proposal }) => proposal?.excluded !== 0n)).to.equal(true);
  });
});
