import { expect } from "chai";
import { AbiCoder, concat, keccak256 } from "ethers";
import { caseHash, challengeReservation, demandId, updateRootOf } from "../../../node/core/commitment.ts";
import type { Hex } from "../../../node/core/ids.ts";
import { vectors } from "../../support/vectors.ts";

// biome-ignore lint/suspicious/noExplicitAny: each case of the file has the fields of its own hash.
type Case = { readonly name: string; readonly expected: Hex } & Record<string, any>;
const encoded = (types: string, ...values: unknown[]): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(types.split(" "), values));

/** Each hash twice: as the node computes it, and by ethers from the words of docs/protocol.md sections 5, 10 and 11. */
const hashes: Record<string, [ours: (c: Case) => Hex, theirs: (c: Case) => string]> = {
  updateRootOf: [
    ({ participant, root }) => updateRootOf(participant, root),
    ({ participant, root }) => keccak256(concat(["0x03", participant, root])),
  ],
  demandId: [
    ({ demand }) => demandId(demand),
    ({ demand: d }) => {
      const kind = ["update-chunk", "model-nodes"].indexOf(d.kind);
      const types = "uint32 uint32 bytes32 uint8 uint8 uint32 bytes32";
      return encoded(types, d.taskId, d.round, d.proposalHash, kind, d.place, d.index, d.root);
    },
  ],
  "caseHash of a challenge": [
    (c) => caseHash(c as never),
    (c) => encoded("uint32 uint32 bytes32 uint256 uint256", c.taskId, c.round, c.proposalHash, 0, c.index),
  ],
  "caseHash of a report": [
    (c) => caseHash(c as never),
    (c) => encoded("uint32 uint32 address uint256 uint256", c.taskId, c.round, c.participant, 128 + 2, 0),
  ],
  challengeReservation: [
    (c) => challengeReservation(c.account, c.salt, c.of),
    (c) => encoded("address bytes32 bytes32", c.account, c.salt, c.of),
  ],
};

describe("hashes of the court", () => {
  for (const one of vectors<Case>("court")) {
    it(`vector: ${one.name}, here and by ethers`, () => {
      const [ours, theirs] = hashes[one.name] ?? hashes[one.name.split(" ")[0]!]!;
      expect(ours(one)).to.equal(one.expected);
      expect(theirs(one)).to.equal(one.expected);
    });
  }

  it("a copied commitment is of another account: the root differs", () => {
    const one = vectors<Case>("court").find(({ name }) => name === "updateRootOf")!;
    expect(updateRootOf(one.participant, one.root)).to.not.equal(updateRootOf(`0x${"11".repeat(20)}` as Hex, one.root));
  });
});
