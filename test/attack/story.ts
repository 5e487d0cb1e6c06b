import type { EmbeddedChain } from "../../node/chain/index.ts";
import type { Address, Bytes32, RoundNumber } from "../../node/core/ids.ts";
import type { TaskEvent } from "../../node/core/record/task-events.ts";
import type { Progress } from "../../node/rounds/progress/progress.ts";
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
          return say(`${nameOf(who)} withdrew ${ether(step.amountWei)} ether`, "proof");
        case "masking-refused":
          return say(`round ${step.round}: ${nameOf(who)} goes no further: ${step.reason}`, "proof");
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
        case "Struck": {
          const what = {
            "wrong-chunk": `chunk ${event.index} of the model is not what the updates give`,
            "invalid-update": `it counts an update that breaks the task's bound, in chunk ${event.index}`,
            "wrong-weight": "its total weight does not add up",
            "false-opening": `what it opens of slot ${event.index} is false`,
            equivocation: "it signed two words",
          }[event.kind];
          return say(
            `round ${event.round}: ${nameOf(event.prover)} PROVES ${nameOf(event.aggregator)} wrong in one transaction: ${what} (${await cost(event.transactionHash)})`,
            "proof",
          );
        }
        case "RolledBack":
          return say(
            `round ${event.firstRound}${event.lastRound > event.firstRound ? ` to ${event.lastRound}` : ""}: void, the model is ${short(event.modelRoot)} again`,
            "proof",
          );
        case "MemberExpelled":
          return say(
            `round ${event.round}: ${nameOf(event.account)} is expelled (${event.kind}), and loses its bond of ${ether(event.amountWei)} ether`,
            "proof",
          );
        case "Rewarded":
          return say(
            `${ether(event.rewardWei)} ether to ${nameOf(event.prover)}, ${ether(event.burntWei)} burnt`,
            "proof",
          );
        case "RoundAccepted":
          return say(
            `round ${event.round}: accepted with ${event.attesters.length} attestations, model ${short(event.modelRoot)}`,
            "good",
          );
        case "RoundInvalid":
          return say(`round ${event.round}: invalid (${event.reason})`, "bad");
      }
    },
  };
}

/** What a mined transaction cost. */
async function costOf(chain: Pick<EmbeddedChain, "request">, transactionHash: Bytes32): Promise<Cost> {
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
