import { hexEquals } from "../../node/core/hex.ts";
import { swapChunks } from "../support/malicious/chunk-swapper.ts";
import { exceedClip } from "../support/malicious/clip-exceeder.ts";
import { dropInput } from "../support/malicious/input-dropper.ts";
import { includeInvalid } from "../support/malicious/invalid-includer.ts";
import { flipLane } from "../support/malicious/lane-flipper.ts";
import { withholdModel } from "../support/malicious/model-withholder.ts";
import { reuseRoot } from "../support/malicious/root-reuser.ts";
import { neverPropose } from "../support/malicious/silent-aggregator.ts";
import { excludeUnfounded } from "../support/malicious/unfounded-excluder.ts";
import { misstateWeight } from "../support/malicious/weight-misstater.ts";
import type { Attack } from "./attack.ts";

/** Every attack there is, in the order in which they are listed. */
export const attacks: readonly Attack[] = [
  {
    name: "flip-lane",
    summary: "an aggregator adds 1 to one lane of the model",
    aggregator: flipLane(200),
    ending: { challenge: "wrong-chunk", takeover: "challenge" },
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
    ending: { challenge: "wrong-weight", takeover: "challenge" },
  },
  {
    name: "exclude-unfounded",
    summary: "an aggregator leaves a good update out and says so",
    aggregator: excludeUnfounded,
    ending: { takeover: "deadline" },
    waitsFor: ({ round, lies, disputing, participants }) =>
      lies.length > 0 &&
      round.phase === "proposed" &&
      round.proposal!.excluded !== 0n &&
      disputing.size === participants
        ? round.proposal!.challengeDeadlineS
        : undefined,
  },
  {
    name: "never-propose",
    summary: "an aggregator computes the model and withholds it",
    aggregator: neverPropose,
    ending: { takeover: "deadline" },
    waitsFor: ({ round, lies, liars }) =>
      lies.length > 0 && round.phase === "aggregating" && hexEquals(round.assignment!.aggregator, liars.aggregator)
        ? round.assignment!.deadlineS
        : undefined,
  },
  {
    name: "withhold-model",
    summary: "an aggregator proposes a wrong model, gives its bytes to nobody and shows nothing that is demanded",
    aggregator: withholdModel(200, { answers: false }),
    ending: { challenge: "withheld", takeover: "challenge" },
    waitsFor: ({ round }) =>
      round.phase === "proposed" ? round.demands?.find(({ open }) => open)?.deadlineS : undefined,
  },
  {
    name: "withhold-and-show",
    summary: "an aggregator proposes a wrong model, gives its bytes to nobody and shows what is demanded of its tree",
    aggregator: withholdModel(200, { answers: true }),
    ending: { challenge: "wrong-chunk", takeover: "challenge" },
  },
  {
    name: "exceed-clip",
    summary: "a participant commits to an update beyond the task's bound",
    participant: exceedClip(200),
    ending: { leftOut: true },
  },
  {
    name: "include-invalid",
    summary: "an aggregator counts an update beyond the task's bound, in league with its participant",
    participant: exceedClip(200),
    aggregator: includeInvalid,
    ending: { challenge: "invalid-update", takeover: "challenge", leftOut: true },
  },
];
