import { hexEquals } from "../../node/core/hex.ts";
import type { TaskEvent } from "../../node/core/records.ts";
import { type Attack, lyingRound } from "./attack.ts";
import type { FederationRun } from "./run-federation.ts";

type EventOf<Name extends TaskEvent["name"]> = Extract<TaskEvent, { name: Name }>;

/** Everything in which an attack did not end as it must, one sentence each; none when all is well. `attack` is absent for an honest run. */
export function checkEnding(run: FederationRun, attack: Attack | undefined): readonly string[] {
  return [
    ...checkLies(run, attack),
    ...checkChallenges(run, attack),
    ...checkBonds(run, attack),
    ...checkTakeover(run, attack),
    ...checkTask(run),
    ...checkAudit(run),
  ];
}

/** In what the models of two runs differ; none when every round's model is the same, bit for bit. */
export function compareModels(run: FederationRun, honest: FederationRun): readonly string[] {
  const problems: string[] = [];
  for (const { round, result } of run.view.rounds) {
    const other = honest.view.rounds[round - 1]?.result;
    if (result === undefined || other === undefined || !hexEquals(result.modelRoot, other.modelRoot)) {
      problems.push(
        `the model of round ${round} is ${result?.modelRoot ?? "none"}; the honest run's is ${other?.modelRoot ?? "none"}`,
      );
    }
  }
  const [ours, theirs] = [run.audit.finalModelLanes, honest.audit.finalModelLanes];
  if (ours === undefined || theirs === undefined) problems.push("the bytes of a final model could not be had");
  else if (ours.length !== theirs.length || ours.some((lane, i) => lane !== theirs[i])) {
    problems.push("the final models differ in their bytes");
  }
  return problems;
}

function checkLies({ lies, cast }: FederationRun, attack: Attack | undefined): string[] {
  const expected = [
    ...(attack?.participant ? [cast.liars.participant] : []),
    ...(attack?.aggregator ? [cast.liars.aggregator] : []),
  ];
  const told = lies.map(({ who, round }) => `${who}:${round}`).sort();
  const due = expected.map((who) => `${who}:${lyingRound}`).sort();
  return told.join() === due.join()
    ? []
    : [`the lies were ${told.join(", ") || "none"}, not ${due.join(", ") || "none"}`];
}

function checkChallenges({ history, cast, falseAlarms, lies }: FederationRun, attack: Attack | undefined): string[] {
  const problems = falseAlarms.map((alarm) => `a false alarm: ${alarm}`);
  const challenges = all(history, "Challenged");
  const expected = attack?.ending.challenge;
  if (challenges.length !== (expected === undefined ? 0 : 1)) {
    problems.push(`${challenges.length} challenges were won, not ${expected === undefined ? 0 : 1}`);
  }
  for (const { round, kind, aggregator, challenger } of challenges) {
    if (round !== lyingRound || kind !== expected || !hexEquals(aggregator, cast.liars.aggregator)) {
      problems.push(`${aggregator} was struck in round ${round} for ${kind}`);
    }
    if (lies.some(({ who }) => hexEquals(who, challenger))) problems.push("a liar won the challenge");
  }
  return problems;
}

/** The liar's bond is gone where something was proven, half of it to the challenger; nobody else lost anything. */
function checkBonds({ history, cast, bonds, bondWei }: FederationRun, attack: Attack | undefined): string[] {
  const problems: string[] = [];
  const slashes = all(history, "Slashed");
  const isSlashed = attack?.ending.challenge !== undefined;
  if (slashes.length !== (isSlashed ? 1 : 0))
    problems.push(`${slashes.length} bonds were lost, not ${isSlashed ? 1 : 0}`);
  for (const { account, amountWei, rewardWei } of slashes) {
    if (!hexEquals(account, cast.liars.aggregator)) problems.push(`${account} lost its bond and had not lied`);
    if (amountWei !== bondWei) problems.push(`${amountWei} wei were lost of a bond of ${bondWei}`);
    if (rewardWei > amountWei / 2n) problems.push("less than half of the bond was burnt");
  }
  for (const aggregator of cast.aggregators) {
    const isLiar = hexEquals(aggregator, cast.liars.aggregator);
    const { freeWei, lockedWei } = bonds.get(aggregator)!;
    const expected = isSlashed && isLiar ? 0n : bondWei;
    if (freeWei + lockedWei !== expected)
      problems.push(`the bond of ${aggregator} is ${freeWei + lockedWei} wei, not ${expected}`);
    if (lockedWei !== 0n) problems.push(`${lockedWei} wei of ${aggregator} are still locked`);
  }
  // a watcher withdraws its reward at once; a participant that was faster leaves it for its owner
  for (const [account, { creditWei }] of bonds) {
    const rewards = slashes
      .filter(({ challenger }) => hexEquals(challenger, account))
      .map(({ rewardWei }) => rewardWei);
    const rewardWei = rewards.reduce((sum, each) => sum + each, 0n);
    const isOwed = !hexEquals(account, cast.watcher) && creditWei === rewardWei;
    if (creditWei !== 0n && !isOwed)
      problems.push(`${account} has a credit of ${creditWei} wei, of rewards of ${rewardWei}`);
  }
  return problems;
}

/** The round of the lie is finished by another aggregator, over the same updates. */
function checkTakeover({ view, history, cast }: FederationRun, attack: Attack | undefined): string[] {
  const problems: string[] = [];
  const round = view.rounds[lyingRound - 1];
  const proposal = round?.proposal;
  if (round === undefined || proposal === undefined) return [`round ${lyingRound} has no result`];
  const takeovers = all(history, "AggregatorAssigned").filter(({ attempt }) => attempt > 0);
  const expected = attack?.ending.takeover;
  if (takeovers.length !== (expected === undefined ? 0 : 1)) {
    problems.push(`another aggregator took over ${takeovers.length} times, not ${expected === undefined ? 0 : 1}`);
  }
  for (const { round: at, transactionHash } of takeovers) {
    const isStruck = all(history, "Challenged").some((event) => event.transactionHash === transactionHash);
    const why = isStruck ? "challenge" : "deadline";
    if (at !== lyingRound || why !== expected) problems.push(`another aggregator took over round ${at} by ${why}`);
  }
  const isTaken = hexEquals(proposal.aggregator, cast.liars.aggregator);
  if (isTaken === (expected !== undefined))
    problems.push(`the result of round ${lyingRound} is by ${proposal.aggregator}`);
  const left = round.commitments.filter(({ slot }) => ((proposal.excluded >> BigInt(slot)) & 1n) === 1n);
  const due = attack?.ending.leftOut ? [cast.liars.participant] : [];
  if (left.map(({ participant }) => participant.toLowerCase()).join() !== due.join().toLowerCase()) {
    problems.push(`left out: ${left.map(({ participant }) => participant).join(", ") || "nobody"}`);
  }
  return problems;
}

/** All rounds are final by attestation, and everybody trained once a round. */
function checkTask({ view, trainings, cast }: FederationRun): string[] {
  const problems: string[] = [];
  if (!view.complete) problems.push("the task is not complete");
  for (const { round, phase, result } of view.rounds) {
    const attesters = result?.attesters.length ?? 0;
    if (phase !== "finalized") problems.push(`round ${round} is ${phase}`);
    else if (attesters < view.rules.attestationQuorum)
      problems.push(`round ${round} is final with ${attesters} attestations`);
  }
  for (const who of cast.participants) {
    const times = trainings.get(who) ?? 0;
    if (times !== view.rules.rounds) problems.push(`${who} trained ${times} times in ${view.rules.rounds} rounds`);
  }
  return problems;
}

function checkAudit({ audit }: FederationRun): string[] {
  const problems = audit.findings.map(
    ({ code, round, message }) => `the audit finds ${code} in round ${round}: ${message}`,
  );
  if (audit.exitCode !== 0) problems.push(`the audit ends with exit code ${audit.exitCode}`);
  if (!audit.complete || !audit.storageCompared) problems.push("the audit did not see all");
  for (const { round, verdict } of audit.rounds) {
    if (verdict !== "verified") problems.push(`the audit says of round ${round}: ${verdict}`);
  }
  return problems;
}

function all<Name extends TaskEvent["name"]>(history: readonly TaskEvent[], name: Name): readonly EventOf<Name>[] {
  return history.filter((event): event is EventOf<Name> => event.name === name);
}
