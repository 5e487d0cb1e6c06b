import { expect } from "chai";
import {
  type AttestationPool,
  addAttestation,
  attestationsTo,
  onlyRounds,
} from "../../../../node/rounds/words/attestation-pool.ts";
import { accounts, attestationOf, hashOf } from "../../../support/states/round-states.ts";

const empty: AttestationPool = new Map();
const everyone = () => true;

describe("the attestation pool", () => {
  it("keeps one an attester, ascending by address whatever the order and letter case", () => {
    const mixed = accounts.c.replace("cc", "Cc") as `0x${string}`;
    const pool = [mixed, accounts.a, accounts.c, accounts.b].reduce(
      (sum, one) => addAttestation(sum, attestationOf(one, hashOf(1))),
      empty,
    );
    const attesters = attestationsTo(pool, hashOf(1), everyone).map(({ attester }) => attester.toLowerCase());
    expect(attesters).to.deep.equal([accounts.a, accounts.b, accounts.c]);
  });

  it("is the same pool when nothing is new", () => {
    const pool = addAttestation(empty, attestationOf(accounts.a, hashOf(1)));
    expect(addAttestation(pool, attestationOf(accounts.a, hashOf(1)))).to.equal(pool);
    expect(empty.size).to.equal(0);
  });

  it("does not let one attester fill it with proposals of its invention", () => {
    let pool = empty;
    for (let i = 0; i < 100; i++) pool = addAttestation(pool, attestationOf(accounts.a, hashOf(i)));
    expect(pool.size).to.equal(16);
    const next = addAttestation(pool, attestationOf(accounts.a, hashOf(200), 2));
    expect(next.has(hashOf(200)), "those of one round take no room of the next").to.equal(true);
  });

  it("gives only those that count", () => {
    const pool = [accounts.a, accounts.b].reduce(
      (sum, one) => addAttestation(sum, attestationOf(one, hashOf(1))),
      empty,
    );
    expect(attestationsTo(pool, hashOf(1), (one) => one === accounts.b)).to.have.length(1);
    expect(attestationsTo(pool, hashOf(2), everyone)).to.deep.equal([]);
  });

  it("forgets other rounds", () => {
    const pool = addAttestation(
      addAttestation(empty, attestationOf(accounts.a, hashOf(1), 1)),
      attestationOf(accounts.a, hashOf(2), 2),
    );
    expect([...onlyRounds(pool, [2]).keys()]).to.deep.equal([hashOf(2)]);
    expect(onlyRounds(onlyRounds(pool, [2]), [2]).size).to.equal(1);
  });
});
