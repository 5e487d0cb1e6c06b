import { expect } from "chai";
import { AbiCoder, encodeBytes32String, keccak256, toUtf8Bytes } from "ethers";
import {
  accessHash,
  extendAccumulator,
  extendHistory,
  initialHistoryHead,
  proposalHash,
  rulesHash,
  startAccumulator,
  zeroBytes32,
} from "../../../node/core/commitment.ts";
import type { Hex } from "../../../node/core/ids.ts";
import { vectors } from "../../support/vectors.ts";

// biome-ignore lint/suspicious/noExplicitAny: each case of the file has the fields of its own hash.
type Case = { readonly name: string; readonly expected: Hex } & Record<string, any>;
const cases = vectors<Case>("commitment");
const caseOf = (name: string): Case => cases.find((one) => one.name === name)!;
const encoded = (types: string, ...values: unknown[]): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(types.split(" "), values));
const modes = ["transparent", "masked", "encrypted"];
const rules = ["weighted-mean", "coordinate-median", "trimmed-mean"];

/** Each hash twice: as the node computes it, and by ethers' encoder from the words of docs/protocol.md section 5. */
const hashes: Record<string, [ours: (c: Case) => Hex, theirs: (c: Case) => string]> = {
  rulesHash: [
    (c) => rulesHash(c.rules),
    (c) => {
      const names = (
        "fractionBits attempts parameterCount clipLanes maxWeight serverRateQ16 rounds minUpdates maxUpdates participationBps " +
        "roundsPerParticipant trim thresholdPercent attestationQuorum holders pipelined commitWindowS aggregateWindowS challengeWindowS " +
        "aggregatorBondGwei participantBondGwei neighbours keyWindowS"
      ).split(" ");
      const types = `${"uint8 ".repeat(4)}${"uint32 ".repeat(4)}${"uint16 ".repeat(5)}uint8 uint8 uint16 uint8 bool${" uint32".repeat(3)}${" uint48".repeat(2)} uint8 uint24`;
      const rest = names.map((name) => c.rules[name]);
      return encoded(types, modes.indexOf(c.rules.mode), rules.indexOf(c.rules.rule), ...rest);
    },
  ],
  initialHistoryHead: [
    (c) => initialHistoryHead(c as never),
    (c) => {
      const spec = keccak256(toUtf8Bytes(c.spec));
      const types = "uint256 address uint32 bytes32 bytes32 bytes32";
      return encoded(types, c.chainId, c.federation, c.taskId, caseOf("rulesHash").expected, c.modelRoot, spec);
    },
  ],
  "initialHistoryHead restricted": [
    (c) => initialHistoryHead(c as never),
    (c) => encoded("bytes32 bytes32", caseOf("initialHistoryHead").expected, accessByEthers(c)),
  ],
  accessHash: [(c) => accessHash(c.access), accessByEthers],
  "accessHash of any": [(c) => accessHash(c.access), accessByEthers],
  startAccumulator: [
    (c) => startAccumulator({ ...c, seed: BigInt(c.seed) } as never),
    (c) => {
      const types = "uint256 address uint32 uint32 bytes32 uint72 uint32 uint8";
      return encoded(types, c.chainId, c.federation, c.taskId, c.round, c.baseModelRoot, c.seed, c.enrolled, c.drawn);
    },
  ],
  extendAccumulator: [
    (c) => extendAccumulator(c.accumulator, c as never),
    (c) => {
      const types = "bytes32 address uint8 uint32 bytes32 bytes32";
      return encoded(types, c.accumulator, c.participant, c.slot, c.weight, c.updateRoot, c.contentId);
    },
  ],
  "extendAccumulator by keys": [
    (c) => extendAccumulator(c.accumulator, c as never),
    (c) => {
      const types = "bytes32 uint256 address uint8 bytes32 bytes32 bytes32";
      return encoded(types, c.accumulator, 1, c.participant, c.slot, c.maskKey, c.seedHash, c.sharesId);
    },
  ],
  proposalHash: [
    (c) =>
      proposalHash(c.taskId, c.round, {
        ...c,
        totalWeight: BigInt(c.totalWeight),
        excluded: BigInt(c.excluded),
      } as never),
    (c) => {
      const types = "uint32 uint32 uint8 address bytes32 bytes32 uint64 uint64";
      const { taskId, round, attempt, aggregator, modelRoot, contentId, totalWeight, excluded } = c;
      return encoded(types, taskId, round, attempt, aggregator, modelRoot, contentId, totalWeight, excluded);
    },
  ],
  "extendHistory finalized": [(c) => extendHistory(c.head, c as never), (c) => historyOf(c, 4, 0)],
  "extendHistory invalidated": [(c) => extendHistory(c.head, c as never), (c) => historyOf(c, 5, 2)],
};

function accessByEthers({ access: { organisations, regions, clearance } }: Case): string {
  const words = (texts: string[]) => texts.map(encodeBytes32String);
  const type = "(bytes32[],bytes32[],uint8)";
  return encoded(type, [words(organisations), words(regions), clearance]);
}

function historyOf(c: Case, phase: number, reason: number): string {
  const types = "bytes32 uint32 uint8 bytes32 bytes32 bytes32 uint8";
  return encoded(types, c.head, c.round, phase, c.baseModelRoot, c.accumulator, c.proposalHash, reason);
}

describe("commitments and history", () => {
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

  it("the order of commitments counts", () => {
    const one = caseOf("extendAccumulator") as never;
    const other = { ...(one as object), slot: 1, participant: `0x${"11".repeat(20)}` } as never;
    const both = (first: never, second: never): Hex => extendAccumulator(extendAccumulator(zeroBytes32, first), second);
    expect(both(one, other)).not.to.equal(both(other, one));
  });
});
