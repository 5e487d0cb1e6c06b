import { swapChunks } from "../support/malicious/chunk-swapper.ts";
import { exceedClip } from "../support/malicious/clip-exceeder.ts";
import { commitAgreed, includeAgreed } from "../support/malicious/colluders.ts";
import { equivocate } from "../support/malicious/equivocator.ts";
import { dropInput } from "../support/malicious/input-dropper.ts";
import { includeInvalid } from "../support/malicious/invalid-includer.ts";
import { flipLane } from "../support/malicious/lane-flipper.ts";
import { withholdModel } from "../support/malicious/model-withholder.ts";
import { plagiarise } from "../support/malicious/plagiarist.ts";
import { reuseRoot } from "../support/malicious/root-reuser.ts";
import { neverPropose } from "../support/malicious/silent-aggregator.ts";
import { excludeUnfounded } from "../support/malicious/unfounded-excluder.ts";
import { vanish } from "../support/malicious/vanisher.ts";
import { misstateWeight } from "../support/malicious/weight-misstater.ts";
import { type Attack, lyingRound } from "./attack.ts";
import { untilLeftOut, untilStruck, untilTakeover } from "./waits.ts";

/** A task in which nobody is asked who holds the updates: aggregators may leave out what they like, and only a quorum makes that final. */
const withoutHolders = { holders: 0 } as const;

/** Every attack there is, in the order in which they are listed. */
export const attacks: readonly Attack[] = [
  {
    name: "flip-lane",
    summary: "an aggregator adds 1 to one lane of the model",
    aggregator: flipLane(200),
    ending: { challenge: "wrong-chunk", takeover: "challenge" },
  },
  {
    name: "flip-lane-pipelined",
    summary: "the same in a task whose next round has begun on the wrong model",
    aggregator: flipLane(200),
    rules: { pipelined: true, rounds: 4 },
    ending: { challenge: "wrong-chunk", takeover: "challenge", fallen: lyingRound + 1 },
  },
  {
    name: "drop-input",
    summary: "an aggregator computes without one update and states that all are in",
    aggregator: dropInput,
    ending: { challenge: "wrong-chunk", takeover: "challenge" },
  },
  {
    name: "swap-chunks",
    summary: "an aggregator puts two chunks of the model in each other's place",
    aggregator: swapChunks(3, 40),
    ending: { challenge: "wrong-chunk", takeover: "challenge" },
  },
  {
    name: "reuse-root",
    summary: "an aggregator proposes the previous model again",
    aggregator: reuseRoot,
    ending: { challenge: "wrong-chunk", takeover: "challenge" },
  },
  {
    name: "misstate-weight",
    summary: "an aggregator states a total weight that does not add up",
    aggregator: misstateWeight,
    rules: withoutHolders,
    ending: { challenge: "wrong-weight", takeover: "challenge" },
  },
  {
    name: "exclude-unfounded",
    summary: "an aggregator leaves out an update that it signed to keep",
    aggregator: excludeUnfounded,
    rules: withoutHolders,
    ending: { challenge: "left-out", takeover: "challenge" },
  },
  {
    name: "never-propose",
    summary: "an aggregator computes the model and says nothing",
    aggregator: neverPropose,
    ending: { takeover: "deadline" },
    waitsFor: untilTakeover,
  },
  {
    name: "withhold-model",
    summary: "an aggregator proposes a wrong model and gives its bytes to nobody",
    aggregator: withholdModel(200, { answers: false }),
    ending: { challenge: "withheld", takeover: "challenge" },
    waitsFor: untilStruck,
  },
  {
    name: "withhold-and-show",
    summary: "an aggregator withholds a wrong model, and shows on the chain what is demanded of it",
    aggregator: withholdModel(200, { answers: true }),
    ending: { challenge: "wrong-chunk", takeover: "challenge" },
  },
  {
    name: "exceed-clip",
    summary: "a participant commits to an update beyond the task's bound",
    participant: exceedClip(200),
    ending: { misconduct: "invalid-update", leftOut: true },
    waitsFor: untilLeftOut,
  },
  {
    name: "include-invalid",
    summary: "an aggregator counts an update beyond the task's bound, in league with its participant",
    participant: exceedClip(200),
    aggregator: includeInvalid,
    rules: withoutHolders,
    ending: { challenge: "invalid-update", takeover: "challenge", misconduct: "invalid-update", leftOut: true },
  },
  {
    name: "equivocate",
    summary: "a participant signs two commitments for one round",
    participant: equivocate,
    ending: { misconduct: "equivocation" },
  },
  {
    name: "plagiarise",
    summary: "a participant commits to another's update",
    participant: plagiarise,
    ending: { misconduct: "withheld", leftOut: true },
    waitsFor: untilLeftOut,
  },
  {
    name: "vanish",
    summary: "a participant commits to an update and gives it to nobody",
    participant: vanish,
    ending: { misconduct: "withheld", leftOut: true },
    waitsFor: untilLeftOut,
  },
  {
    name: "collude",
    summary: "a participant gives its update to its accomplice only, an aggregator, which cannot count it",
    participant: commitAgreed,
    aggregator: includeAgreed,
    ending: { misconduct: "withheld", leftOut: true },
    waitsFor: untilLeftOut,
  },
  {
    name: "collude-unattended",
    summary: "the same in a task that does not ask who holds the updates: the aggregator counts it",
    participant: commitAgreed,
    aggregator: includeAgreed,
    rules: withoutHolders,
    ending: { challenge: "withheld", takeover: "challenge", misconduct: "withheld", leftOut: true },
    waitsFor: untilStruck,
  },
];
