import { foldTask } from "../../../node/core/record/fold-task.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import { holdingsWei } from "../model/model-bonds.ts";
import { stuckAfterSilence } from "./drain.ts";
import type { SimulatedFederation } from "./federation.ts";
import { type JudgedProposal, judgeProposals } from "./judge-proposals.ts";
import { liesOf } from "./scenario.ts";

/** Everything that is not as it must be after a run, in words; empty when all is well. */
export async function brokenProperties(federation: SimulatedFederation, ended: boolean): Promise<string[]> {
  const { chain } = federation;
  const view = foldTask(chain.events());
  const judged = await judgeProposals(federation, view);
  return [
    ...unended(federation, view, ended),
    ...unfolded(federation, view),
    ...secondAnswers(federation),
    ...wrongModels(federation, view, judged),
    ...wrongStrikes(federation, judged),
    ...wrongLosses(federation, judged),
    ...stuckAfterSilence(chain.storage(), chain.head),
  ];
}

function unended({ chain, nodes }: SimulatedFederation, view: TaskView, ended: boolean): string[] {
  const broken: string[] = [];
  if (!ended) {
    const waiting = nodes.filter(({ outcome, gone }) => outcome === undefined && gone === undefined);
    const last = view.rounds.at(-1);
    const where = `round ${last?.round}, ${view.accepted} of ${view.rules.rounds}, is ${last?.phase}`;
    broken.push(`nodes ${waiting.map(({ number }) => number)} had not ended; ${where}`);
  } else if (!view.complete) {
    broken.push("the nodes ended, but the task is not complete");
  }
  for (const { number, outcome, gone } of nodes) {
    if (gone !== undefined || outcome === undefined || outcome.kind === "final") continue;
    const { account } = nodes[number]!;
    const isExpelled = outcome.kind === "left" && view.expelled?.some((one) => one.account === account);
    const didNothing = chain.events().every((event) => event.name !== "Committed" || event.participant !== account);
    const cameTooLate = outcome.kind === "too-late" && didNothing;
    if (!isExpelled && !cameTooLate) broken.push(`node ${number} ${outcome.kind}`);
  }
  return broken;
}

function unfolded({ chain, taskId }: SimulatedFederation, view: TaskView): string[] {
  const stored = chain.storage().tasks[taskId - 1]!;
  const broken: string[] = [];
  if (stored.modelRoot !== view.modelRoot) broken.push("the folded model root is not the stored one");
  if (stored.historyHead !== view.historyHead) broken.push("the folded history is not the stored one");
  if (stored.accepted !== view.accepted) broken.push(`${view.accepted} folded, ${stored.accepted} stored rounds`);
  return broken;
}

/**
 * Accounts that sent or signed two different commitments over one anchor: honest ones must not, whatever was
 * reorganised.
 */
function secondAnswers(federation: SimulatedFederation): string[] {
  const { chain } = federation;
  const answers = new Map<string, string>();
  const broken: string[] = [];
  const signed = chain.signatures.flatMap(({ signer, record }) =>
    record.type === "commitment" ? [{ sender: signer, call: record }] : [],
  );
  for (const { sender, call } of [...chain.commits, ...signed]) {
    if (liarsOf(federation).has(sender)) continue;
    const key = `${sender} in round ${call.round} over ${call.anchor}`;
    const answer = `${call.updateRoot} ${call.contentId} ${call.weight}`;
    if ((answers.get(key) ?? answer) !== answer) broken.push(`two commitments by ${key}`);
    answers.set(key, answer);
  }
  return broken;
}

/** Rounds that count though their model is not what the chain and the blobs give. */
function wrongModels({ scenario }: SimulatedFederation, view: TaskView, judged: readonly JudgedProposal[]): string[] {
  const broken: string[] = [];
  let base = view.initialModelRoot;
  for (const round of view.rounds) {
    if (round.phase !== "accepted" || round.void) continue;
    if (round.baseModelRoot !== base) broken.push(`round ${round.round} starts from another model`);
    base = round.result!.modelRoot;
    const proposal = judged.find((one) => one.round === round.round && one.attesters !== undefined);
    if (proposal === undefined) broken.push(`round ${round.round} was accepted without a proposal`);
    else if (proposal.wrong.length > 0) broken.push(`round ${round.round} counts, though ${proposal.wrong}`);
    else if (!proposal.isJudged && !scenario.hidden) broken.push(`nobody has the inputs of round ${round.round}`);
  }
  return broken;
}

/** Right proposals that were struck. */
function wrongStrikes({ chain }: SimulatedFederation, judged: readonly JudgedProposal[]): string[] {
  return chain.events().flatMap((event) => {
    if (event.name !== "Struck") return [];
    // who is struck proposes no more
    const struck = judged.findLast(({ round, aggregator }) => round === event.round && aggregator === event.aggregator);
    const isRight = struck?.isJudged === true && struck.wrong.length === 0;
    return isRight ? [`the right proposal of round ${event.round} was struck for ${event.kind}`] : [];
  });
}

/** Who of the accounts does not play fair. */
function liarsOf({ nodes, scenario }: SimulatedFederation): ReadonlySet<string> {
  const lies = liesOf(scenario);
  return new Set(nodes.filter(({ number }) => lies.has(number)).map(({ account }) => account));
}

/** Honest accounts that lost something, and liars that lost nothing by a wrong model, or gained. */
function wrongLosses(federation: SimulatedFederation, judged: readonly JudgedProposal[]): string[] {
  const { chain, nodes, taskId } = federation;
  const storage = chain.storage();
  const { enrolments } = storage.tasks[taskId - 1]!;
  const liars = liarsOf(federation);
  const broken: string[] = [];
  let liarsGainWei = 0n;
  for (const { account, number } of nodes) {
    const gainWei = holdingsWei(storage, account) - (storage.paid.get(account) ?? 0n);
    if (liars.has(account)) liarsGainWei += gainWei;
    else if (enrolments.get(account)?.expelled) broken.push(`node ${number} is honest and was expelled`);
    else if (gainWei < 0n) broken.push(`node ${number} is honest and lost ${-gainWei} wei`);
  }
  if (liarsGainWei > 0n) broken.push(`the liars gained ${liarsGainWei} wei`);
  for (const { round, wrong, attesters, aggregator } of judged) {
    if (wrong.length === 0 || attesters === undefined) continue;
    for (const signer of [aggregator, ...attesters]) {
      if (!liars.has(signer)) broken.push(`${signer} is honest and signed the wrong model of round ${round}`);
      const { bonded, expelled } = enrolments.get(signer)!;
      if (bonded || !expelled) broken.push(`${signer} signed the wrong model of round ${round} and kept its place`);
    }
  }
  return broken;
}
