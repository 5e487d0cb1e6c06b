import { expect } from "chai";
import { proposalHash } from "../../node/core/commitment.ts";
import { isFedledgerError } from "../../node/core/error.ts";
import { toHex } from "../../node/core/hex.ts";
import type { Address, Hex } from "../../node/core/ids.ts";
import type { Demand, Proposal } from "../../node/core/records.ts";
import type { Chain, ChainCall } from "../../node/ports/chain.ts";
import { createMaskSecrets, type MaskSecrets } from "../../node/privacy/masking/index.ts";
import { startFederation } from "../support/federation-fixture.ts";
import { beginnings, bondGwei, comparedTasks, openingsOf, told } from "./compared-tasks.ts";
import { applyCall } from "./model-contract.ts";
import { demandBondWei } from "./model-demands.ts";
import { modelDigest, modelSign } from "./model-signature.ts";
import { newestOf } from "./model-steps.ts";
import { emptyStorage, type ModelEvent, type ModelRound, Revert } from "./model-storage.ts";
import { createSeededRandom } from "./seeded-random.ts";

// The simulation is worth as much as its contract: random calls, right and wrong ones, to the model and to the real contracts.

const seed = Number(process.env.SIM_FIRST ?? 1);
const lower = (address: Address): Address => address.toLowerCase() as Address;
const noRandomness = new Uint8Array(32);

describe("the model contract", () => {
  for (const [mode, task] of Object.entries(comparedTasks)) {
    it(`accepts, refuses and tells what the contracts do in a task of ${mode} mode`, async function () {
      this.timeout(120_000);
      await compare(task);
    });
  }

  async function compare({ rules, happens }: (typeof comparedTasks)[string]): Promise<void> {
    const fixture = await startFederation({ participants: 4, aggregators: 2, outsiders: 1, blockIntervalMs: 0 });
    try {
      const random = createSeededRandom(seed);
      const storage = emptyStorage();
      const chains = new Map<Address, Chain>();
      for (const { account, chain } of [fixture.admin, ...fixture.participants, ...fixture.aggregators]) {
        chains.set(lower(account), chain);
      }
      const participants = fixture.participants.map(({ account }) => lower(account));
      const aggregators = fixture.aggregators.map(({ account }) => lower(account));
      const admin = lower(fixture.admin.account);
      const modelRoot = toHex(random.bytes(32));
      const events: ModelEvent[] = [];
      const refusals = new Map<string, number>();
      const startS = (await fixture.admin.chain.head()).timestampS;

      /** Sends the call to both; they must agree on whether it stands, and why not. */
      const both = async (sender: Address, call: ChainCall, modelCall: ChainCall = call): Promise<boolean> => {
        const next = structuredClone(storage);
        const real = await chains
          .get(sender)!
          .send(call)
          .then(
            () => "accepted",
            (error: unknown) => {
              if (isFedledgerError(error, "TRANSACTION_REVERTED")) return String(error.data.error);
              throw error;
            },
          );
        const { timestampS } = await chains.get(sender)!.head();
        let model = "accepted";
        let told: ModelEvent[] = [];
        try {
          told = applyCall(next, sender, modelCall, { timestampS, randomness: random.bytes(32) });
        } catch (error) {
          if (!(error instanceof Revert)) throw error;
          model = error.error;
        }
        const { round, phase } =
          storage.tasks[0] === undefined ? { round: 0, phase: "none" } : newestOf(storage.tasks[0]);
        expect(model, `${call.kind} by ${sender} in round ${round}, ${phase}: contract against model`).to.equal(real);
        refusals.set(real, (refusals.get(real) ?? 0) + 1);
        if (real !== "accepted") return false;
        Object.assign(storage, next);
        events.push(...told);
        return true;
      };

      applyCall(
        storage,
        admin,
        { kind: "grantRole", role: "admin", account: admin },
        { timestampS: 0, randomness: noRandomness },
      );
      for (const account of participants) {
        applyCall(
          storage,
          admin,
          { kind: "grantRole", role: "participant", account },
          { timestampS: 0, randomness: noRandomness },
        );
      }
      for (const account of aggregators) {
        applyCall(
          storage,
          admin,
          { kind: "grantRole", role: "aggregator", account },
          { timestampS: 0, randomness: noRandomness },
        );
      }
      const access = rules.mode === "masked" ? { organisations: ["Klinik A"], regions: [], clearance: 1 } : undefined;
      await both(admin, { kind: "createTask", rules, modelRoot, spec: "{}", ...(access && { access }) });
      for (const account of [...participants, ...aggregators]) {
        await both(account, { kind: "bond", amountWei: 10n * BigInt(bondGwei) * 10n ** 9n });
      }
      const attributes = { organisation: "Klinik A", region: "", clearance: 2 };
      if (access) {
        await both(participants[0]!, { kind: "enrol", taskId: 1 });
        await both(participants[0]!, { kind: "setAttributes", account: participants[0]!, attributes });
        for (const account of participants) await both(admin, { kind: "setAttributes", account, attributes });
      }
      for (const account of participants.slice(0, 3)) await both(account, { kind: "enrol", taskId: 1 });

      const proposals = new Map<number, Proposal>();
      const demands: Demand[] = [];
      const openings = new Map<number, Hex>();
      const secrets = new Map<string, MaskSecrets>();
      /** The seed of a round on the real chain; the model has drawn another one. */
      const realSeed = async (round: number): Promise<bigint> => {
        const opened = (await fixture.admin.chain.history(1)).findLast(({ name }) => name === "RoundOpened");
        return opened?.name === "RoundOpened" && opened.round === round ? opened.seed : 0n;
      };
      for (let step = 0; step < 300; step++) {
        if (step >= 12 && random.chance(0.15)) await fixture.chain.increaseTime(400);
        const task = storage.tasks[0]!;
        const newest = newestOf(task);
        const record: ModelRound = step < 12 || random.chance(0.6) ? newest : task.rounds[(newest.round + 1) & 1]!;
        const round = step >= 12 && random.chance(0.03) ? record.round + 1 : record.round;
        const forced = beginnings[rules.mode]?.[step];
        const someone = forced?.by === undefined ? random.pick(participants) : participants[forced.by]!;
        const proposal = proposals.get(record.round);
        const taskId = 1;
        const about = { taskId, round };
        const commitments = events.flatMap((event) =>
          event.name === "Committed" && event.round === record.round ? [event] : [],
        );
        const advertisements = events.flatMap((event) =>
          event.name === "Advertised" && event.round === record.round ? [event] : [],
        );
        const fitting: Partial<Record<ModelRound["phase"], readonly string[]>> = {
          none: ["open"],
          open:
            rules.keyWindowS === 0 || advertisements.length >= record.drawn
              ? ["commit", "commit", "commit", "commit", "close", "close"]
              : ["advertise", "advertise", "advertise", "advertise", "advertise", "commit", "close"],
          aggregating: ["propose", "propose", "propose", "reassign", "open"],
          proposed: [
            "open",
            "open",
            "demand",
            "demand",
            "finalize",
            "by-time",
            "by-time",
            "strike",
            "strike",
            "return",
            "reassign",
            ...(rules.mode === "masked"
              ? ["false-opening", "false-opening", "false-opening", "finalize", "finalize"]
              : []),
          ],
          finalized: ["open", "open", "enrol", "return"],
          invalidated: ["open", "open", "enrol", "return"],
        };
        const kind = forced
          ? forced.kind
          : random.chance(0.1)
            ? random.pick([
                ...["open", "commit", "close", "propose", "reassign", "by-time", "enrol", "leave", "strike"],
                ...["advertise", "false-opening"],
              ])
            : random.pick(fitting[record.phase]!);
        if (kind === "open") await both(someone, { kind: "openRound", taskId });
        else if (kind === "enrol") await both(someone, { kind: "enrol", taskId });
        else if (kind === "leave") await both(someone, { kind: "leaveTask", taskId });
        else if (kind === "advertise") {
          const made = createMaskSecrets(random);
          const maskKey = !forced && random.chance(0.05) ? toHex(new Uint8Array(32).fill(255)) : made.maskKey;
          const keys = { maskKey, seedHash: made.seedHash, sharesId: toHex(random.bytes(32)) };
          const call = { kind: "advertise", ...about, ...keys } as const;
          const late = !forced && random.chance(0.05) ? 1n : 0n;
          const seeds = { real: (await realSeed(record.round)) ^ late, model: record.seed ^ late };
          if (await both(someone, { ...call, seed: seeds.real }, { ...call, seed: seeds.model })) {
            secrets.set(`${round} ${someone}`, made);
          }
        } else if (kind === "commit") {
          const update = { updateRoot: toHex(random.bytes(32)), contentId: toHex(random.bytes(32)) };
          const weight = random.integer(1, rules.maxWeight + (!forced && random.chance(0.1) ? 1 : 0));
          await both(someone, { kind: "commit", ...about, baseModelRoot: record.baseModelRoot, ...update, weight });
        } else if (kind === "close") await both(someone, { kind: "closeRound", ...about });
        else if (kind === "reassign") await both(someone, { kind: "reassign", ...about });
        else if (kind === "propose") {
          const aggregator = forced || random.chance(0.9) ? record.assigned : random.pick(aggregators);
          const [first] = commitments;
          const leftOut = !forced && first !== undefined && random.chance(0.2) ? first : undefined;
          const made: Proposal = {
            attempt: record.attempt,
            aggregator: aggregators.includes(aggregator) ? aggregator : aggregators[0]!,
            modelRoot: toHex(random.bytes(32)),
            contentId: toHex(random.bytes(32)),
            totalWeight: record.totalWeight - BigInt(leftOut?.weight ?? 0),
            excluded: leftOut === undefined ? 0n : 1n << BigInt(leftOut.slot),
          };
          const surviving = commitments.map(({ slot }) => slot);
          const opened = openingsOf(
            advertisements,
            surviving,
            (key) => secrets.get(`${record.round} ${key.participant}`)!,
          );
          const isFalse = forced ? forced.isFalse : random.chance(0.4);
          if (isFalse && opened.length > 0) opened[0]! ^= 1;
          const shown = toHex(rules.mode === "encrypted" ? random.bytes(32) : opened);
          const isHidden = forced || random.chance(0.95) ? rules.mode !== "transparent" : rules.mode === "transparent";
          const call = {
            ...about,
            proposal: isHidden ? { ...made, excluded: forced || random.chance(0.9) ? 0n : made.excluded } : made,
          };
          const accepted = isHidden
            ? await both(made.aggregator, { kind: "proposeOpened", ...call, openings: shown })
            : await both(made.aggregator, { kind: "propose", ...call });
          if (accepted) {
            proposals.set(round, call.proposal);
            openings.set(round, shown);
          }
        } else if (proposal === undefined) continue;
        else if (kind === "false-opening") {
          const lowest = Math.min(...commitments.map((commitment) => commitment.slot));
          const slot = forced || random.chance(0.6) ? lowest : random.integer(0, 3);
          const shown = forced || random.chance(0.9) ? (openings.get(record.round) ?? "0x") : "0x";
          const keys = forced || random.chance(0.9) ? advertisements : [];
          await both(someone, {
            ...{ kind: "challengeOpening", ...about, proposal, commitments, openings: shown, slot },
            advertisements: keys,
          });
        } else if (kind === "by-time") await both(someone, { kind: "finalizeUnchallenged", ...about, proposal });
        else if (kind === "finalize") {
          const evaluation = { samples: 3, metricQ24: 5n, lossQ24: 7n };
          const hash = proposalHash(1, round, proposal);
          const signers = participants.slice(0, forced ? 3 : random.integer(1, 4)).sort();
          const sign = (attester: Address, signature: `0x${string}`) => ({
            ...{ taskId, round, proposalHash: hash, attester, evaluation, signature },
          });
          const real = await Promise.all(
            signers.map(async (one) =>
              sign(one, await chains.get(one)!.signAttestation(taskId, round, hash, evaluation)),
            ),
          );
          const model = signers.map((one) => sign(one, modelSign(one, modelDigest(taskId, round, hash, evaluation))));
          const call = { kind: "finalize", ...about, proposal } as const;
          await both(someone, { ...call, attestations: real }, { ...call, attestations: model });
        } else if (kind === "demand") {
          const root = proposal.modelRoot;
          const hash = proposalHash(1, record.round, proposal);
          const demand = { ...about, proposalHash: hash, kind: "model-nodes", place: 1, index: 0, root } as const;
          const amountWei = demandBondWei("model-nodes");
          if (await both(someone, { kind: "demandNodes", demand, proposal, path: [], amountWei })) demands.push(demand);
        } else {
          const demand = demands.at(-1);
          if (demand === undefined) continue;
          const its = proposals.get(demand.round)!;
          if (kind === "return") await both(someone, { kind: "returnDemand", demand });
          else await both(someone, { kind: "strikeUnanswered", demand, proposal: its });
        }
      }

      const history = await fixture.admin.chain.history(1);
      expect(events.map((event) => told(event, startS))).to.deep.equal(history.map((event) => told(event, startS)));
      for (const account of [...participants, ...aggregators]) {
        const { freeWei, lockedWei } = await chains.get(account)!.bondOf(account);
        const bond = storage.bonds.get(account)!;
        expect([bond.freeWei, bond.lockedWei], account).to.deep.equal([freeWei, lockedWei]);
      }
      // what other seeds lead to is not known
      if (seed !== 1) return;
      const happened = new Set(events.map(({ name }) => name));
      expect([...happened]).to.include.members(happens);
      expect(refusals.size, [...refusals.keys()].join()).to.be.greaterThan(8);
    } finally {
      await fixture.close();
    }
  }
});
