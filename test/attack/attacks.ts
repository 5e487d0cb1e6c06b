import { swapChunks } from "../support/malicious/chunk-swapper.ts";
import { exceedClip } from "../support/malicious/clip-exceeder.ts";
import { equivocate } from "../support/malicious/equivocator.ts";
import { openFalsely } from "../support/malicious/false-opener.ts";
import { dropInput } from "../support/malicious/input-dropper.ts";
import { includeInvalid } from "../support/malicious/invalid-includer.ts";
import { flipLane } from "../support/malicious/lane-flipper.ts";
import { withholdModel } from "../support/malicious/model-withholder.ts";
import { plagiarise } from "../support/malicious/plagiarist.ts";
import { attestOwnLie } from "../support/malicious/quorum-liar.ts";
import { replayWords } from "../support/malicious/replayer.ts";
import { reuseRoot } from "../support/malicious/root-reuser.ts";
import { neverPropose } from "../support/malicious/silent-aggregator.ts";
import { excludeUnfounded } from "../support/malicious/unfounded-excluder.ts";
import { vanish } from "../support/malicious/vanisher.ts";
import { misstateWeight } from "../support/malicious/weight-misstater.ts";
import type { Attack } from "./attack.ts";
import { untilLeftOut, untilNotAttested, untilTakeover } from "./waits.ts";

const wrongChunk = { struck: "wrong-chunk", takeover: "proof" } as const;

/** Every attack there is, in the order in which they are listed. */
export const attacks: readonly Attack[] = [
  {
    name: "flip-lane",
    summary: "an aggregator adds 1 to one lane of the model",
    aggregator: flipLane(200),
    ending: wrongChunk,
  },
  {
    name: "drop-input",
    summary: "an aggregator computes without one update and states that all are in",
    aggregator: dropInput,
    ending: wrongChunk,
  },
  {
    name: "swap-chunks",
    summary: "an aggregator puts two chunks of the model in each other's place",
    aggregator: swapChunks(3, 40),
    ending: wrongChunk,
  },
  {
    name: "reuse-root",
    summary: "an aggregator proposes the previous model again",
    aggregator: reuseRoot,
    ending: wrongChunk,
  },
  {
    name: "misstate-weight",
    summary: "an aggregator states a total weight that does not add up",
    aggregator: misstateWeight,
    ending: { struck: "wrong-weight", takeover: "proof" },
  },
  {
    name: "false-opening",
    summary: "an aggregator opens a masked round with a seed that nobody advertised",
    mode: "masked",
    aggregator: openFalsely,
    ending: { struck: "false-opening", takeover: "proof" },
  },
  {
    name: "self-attest",
    summary: "an aggregator attests its own lie, in the name of a participant that is its own",
    aggregator: attestOwnLie(200),
    friends: 1,
    ending: wrongChunk,
  },
  {
    name: "lying-quorum",
    summary: "an aggregator and more than half of the participants accept a wrong model",
    aggregator: attestOwnLie(200),
    friends: 3,
    rules: { minUpdates: 2, attestationQuorum: 2 },
    ending: { struck: "wrong-chunk", rolledBack: true },
  },
  {
    name: "replay",
    summary: "an aggregator sends its signed proposal, and its attestations, of the round before once more",
    aggregator: replayWords,
    ending: {},
  },
  {
    name: "exclude-unfounded",
    summary: "an aggregator leaves out an update that everybody has",
    aggregator: excludeUnfounded,
    ending: { takeover: "deadline" },
    waitsFor: untilNotAttested,
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
    aggregator: withholdModel(200),
    ending: { takeover: "deadline" },
    waitsFor: untilNotAttested,
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
    ending: { struck: "invalid-update", takeover: "proof", misconduct: "invalid-update", leftOut: true },
    waitsFor: untilLeftOut,
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
    ending: { leftOut: true },
    waitsFor: untilLeftOut,
  },
  {
    name: "vanish",
    summary: "a participant commits to an update and gives it to nobody",
    participant: vanish,
    ending: { leftOut: true },
    waitsFor: untilLeftOut,
  },
  {
    name: "split-view",
    summary: "an endpoint swallows a participant's masked commitment, and shows it a closing in which it is",
    mode: "masked",
    endpoint: "split-view",
    ending: { hidden: true },
  },
  {
    name: "swap-keys",
    summary: "an endpoint shows a participant other keys than its fellows advertised",
    mode: "masked",
    endpoint: "swapped-keys",
    ending: { hidden: true },
  },
];
