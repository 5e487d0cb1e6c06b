import { expect } from "chai";
import { AbiCoder, encodeBytes32String, keccak256, solidityPacked, toUtf8Bytes } from "ethers";
import type { Hex } from "../../../../node/core/ids.ts";
import { extendHistory, initialHistoryHead } from "../../../../node/core/record/history-head.ts";
import type { Proposal, RoundInputs } from "../../../../node/core/records.ts";
import { taskRuleFields } from "../../../../node/core/task/enum-codes.ts";
import {
  accessHash,
  accumulatorOf,
  anchorOf,
  attributesHash,
  extendAccumulator,
  extendAnchor,
  proposalHash,
  roundWord,
  rulesHash,
  startValue,
  updateRootOf,
  wordHash,
  zeroBytes32,
} from "../../../../node/core/words/commitment.ts";
import { vectors } from "../../../support/vectors.ts";

// biome-ignore lint/suspicious/noExplicitAny: each case of the files has the fields of its own hash.
type Case = { readonly name: string; readonly expected: Hex } & Record<string, any>;
const encoded = (types: string, ...values: unknown[]): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(types.split(" "), values));
const modes = ["transparent", "masked", "encrypted"];
const rules = ["weighted-mean", "coordinate-median", "trimmed-mean"];
/** Integers that the vectors write in hexadecimal. */
const big = <Fields extends object>(fields: Fields, ...names: (keyof Fields)[]): Fields =>
  ({ ...fields, ...Object.fromEntries(names.map((name) => [name, BigInt(fields[name] as string)])) }) as Fields;

const proposalTypes = "uint8 address bytes32 bytes32 uint64 uint64";
const proposalValues = (p: Case["proposal"]) => [
  p.attempt,
  p.aggregator,
  p.modelRoot,
  p.contentId,
  p.totalWeight,
  p.excluded,
];
const proposalIn = (c: Case): Proposal => big(c.proposal, "totalWeight", "excluded");
const inputsIn = (c: Case): RoundInputs => big(c.inputs, "committed", "keyed", "totalWeight");

function rulesByEthers({ rules: of }: Case): string {
  const values = taskRuleFields.map((name) =>
    name === "mode" ? modes.indexOf(of.mode) : name === "rule" ? rules.indexOf(of.rule) : of[name],
  );
  const types = `${"uint8 ".repeat(4)}${"uint32 ".repeat(4)}${"uint16 ".repeat(5)}uint8 uint8 uint16${" uint24".repeat(5)}${" uint48".repeat(2)} uint16 bool`;
  return encoded(types, ...values);
}

function accessByEthers({ access: { organisations, regions, clearance } }: Case): string {
  const words = (texts: string[]) => texts.map(encodeBytes32String);
  return encoded("(bytes32[],bytes32[],uint8)", [words(organisations), words(regions), clearance]);
}

function wordByEthers(c: Case): string {
  const { taskId, round, drawn, committed, keyed, totalWeight, acceptedBefore } = c.inputs;
  const { baseModelRoot, anchor, accumulator, openingsHash } = c.inputs;
  // the types of RoundInputs
  const types =
    "(uint32,uint32,uint8,uint64,uint64,uint64,uint16,bytes32,bytes32,bytes32,bytes32) bytes32 bytes32".split(" ");
  const numbers = [taskId, round, drawn, committed, keyed, totalWeight, acceptedBefore];
  const inputs = [...numbers, baseModelRoot, anchor, accumulator, openingsHash];
  const attesters = keccak256(solidityPacked(["address[]"], [c.attesters]));
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [inputs, c.proposalHash, attesters]));
}

function proposalByEthers(c: Case): string {
  const types = `uint32 uint32 bytes32 bytes32 ${proposalTypes}`;
  return encoded(types, c.taskId, c.round, c.accumulator, keccak256(c.openings), ...proposalValues(c.proposal));
}

const proposalByUs = (c: Case) => proposalHash(c.taskId, c.round, c.accumulator, c.openings, proposalIn(c));
const wordByUs = (c: Case) => wordHash(inputsIn(c), c.proposalHash, c.attesters);
const keyTypes = "bytes32 uint256 address uint8 bytes32 bytes32 bytes32 bytes32";
const commitmentTypes = "bytes32 address uint8 uint32 bytes32 bytes32";

/** Each hash twice: as the node computes it, and by ethers' encoder from the words of contracts/interfaces. */
const hashes: Record<string, [ours: (c: Case) => Hex, theirs: (c: Case) => string]> = {
  "rulesHash transparent": [(c) => rulesHash(c.rules), rulesByEthers],
  "rulesHash masked": [(c) => rulesHash(c.rules), rulesByEthers],
  accessHash: [(c) => accessHash(c.access), accessByEthers],
  "accessHash of any": [(c) => accessHash(c.access), accessByEthers],
  attributesHash: [
    (c) => attributesHash(c.attributes),
    ({ attributes: { organisation, region, clearance } }) =>
      encoded("bytes32 bytes32 uint8", encodeBytes32String(organisation), encodeBytes32String(region), clearance),
  ],
  updateRootOf: [
    (c) => updateRootOf(c.participant, c.root),
    (c) => keccak256(solidityPacked(["uint8", "address", "bytes32"], [3, c.participant, c.root])),
  ],
  startValue: [
    (c) => startValue(big(c, "seed") as never),
    (c) =>
      encoded(
        "uint256 address uint32 uint32 bytes32 bytes32 uint256 uint256 uint256",
        ...[c.chainId, c.federation, c.taskId, c.round, c.historyHead, c.baseModelRoot, c.seed, c.enrolled, c.drawn],
      ),
  ],
  extendAnchor: [
    (c) => extendAnchor(c.anchor, c as never),
    (c) => encoded(keyTypes, c.anchor, 1, c.participant, c.slot, c.maskKey, c.seedHash, c.sharesId, c.shareKey),
  ],
  extendAccumulator: [
    (c) => extendAccumulator(c.accumulator, c as never),
    (c) => encoded(commitmentTypes, c.accumulator, c.participant, c.slot, c.weight, c.updateRoot, c.contentId),
  ],
  proposalHash: [proposalByUs, proposalByEthers],
  "proposalHash without openings": [proposalByUs, proposalByEthers],
  wordHash: [wordByUs, wordByEthers],
  "wordHash of nobody": [wordByUs, wordByEthers],
  roundWord: [
    (c) => roundWord(c.wordHash, c.acceptedAtS),
    // 27 bytes of the hash, 5 of the time
    (c) => `${c.wordHash.slice(0, 2 + 54)}${c.acceptedAtS.toString(16).padStart(10, "0")}`,
  ],
};

describe("commitments and words", () => {
  const cases = vectors<Case>("commitment");
  const caseOf = (name: string): Case => cases.find((one) => one.name === name)!;

  it("every hash has a vector", () => {
    expect(cases.map(({ name }) => name)).to.have.members(Object.keys(hashes));
  });

  for (const [name, [ours, theirs]] of Object.entries(hashes)) {
    it(`vector: ${name}, here and by ethers`, () => {
      const one = caseOf(name);
      expect(ours(one)).to.equal(one.expected);
      expect(theirs(one)).to.equal(one.expected);
    });
  }

  it("an address counts by its bytes, not by its letters' case", () => {
    const one = caseOf("extendAccumulator");
    const upper = `0x${one.participant.slice(2).toUpperCase()}`;
    expect(extendAccumulator(one.accumulator, { ...one, participant: upper } as never)).to.equal(one.expected);
  });

  it("the order of commitments and of keys counts", () => {
    const one = caseOf("extendAccumulator") as never;
    const other = { ...(one as object), slot: 1, participant: `0x${"11".repeat(20)}` } as never;
    expect(accumulatorOf(zeroBytes32, [one, other])).not.to.equal(accumulatorOf(zeroBytes32, [other, one]));
    const keys = caseOf("extendAnchor") as never;
    const others = { ...(keys as object), slot: 1 } as never;
    expect(anchorOf(zeroBytes32, [keys, others])).not.to.equal(anchorOf(zeroBytes32, [others, keys]));
  });
});

const kinds = [
  "too-few-updates no-proposal not-attested proven-wrong rolled-back no-aggregator no-draw".split(" "),
  "wrong-chunk wrong-weight invalid-update false-opening equivocation".split(" "),
] as const;
const reasonOf = (name: string) => 1 + kinds[0].indexOf(name);
const proofOf = (name: string) => kinds[1].indexOf(name);

/**
 * Types and fields of each entry, as contracts/interfaces/ITasks.sol has them, behind the head and the number of the
 * entry.
 */
const entryFields: Record<string, (e: Case["entry"]) => [number: number, types: string, ...values: unknown[]]> = {
  enrolled: (e) => [1, "address bytes32 bytes32", e.account, e.statement, e.attributesHash],
  joined: (e) => [2, "address bytes32", e.account, e.attributesHash],
  leaving: (e) => [3, "address", e.account],
  freed: (e) => [4, "uint256", e.places],
  resumed: (e) => [5, "address", e.account],
  recorded: (e) => [6, "address uint8 bytes32", e.account, e.entryKind, e.hash],
  accepted: (e) => [7, "uint32 bytes32", e.round, e.wordHash],
  invalid: (e) => {
    const types = "uint32 uint8 bytes32 bytes32 bytes32";
    return [8, types, e.round, reasonOf(e.reason), e.anchor, e.accumulator, e.standing];
  },
  reassigned: (e) => {
    const types = "uint32 uint256 address uint8 bytes32";
    return [9, types, e.round, e.attempt, e.aggregator, reasonOf(e.reason), e.standing];
  },
  struck: (e) => {
    const types = "uint32 uint8 uint32 address uint32 uint32 bytes32 address";
    const voids = [e.firstVoid, e.lastVoid];
    return [10, types, e.round, proofOf(e.proof), e.index, e.prover, ...voids, e.proposalHash, e.offender];
  },
  expelled: (e) => [11, "uint32 address uint8 address", e.round, e.account, proofOf(e.proof), e.prover],
  "share-key": (e) => [12, "address bytes32", e.account, e.shareKeyHash],
};

describe("the history head", () => {
  const cases = vectors<Case>("history");
  const rulesHashOf = (c: Case) => rulesByEthers(c);

  it("every kind of entry has a vector", () => {
    const named = cases.flatMap(({ entry }) => (entry === undefined ? [] : [entry.kind]));
    expect(new Set(named)).to.deep.equal(new Set(Object.keys(entryFields)));
  });

  for (const one of cases) {
    it(`vector: ${one.name}, here and by ethers`, () => {
      if (one.entry === undefined) {
        expect(initialHistoryHead(one as never)).to.equal(one.expected);
        const spec = keccak256(toUtf8Bytes(one.spec));
        const [rulesOf, accessOf] = [rulesHashOf(one), accessByEthers(one)];
        const types = "uint256 address uint32 bytes32 bytes32 bytes32 bytes32";
        const values = [one.chainId, one.federation, one.taskId, rulesOf, one.modelRoot, spec, accessOf];
        expect(encoded(types, ...values)).to.equal(one.expected);
        return;
      }
      expect(extendHistory(one.head, one.entry)).to.equal(one.expected);
      const [number, types, ...values] = entryFields[one.entry.kind]!(one.entry);
      expect(encoded(`bytes32 uint256 ${types}`, one.head, number, ...values)).to.equal(one.expected);
    });
  }
});
