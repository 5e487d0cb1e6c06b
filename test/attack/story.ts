import { weightedEvaluation } from "../../node/audit/round-verdict.ts";
import type { EmbeddedChain } from "../../node/chain/index.ts";
import type { Address, Bytes32, RoundNumber } from "../../node/core/ids.ts";
import type { TaskEvent } from "../../node/core/task-events.ts";
import type { Progress } from "../../node/rounds/progress.ts";
import type { Lie } from "../support/malicious/lie.ts";

/** A line of the story, and what it tells of. */
export interface StoryLine {
  readonly kind: "step" | "lie" | "proof" | "good" | "bad";
  readonly text: string;
}

/** What a transaction cost whoever sent it. */
export interface Cost {
  readonly gasUsed: number;
  readonly wei: bigint;
}

/** Tells what happens, in the members' names. */
export interface Story {
  say(text: string, kind?: StoryLine["kind"]): void;
  /** A name for an account, such as "participant 3". */
  nameOf(account: Address): string;
  /** A liar's own words. */
  lie(who: Address, lie: Lie): void;
  /** What a node says of itself, where it matters here. */
  step(who: Address, step: Progress): void;
  /** What the chain says. */
  event(event: TaskEvent): Promise<void>;
}

const short = (hash: string) => `${hash.slice(0, 18)}…`;

/** A storyteller; `names` are by lower-case account. */
export function createStory(
  chain: Pick<EmbeddedChain, "request">,
  names: ReadonlyMap<string, string>,
  onLine: (line: StoryLine) => void,
): Story {
  const nameOf = (account: Address) => names.get(account.toLowerCase()) ?? account;
  const named = (text: string) =>
    text.replaceAll(/0x[0-9a-fA-F]{40}(?![0-9a-fA-F])/g, (account) => nameOf(account as Address));
  const say: Story["say"] = (text, kind = "step") => onLine({ kind, text });
  const cost = async (hash: Bytes32) => {
    const { gasUsed, wei } = await costOf(chain, hash);
    return `${short(hash)}, ${gasUsed.toLocaleString("en")} gas, ${ether(wei)} ether`;
  };
  /** Who committed, by round and slot. */
  const committed = new Map<RoundNumber, Map<number, Address>>();
  const slotsOf = (round: RoundNumber): Map<number, Address> => {
    const slots = committed.get(round) ?? new Map<number, Address>();
    committed.set(round, slots);
    return slots;
  };

  return {
    say,
    nameOf,
    lie: (who, { round, told }) => say(`round ${round}: ${nameOf(who)} LIES: it ${named(told)}`, "lie"),
    step(who, step) {
      switch (step.kind) {
        case "disputed":
          return say(
            `round ${step.round}: ${nameOf(who)} recomputed the round and disagrees: ${step.findings.join(", ")}`,
            "proof",
          );
        case "rewarded":
          return say(`${nameOf(who)} withdrew its reward of ${ether(step.amountWei)} ether`, "proof");
        case "reserved":
          return say(
            `round ${step.round}: ${nameOf(who)} reserves its proof by a hash, so that copying it earns nothing`,
            "proof",
          );
        case "not-proven":
          return say(`round ${step.round}: ${nameOf(who)} has no proof: ${step.why}`, "bad");
      }
    },
    async event(event) {
      switch (event.name) {
        case "RoundOpened":
          return say(
            `round ${event.round}: open, ${event.drawn} of ${event.enrolled} participants are drawn and train`,
          );
        case "Committed":
          slotsOf(event.round).set(event.slot, event.participant);
          return;
        case "RoundClosed":
          return say(`round ${event.round}: closed with ${slotsOf(event.round).size} committed updates`);
        case "AggregatorAssigned": {
          const who = nameOf(event.aggregator);
          if (event.attempt === 0) return say(`round ${event.round}: ${who} is to compute the model`);
          return say(
            `round ${event.round}: ${who} takes over, with the same ${slotsOf(event.round).size} updates: nobody trains again`,
            "good",
          );
        }
        case "Proposed": {
          const { aggregator, modelRoot, excluded } = event.proposal;
          const names = [...slotsOf(event.round)]
            .filter(([slot]) => ((excluded >> BigInt(slot)) & 1n) === 1n)
            .map(([, who]) => nameOf(who));
          const left = names.length === 0 ? "" : `, leaving out the update of ${names.join(", ")}`;
          return say(
            `round ${event.round}: ${nameOf(aggregator)} proposes model ${short(modelRoot)}${left} (${await cost(event.transactionHash)})`,
          );
        }
        case "Challenged": {
          const what = {
            "wrong-chunk": `chunk ${event.chunkIndex} of the model is not what the updates give`,
            "invalid-update": `it counts an update that breaks the task's bound, in chunk ${event.chunkIndex}`,
            "wrong-weight": "its total weight does not add up",
            "left-out": "it leaves out an update that its aggregator signed for to keep",
            withheld: "what was demanded of it was not shown",
            "false-opening": `its key for the masks of slot ${event.chunkIndex} is false`,
          }[event.kind];
          return say(
            `round ${event.round}: ${nameOf(event.challenger)} PROVES ${nameOf(event.aggregator)} wrong in one transaction: ${what} (${await cost(event.transactionHash)})`,
            "proof",
          );
        }
        case "Misconduct": {
          const what = {
            "invalid-update": "its update breaks the task's bound",
            equivocation: "it signed two commitments for one round",
            withheld: "it withheld the update that it had committed to",
          }[event.kind];
          return say(
            `round ${event.round}: ${nameOf(event.reporter)} REPORTS ${nameOf(event.participant)}, which is expelled: ${what} (${await cost(event.transactionHash)})`,
            "proof",
          );
        }
        case "Demanded": {
          const { kind, place, index } = event.demand;
          const what =
            kind === "update-chunk"
              ? `chunk ${index} of update ${place}`
              : `nodes of the model's tree, below height ${place}`;
          return say(
            `round ${event.round}: ${nameOf(event.demander)} demands to be shown ${what} (${await cost(event.transactionHash)})`,
          );
        }
        case "ChunkShown":
        case "NodesShown":
          return say(
            `round ${event.round}: ${nameOf(event.shownBy)} shows what was demanded (${await cost(event.transactionHash)})`,
          );
        case "Slashed":
          return say(
            `round ${event.round}: ${nameOf(event.account)} loses its bond of ${ether(event.amountWei)} ether: ${ether(event.rewardWei)} to ${nameOf(event.challenger)}, ${ether(event.amountWei - event.rewardWei)} burnt`,
            "proof",
          );
        case "RoundFinalized": {
          const evaluation = weightedEvaluation(event.evaluations);
          const metric = evaluation ? `, accuracy ${evaluation.metric.toFixed(4)}` : "";
          return say(
            `round ${event.round}: final with ${event.attesters.length} attestations, model ${short(event.modelRoot)}${metric}`,
            "good",
          );
        }
        case "RoundInvalidated":
          return say(`round ${event.round}: invalid (${event.reason})`, "bad");
      }
    },
  };
}

/** What a mined transaction cost. */
export async function costOf(chain: Pick<EmbeddedChain, "request">, transactionHash: Bytes32): Promise<Cost> {
  const receipt = (await chain.request("eth_getTransactionReceipt", [transactionHash])) as {
    readonly gasUsed: string;
    readonly effectiveGasPrice: string;
  };
  const gasUsed = BigInt(receipt.gasUsed);
  return { gasUsed: Number(gasUsed), wei: gasUsed * BigInt(receipt.effectiveGasPrice) };
}

/** Wei as ether, without zeros at the end, at most six decimals. */
export function ether(wei: bigint): string {
  const micro = (wei + 5n * 10n ** 11n) / 10n ** 12n;
  const text = `${micro / 1_000_000n}.${String(micro % 1_000_000n).padStart(6, "0")}`;
  return text.replace(/\.?0+$/, "");
}
