import { hexEquals } from "../../node/core/hex.ts";
import { type Attack, lyingRound } from "./attack.ts";
import { checkBonds } from "./check-bonds.ts";
import { eventsNamed } from "./events-named.ts";
import type { FederationRun } from "./run-federation.ts";

/** Everything in which an attack did not end as it must, one sentence each; none when all is well. `attack` is absent for an honest run. */
export function checkEnding(run: FederationRun, attack: Attack | undefined): readonly string[] {
  return [
    ...checkLies(run, attack),
    ...checkChallenges(run, attack),
    ...checkMisconduct(run, attack),
    ...checkBonds(run, attack),
    ...checkTakeover(run, attack),
    ...checkTask(run, attack),
    ...checkAudit(run),
  ];
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
  const challenges = eventsNamed(history, "Challenged");
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

function checkMisconduct({ history, cast, lies }: FederationRun, attack: Attack | undefined): string[] {
  const problems: string[] = [];
  const found = eventsNamed(history, "Misconduct");
  const expected = attack?.ending.misconduct;
  if (found.length !== (expected === undefined ? 0 : 1)) {
    problems.push(`${found.length} participants were expelled, not ${expected === undefined ? 0 : 1}`);
  }
  for (const { round, kind, participant, reporter } of found) {
    if (round !== lyingRound || kind !== expected || !hexEquals(participant, cast.liars.participant)) {
      problems.push(`${participant} was expelled for ${kind} in round ${round}`);
    }
    if (lies.some(({ who }) => hexEquals(who, reporter))) problems.push("a liar made the report");
  }
  return problems;
}

/** The round of the lie is finished by another aggregator, over the same updates. */
function checkTakeover({ view, history, cast }: FederationRun, attack: Attack | undefined): string[] {
  const problems: string[] = [];
  const round = view.rounds[lyingRound - 1];
  const proposal = round?.proposal;
  if (round === undefined || proposal === undefined) return [`round ${lyingRound} has no result`];
  const takeovers = eventsNamed(history, "AggregatorAssigned").filter(({ attempt }) => attempt > 0);
  const expected = attack?.ending.takeover;
  if (takeovers.length !== (expected === undefined ? 0 : 1)) {
    problems.push(`another aggregator took over ${takeovers.length} times, not ${expected === undefined ? 0 : 1}`);
  }
  for (const { round: at, transactionHash } of takeovers) {
    const strikes = eventsNamed(history, "Challenged");
    const why = strikes.some((event) => event.transactionHash === transactionHash) ? "challenge" : "deadline";
    if (at !== lyingRound || why !== expected) problems.push(`another aggregator took over round ${at} by ${why}`);
  }
  const isTaken = hexEquals(proposal.aggregator, cast.liars.aggregator);
  if (isTaken === (expected !== undefined)) {
    problems.push(`the result of round ${lyingRound} is by ${proposal.aggregator}`);
  }
  const left = round.commitments.filter(({ slot }) => ((proposal.excluded >> BigInt(slot)) & 1n) === 1n);
  const due = attack?.ending.leftOut ? [cast.liars.participant] : [];
  if (left.map(({ participant }) => participant.toLowerCase()).join() !== due.join().toLowerCase()) {
    problems.push(`left out: ${left.map(({ participant }) => participant).join(", ") || "nobody"}`);
  }
  return problems;
}

/** All rounds are final by attestation, and everybody trained once a round; who takes no part in a round may miss its training. */
function checkTask({ view, trainings, cast, lost }: FederationRun, attack: Attack | undefined): string[] {
  const problems: string[] = [];
  if (!view.complete) problems.push("the task is not complete");
  for (const { round, phase, result, invalidReason } of view.rounds) {
    if (round === lost) {
      const due = attack === undefined ? "too-few-updates" : "ancestor-invalid";
      if (invalidReason !== due) problems.push(`round ${round} is ${phase} (${invalidReason ?? "with a result"})`);
      continue;
    }
    const attesters = result?.attesters.length ?? 0;
    if (phase !== "finalized") problems.push(`round ${round} is ${phase}`);
    else if (attesters < view.rules.attestationQuorum) {
      problems.push(`round ${round} is final with ${attesters} attestations`);
    }
  }
  for (const who of cast.participants) {
    const times = trainings.get(who) ?? 0;
    const counted = view.rounds.filter(({ round }) => round !== lost);
    const made = counted.filter(({ commitments }) =>
      commitments.some(({ participant }) => hexEquals(participant, who)),
    ).length;
    if (times < made || times > view.rules.rounds) {
      problems.push(`${who} trained ${times} times in ${view.rules.rounds} rounds`);
    }
    if (made < counted.length && !hexEquals(who, cast.liars.participant)) {
      problems.push(`${who} committed in ${made} of ${counted.length} rounds`);
    }
  }
  return problems;
}

function checkAudit({ audit, lost }: FederationRun): string[] {
  const problems = audit.findings.map(
    ({ code, round, message }) => `the audit finds ${code} in round ${round}: ${message}`,
  );
  if (audit.exitCode !== 0) problems.push(`the audit ends with exit code ${audit.exitCode}`);
  if (!audit.complete || !audit.storageCompared) problems.push("the audit did not see all");
  for (const { round, verdict } of audit.rounds) {
    if (verdict !== (round === lost ? "invalidated" : "verified"))
      problems.push(`the audit says of round ${round}: ${verdict}`);
  }
  return problems;
}
