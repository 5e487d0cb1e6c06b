import { expect } from "chai";
import type { Clock } from "../../../node/ports/system.ts";
import type { ModelSource } from "../../../node/rounds/model-source.ts";
import { bytesPatience, patientSource } from "../../../node/rounds/patient-source.ts";
import { rejection } from "../../support/rejection.ts";
import { commitmentOf, hashOf, members, proposedRound, rules, viewOf } from "../../support/round-states.ts";

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

/** A source that gives nothing until it is aborted, or these bytes; and a clock whose sleeps end when the test says. */
function setUp(bytes?: Uint8Array) {
  const sleeps: { readonly ms: number; readonly wake: () => void; readonly signal: AbortSignal | undefined }[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    sleep: (ms, options) =>
      new Promise((resolve) => sleeps.push({ ms, wake: () => resolve(), signal: options?.signal })),
  };
  const source: ModelSource = {
    update: async (_, { signal }) => bytes ?? (await never(signal)),
    model: async (_, { signal }) => bytes ?? (await never(signal)),
    put: async () => hashOf(1),
    reads: () => true,
    baseOf: async () => new Int32Array(1),
  };
  const life = new AbortController();
  const look = { view: viewOf(), members, signal: life.signal };
  return { source: patientSource(source, bytesPatience(clock, rules)), sleeps, life, look };
}

describe("patientSource", () => {
  it("takes bytes that take longer than a quarter of the time to attest for not to be had", async () => {
    const { source, sleeps, look } = setUp();
    const model = source.model(proposedRound(), look);
    const update = source.update(commitmentOf(0), look);
    expect(sleeps.map(({ ms }) => ms)).to.deep.equal([15_000, 15_000]);
    for (const { wake } of sleeps) wake();
    await rejection(model, "BLOB_NOT_FOUND");
    await rejection(update, "BLOB_NOT_FOUND");
  });

  it("gives what comes in time, and stops waiting", async () => {
    const { source, sleeps, look } = setUp(Uint8Array.of(1));
    expect(await source.model(proposedRound(), look)).to.deep.equal(Uint8Array.of(1));
    expect(sleeps.every(({ signal }) => signal?.aborted)).to.equal(true);
  });

  it("ends with the caller's reason when the caller gives up", async () => {
    const { source, life, look } = setUp();
    const model = source.model(proposedRound(), look);
    const reason = new DOMException("enough", "AbortError");
    life.abort(reason);
    expect(await model.catch((error: unknown) => error)).to.equal(reason);
  });
});
