import { fromHex, hexEquals } from "../../../node/core/bytes/hex.ts";
import { seedHashOf } from "../../../node/privacy/masking/index.ts";
import { type Attack, roundOfLie } from "../attack.ts";
import { eventsNamed } from "../events-named.ts";
import type { FederationRun } from "../run-federation.ts";
import { checkBonds } from "./check-bonds.ts";

/**
 * Everything in which an attack did not end as it must, one sentence each; none when all is well. `attack` is absent
 * for an honest run.
 */
export function checkEnding(run: FederationRun, attack: Attack | undefined): readonly string[] {
  return [
    ...checkLies(run, attack),
    ...checkProofs(run, attack),
    ...checkBonds(run, attack),
    ...checkRound(run, attack),
    ...checkSecrets(run, attack),
    ...checkTask(run, attack),
    ...checkAudit(run, attack),
  ];
}

function checkLies({ lies, cast: { liars } }: FederationRun, attack: Attack | undefined): string[] {
  const expected = [
    ...(attack?.participant || attack?.endpoint ? [liars.participant] : []),
    ...(attack?.aggregator ? [liars.aggregator] : []),
  ];
  const told = lies.map(({ who, round }) => `${who}:${round}`).sort();
  const due = expected.map((who) => `${who}:${roundOfLie(attack)}`).sort();
  const words = (list: readonly string[]) => list.join(", ") || "none";
  return told.join() === due.join() ? [] : [`the lies were ${words(told)}, not ${words(due)}`];
}

function checkProofs({ history, cast, falseAlarms, lies }: FederationRun, attack: Attack | undefined): string[] {
  const problems = falseAlarms.map((alarm) => `a false alarm: ${alarm}`);
  const { struck, misconduct } = attack?.ending ?? {};
  const strikes = eventsNamed(history, "Struck");
  if (strikes.length !== (struck === undefined ? 0 : 1)) problems.push(`${strikes.length} proposals were struck`);
  for (const { round, kind, aggregator, prover } of strikes) {
    const isDue = round === roundOfLie(attack) && kind === struck && hexEquals(aggregator, cast.liars.aggregator);
    if (!isDue) problems.push(`${aggregator} was struck in round ${round} for ${kind}`);
    if (lies.some(({ who }) => hexEquals(who, prover))) problems.push("a liar made the proof");
  }
  const found = eventsNamed(history, "MemberExpelled").filter(({ account }) =>
    hexEquals(account, cast.liars.participant),
  );
  const isSame = found.every(({ kind, round }) => kind === misconduct && round === roundOfLie(attack));
  const isFriend = cast.liars.friends.some((friend) => hexEquals(friend, cast.liars.participant));
  if (!isFriend && (found.length > 0 !== (misconduct !== undefined) || !isSame)) {
    problems.push(`the participant was expelled for ${found.map(({ kind }) => kind).join() || "nothing"}`);
  }
  return problems;
}

/** The round of the lie is finished by another aggregator over the same updates, or its model is void. */
function checkRound({ view, history, cast }: FederationRun, attack: Attack | undefined): string[] {
  const problems: string[] = [];
  const number = roundOfLie(attack);
  const round = view.rounds.find((one) => one.round === number);
  const { takeover, leftOut, rolledBack } = attack?.ending ?? {};
  const takeovers = eventsNamed(history, "AggregatorAssigned").filter(({ attempt }) => attempt > 0);
  if (takeovers.length !== (takeover === undefined ? 0 : 1)) {
    problems.push(`another aggregator took over ${takeovers.length} times`);
  }
  for (const { round: at, transactionHash } of takeovers) {
    const isStruck = eventsNamed(history, "Struck").some((event) => event.transactionHash === transactionHash);
    const why = isStruck ? "proof" : "deadline";
    if (at !== number || why !== takeover) problems.push(`another aggregator took over round ${at} by ${why}`);
  }
  if (attack === undefined) return problems;
  const proposal = round?.proposal;
  if (round === undefined || proposal === undefined) return [...problems, `round ${number} has no result`];
  if ((round.void ?? false) !== (rolledBack ?? false))
    problems.push(`round ${number} is ${round.void ? "" : "not "}void`);
  const isTaken = hexEquals(proposal.aggregator, cast.liars.aggregator);
  if (attack.aggregator && isTaken === (takeover !== undefined)) {
    problems.push(`the result of round ${number} is by ${proposal.aggregator}`);
  }
  const left = round.commitments.filter(({ slot }) => ((proposal.excluded >> BigInt(slot)) & 1n) === 1n);
  const due = leftOut ? [cast.liars.participant] : [];
  if (left.map(({ participant }) => participant.toLowerCase()).join() !== due.join().toLowerCase()) {
    problems.push(`left out: ${left.map(({ participant }) => participant).join(", ") || "nobody"}`);
  }
  return problems;
}

/** The deceived participant's self seed is not among what the round opened. */
function checkSecrets({ history, cast }: FederationRun, attack: Attack | undefined): string[] {
  if (!attack?.ending.hidden) return [];
  const keys = eventsNamed(history, "Advertised").find(({ participant }) =>
    hexEquals(participant, cast.liars.participant),
  );
  const proposed = eventsNamed(history, "Proposed").at(-1);
  if (keys === undefined || proposed === undefined)
    return ["the participant advertised no keys, or nothing was opened"];
  const openings = fromHex(proposed.openings);
  const pieces = Array.from({ length: openings.length / 32 }, (_, i) => openings.subarray(32 * i, 32 * (i + 1)));
  return pieces.some((piece) => hexEquals(seedHashOf(piece), keys.seedHash))
    ? ["the participant's seed was opened"]
    : [];
}

/**
 * All rounds that count are accepted by a quorum, and everybody trained once a round; who stays away may miss its
 * training.
 */
function checkTask({ view, trainings, cast }: FederationRun, attack: Attack | undefined): string[] {
  const problems: string[] = [];
  if (!view.complete) problems.push("the task is not complete");
  const counted = view.rounds.filter((round) => round.phase === "accepted" && !round.void);
  for (const { round, result } of counted) {
    const attesters = result?.attesters.length ?? 0;
    if (attesters < view.rules.attestationQuorum) problems.push(`round ${round} has ${attesters} attestations`);
  }
  const { participant, friends } = cast.liars;
  for (const who of cast.participants) {
    if (hexEquals(who, participant) || friends.some((friend) => hexEquals(friend, who))) continue;
    const made = counted.filter(({ commitments }) =>
      commitments.some((commitment) => hexEquals(commitment.participant, who)),
    ).length;
    if (made < counted.length) problems.push(`${who} committed in ${made} of ${counted.length} rounds`);
    const times = trainings.get(who) ?? 0;
    if (times < made || times > view.rounds.length) {
      problems.push(`${who} trained ${times} times in ${view.rounds.length} rounds`);
    }
  }
  const invalid = view.rounds.filter(({ phase }) => phase === "invalid");
  if (attack !== undefined && !attack.ending.rolledBack && invalid.length > 0) {
    problems.push(`round ${invalid.map(({ round }) => round).join(" and ")} came to nothing`);
  }
  return problems;
}

function checkAudit({ audit, view }: FederationRun, attack: Attack | undefined): string[] {
  const problems = audit.findings.map(
    ({ code, round, message }) => `the audit finds ${code} in round ${round}: ${message}`,
  );
  if (audit.exitCode !== 0) problems.push(`the audit ends with exit code ${audit.exitCode}`);
  if (!audit.complete || !audit.final || !audit.storageCompared) problems.push("the audit did not see all");
  for (const { round, verdict } of audit.rounds) {
    const { phase, void: isVoid } = view.rounds.find((one) => one.round === round)!;
    const due = isVoid ? "void" : phase === "invalid" ? "invalid" : "verified";
    if (verdict !== due) problems.push(`the audit says of round ${round}: ${verdict}`);
  }
  if (attack === undefined && audit.rounds.some(({ verdict }) => verdict === "void")) problems.push("a round is void");
  return problems;
}
