import { expect } from "chai";
import { fromHex } from "../../../node/core/bytes/hex.ts";
import { isFedledgerError } from "../../../node/core/errors/error.ts";
import type { Address } from "../../../node/core/ids.ts";
import type { Chain, ChainCall } from "../../../node/ports/chain.ts";
import type { FederationFixture } from "../../support/federation-fixture.ts";
import { applyCall } from "../model/model-contract.ts";
import { emptyStorage, type ModelEvent, type ModelStorage, type ModelWorld, Revert } from "../model/model-storage.ts";

/** The contract and its model, to which every call goes. */
export interface ComparedSides {
  /** The newest task, which calls are for. */
  readonly taskId: number;
  /** The model's, after all calls that stood. */
  readonly storage: ModelStorage;
  /** The model's, of all calls that stood. */
  readonly events: readonly ModelEvent[];
  /** How often what was answered. */
  readonly answers: ReadonlyMap<string, number>;
  chainOf(account: Address): Chain;
  /** Sends the call to both, who must agree on whether it stands, and why not; whether it does. */
  both(sender: Address, call: ChainCall): Promise<boolean>;
}

/** An account as the model writes it. */
export const lower = (address: Address): Address => address.toLowerCase() as Address;

/** Starts with the fixture's roles. */
export async function createSides(fixture: FederationFixture): Promise<ComparedSides> {
  const { admin, participants, aggregators, outsiders, chain } = fixture;
  const storage = emptyStorage();
  const events: ModelEvent[] = [];
  const answers = new Map<string, number>();
  const everybody = [admin, ...participants, ...aggregators, ...outsiders];
  const chains = new Map(everybody.map((member) => [lower(member.account), member.chain]));
  const { chainId, federation } = admin.chain;
  const mixes = new Map<number, Uint8Array>();

  const worldOf = async (number: number, timestampS: number): Promise<ModelWorld> => {
    const earlier = Number(storage.tasks.at(-1)?.round.drawBlock ?? 0);
    if (earlier > 0 && earlier < number && !mixes.has(earlier)) {
      const block = await chain.request("eth_getBlockByNumber", [`0x${earlier.toString(16)}`, false]);
      mixes.set(earlier, fromHex((block as { mixHash: string }).mixHash));
    }
    const account = (signer: Address | undefined) => signer && lower(signer);
    return {
      deployment: { chainId, federation: lower(federation) },
      number,
      timestampS,
      mixOf: (block) => (block < number && block >= number - 256 ? mixes.get(block) : undefined),
      signerOf: (record) => account(admin.chain.recoverSigner(record)),
      attesterOf: (attestation) => account(admin.chain.recoverAttester(attestation)),
    };
  };

  const founding: ModelWorld = await worldOf(0, 0);
  const grant = (role: "admin" | "task-creator" | "participant" | "aggregator", account: Address) =>
    applyCall(storage, lower(admin.account), { kind: "grantRole", role, account: lower(account) }, founding);
  grant("admin", admin.account);
  grant("task-creator", admin.account);
  for (const { account } of participants) grant("participant", account);
  for (const { account } of aggregators) grant("aggregator", account);

  return {
    get taskId() {
      return storage.tasks.length;
    },
    storage,
    events,
    answers,
    chainOf: (account) => chains.get(account)!,
    async both(sender, call) {
      const real = await chains
        .get(sender)!
        .send(call)
        .then(
          ({ blockNumber }) => ({ answer: "accepted", blockNumber }),
          (error: unknown) => {
            if (!isFedledgerError(error, "TRANSACTION_REVERTED")) throw error;
            return { answer: String(error.data.error), blockNumber: undefined };
          },
        );
      const { timestampS, number } = await admin.chain.head();
      const next = structuredClone(storage);
      let model = "accepted";
      let told: ModelEvent[] = [];
      try {
        told = applyCall(next, sender, call, await worldOf(real.blockNumber ?? number + 1, timestampS));
      } catch (error) {
        if (!(error instanceof Revert)) throw error;
        model = error.error;
      }
      const { round, phase } = storage.tasks.at(-1)?.round ?? { round: 0, phase: "none" };
      expect(model, `${call.kind} by ${sender} in round ${round}, ${phase}: model against contract`).to.equal(
        real.answer,
      );
      answers.set(`${call.kind} ${model}`, (answers.get(`${call.kind} ${model}`) ?? 0) + 1);
      if (model !== "accepted") return false;
      Object.assign(storage, next);
      events.push(...told);
      return true;
    },
  };
}
