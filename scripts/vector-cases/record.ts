import type { Address, Hex } from "../../node/core/ids.ts";
import { extendHistory, type HistoryEntry, initialHistoryHead } from "../../node/core/record/history-head.ts";
import type { Proposal, RoundInputs } from "../../node/core/records.ts";
import {
  accessHash,
  attributesHash,
  extendAccumulator,
  extendAnchor,
  hashBytes,
  proposalHash,
  roundWord,
  rulesHash,
  startValue,
  updateRootOf,
  wordHash,
  zeroBytes32,
} from "../../node/core/words/commitment.ts";
import { maskedRules, transparentRules } from "./rules.ts";
import { account, hash, uintHex } from "./words.ts";

const anybody = { organisations: [], regions: [], clearance: 0 };
const access = { organisations: ["Klinik A", "Hôpital B"], regions: ["EU"], clearance: 3 };
const nothing = { anchor: zeroBytes32, accumulator: zeroBytes32, standing: zeroBytes32 };
const zeroAddress = `0x${"0".repeat(40)}` as Address;
const deployment = { chainId: 31337, federation: account("federation") };

/** The vectors' form of a record: integers that may pass 2^53 in hexadecimal. */
const plain = (record: object) =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, typeof value === "bigint" ? uintHex(value) : value]),
  );

/** The hashes of one round's record, each from the one before. */
export function commitmentCases(): unknown[] {
  const opening = {
    ...deployment,
    taskId: 1,
    round: 1,
    historyHead: hash("head"),
    baseModelRoot: hash("model 0"),
    seed: (1n << 64n) - 12_345n,
    enrolled: 7,
    drawn: 5,
  };
  const start = startValue(opening);
  const keys = { maskKey: hash("k"), seedHash: hash("s"), sharesId: hash("b"), shareKey: hash("x") };
  const advertisement = { participant: account("p"), slot: 4, ...keys };
  const anchor = extendAnchor(start, advertisement);
  const commitment = { participant: account("p"), slot: 4, weight: 321, updateRoot: hash("u"), contentId: hash("c") };
  const accumulator = extendAccumulator(anchor, commitment);
  const proposal: Proposal = {
    attempt: 1,
    aggregator: account("a"),
    modelRoot: hash("model 1"),
    contentId: hash("content 1"),
    totalWeight: 4_321n,
    excluded: (1n << 63n) | 1n,
  };
  const openings: Hex = `0x${hash("opening 0").slice(2)}${hash("opening 1").slice(2)}`;
  const proposed = proposalHash(1, 1, accumulator, openings, proposal);
  const inputs: RoundInputs = {
    taskId: 1,
    round: 1,
    drawn: 5,
    committed: (1n << 63n) | 21n,
    keyed: (1n << 63n) | 31n,
    totalWeight: 4_321n,
    acceptedBefore: 3,
    baseModelRoot: hash("model 0"),
    anchor,
    accumulator,
    openingsHash: hashBytes(openings),
  };
  const attesters = [account("p"), account("q")];
  const word = wordHash(inputs, proposed, attesters);
  const participant = account("p");
  const said = { organisation: "Klinik A", region: "EU", clearance: 3 };
  return [
    ...[transparentRules, maskedRules].map((rules) => ({
      name: `rulesHash ${rules.mode}`,
      rules,
      expected: rulesHash(rules),
    })),
    { name: "accessHash", access, expected: accessHash(access) },
    { name: "accessHash of any", access: anybody, expected: accessHash(anybody) },
    { name: "attributesHash", attributes: said, expected: attributesHash(said) },
    {
      name: "updateRootOf",
      participant,
      root: hash("update tree"),
      expected: updateRootOf(participant, hash("update tree")),
    },
    { name: "startValue", ...plain(opening), expected: start },
    { name: "extendAnchor", anchor: start, ...advertisement, expected: anchor },
    { name: "extendAccumulator", accumulator: anchor, ...commitment, expected: accumulator },
    { name: "proposalHash", taskId: 1, round: 1, accumulator, openings, proposal: plain(proposal), expected: proposed },
    {
      name: "proposalHash without openings",
      taskId: 1,
      round: 1,
      accumulator,
      openings: "0x",
      proposal: plain(proposal),
      expected: proposalHash(1, 1, accumulator, "0x", proposal),
    },
    { name: "wordHash", inputs: plain(inputs), proposalHash: proposed, attesters, expected: word },
    {
      name: "wordHash of nobody",
      inputs: plain(inputs),
      proposalHash: proposed,
      attesters: [],
      expected: wordHash(inputs, proposed, []),
    },
    { name: "roundWord", wordHash: word, acceptedAtS: 1_800_000_000, expected: roundWord(word, 1_800_000_000) },
  ];
}

/** The head of a task's history: of its creation, and behind one entry of each kind in turn. */
export function historyCases(): unknown[] {
  const task = {
    ...deployment,
    taskId: 1,
    rules: maskedRules,
    modelRoot: hash("model 0"),
    spec: '{"format":"fedledger/task/1"}',
  };
  const who = account("p");
  const entries: readonly HistoryEntry[] = [
    { kind: "enrolled", account: who, statement: hash("statement"), attributesHash: hash("attributes") },
    { kind: "joined", account: account("a"), attributesHash: hash("attributes") },
    { kind: "leaving", account: who },
    { kind: "freed", places: 32 },
    { kind: "resumed", account: account("a") },
    { kind: "recorded", account: account("admin"), entryKind: 2, hash: hash("incident") },
    { kind: "accepted", round: 1, wordHash: hash("word") },
    {
      kind: "invalid",
      round: 2,
      reason: "not-attested",
      anchor: hash("anchor"),
      accumulator: hash("accumulator"),
      standing: hash("proposal"),
    },
    { kind: "invalid", round: 3, reason: "no-draw", ...nothing },
    {
      kind: "reassigned",
      round: 4,
      attempt: 1,
      aggregator: account("a"),
      reason: "proven-wrong",
      standing: hash("proposal"),
    },
    {
      kind: "reassigned",
      round: 4,
      attempt: 2,
      aggregator: account("b"),
      reason: "no-proposal",
      standing: zeroBytes32,
    },
    {
      kind: "struck",
      round: 5,
      proof: "wrong-chunk",
      index: 3_112,
      prover: account("prover"),
      firstVoid: 5,
      lastVoid: 9,
      proposalHash: hash("proposal"),
      offender: zeroAddress,
    },
    {
      kind: "struck",
      round: 9,
      proof: "invalid-update",
      index: 1,
      prover: account("prover"),
      firstVoid: 0,
      lastVoid: 0,
      proposalHash: hash("proposal"),
      offender: who,
    },
    { kind: "expelled", round: 5, account: who, proof: "equivocation", prover: account("prover") },
    { kind: "share-key", account: who, shareKeyHash: hash("share key") },
  ];
  let head = initialHistoryHead({ ...task, access });
  const cases: unknown[] = [
    { name: "initialHistoryHead", ...task, access, expected: head },
    {
      name: "initialHistoryHead for anybody",
      ...task,
      access: anybody,
      expected: initialHistoryHead({ ...task, access: anybody }),
    },
  ];
  for (const [at, entry] of entries.entries()) {
    const expected = extendHistory(head, entry);
    cases.push({ name: `entry ${at}: ${entry.kind}`, head, entry, expected });
    head = expected;
  }
  return cases;
}
