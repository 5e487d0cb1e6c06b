import { expect } from "chai";
import fc from "fast-check";
import { createCipherSum } from "../../../../node/privacy/encrypted/cipher-sum.ts";
import { cipherBytesOf, cipherModulus, mostAddends } from "../../../../node/privacy/encrypted/parameters.ts";
import { expectCode } from "../../../support/expect-code.ts";

const coefficients = 2 * 4096;

/** A block with these first coefficients, the others zero. */
function cipherOf(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(cipherBytesOf(1));
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(6 * i, value % 2 ** 32, true);
    view.setUint16(6 * i + 4, Math.floor(value / 2 ** 32), true);
  });
  return bytes;
}

function coefficientsOf(bytes: Uint8Array, count: number): bigint[] {
  const view = new DataView(bytes.buffer);
  return Array.from(
    { length: count },
    (_, i) => BigInt(view.getUint32(6 * i, true)) + (BigInt(view.getUint16(6 * i + 4, true)) << 32n),
  );
}

describe("the sum of encrypted updates", () => {
  it("is the sum of each coefficient modulo q, in whatever order, at its extremes too", () => {
    const coefficient = fc.oneof(
      fc.constantFrom(0, 1, cipherModulus - 1, 2 ** 47, 2 ** 32, 2 ** 32 - 1),
      fc.integer({ min: 0, max: cipherModulus - 1 }),
    );
    const updates = fc.array(fc.array(coefficient, { minLength: 4, maxLength: 4 }), {
      minLength: 1,
      maxLength: mostAddends,
    });
    fc.assert(
      fc.property(updates, (lists) => {
        const sumOf = (all: readonly (readonly number[])[]): Uint8Array => {
          const sum = createCipherSum(1);
          for (const values of all) sum.add(cipherOf(values));
          return sum.finish();
        };
        const sum = sumOf(lists);
        const expected = [0, 1, 2, 3].map(
          (i) => lists.reduce((total, values) => total + BigInt(values[i]!), 0n) % BigInt(cipherModulus),
        );
        expect(coefficientsOf(sum, 4)).to.deep.equal(expected);
        expect(sumOf([...lists].reverse())).to.deep.equal(sum);
      }),
      { numRuns: 25 },
    );
  });

  it("has a length that follows from the number of parameters", async () => {
    expect([1, 4096, 4097, 1_000_000].map(cipherBytesOf)).to.deep.equal([49_152, 49_152, 98_304, 245 * 49_152]);
    for (const count of [0, -1, 1.5, Number.NaN, 2 ** 30])
      await expectCode("INVALID_ARGUMENT", () => cipherBytesOf(count));
  });

  it("takes no bytes of another length, and no coefficient that is q or more, wherever it is", async () => {
    const sum = createCipherSum(1);
    const good = cipherOf([1]);
    for (const bytes of [new Uint8Array(), good.subarray(1), new Uint8Array(49_153), new Uint8Array(98_304)]) {
      await expectCode("CIPHERTEXT_INVALID", () => sum.add(bytes));
    }
    for (const at of [0, 4095, 4096, coefficients - 1]) {
      for (const value of [cipherModulus, 2 ** 48 - 1]) {
        const values = Array.from({ length: coefficients }, (_, i) => (i === at ? value : 0));
        await expectCode("CIPHERTEXT_INVALID", () => sum.add(cipherOf(values)));
      }
      const largest = Array.from({ length: coefficients }, (_, i) => (i === at ? cipherModulus - 1 : 0));
      createCipherSum(1).add(cipherOf(largest));
    }
    // what was refused left nothing behind
    sum.add(good);
    expect(coefficientsOf(sum.finish(), coefficients).reduce((all, one) => all + one)).to.equal(1n);
  });

  it("takes 64 updates and not one more", async () => {
    const sum = createCipherSum(1);
    for (let i = 0; i < 64; i++) sum.add(cipherOf([cipherModulus - 1]));
    expect(coefficientsOf(sum.finish(), 1)).to.deep.equal([BigInt(cipherModulus) - 64n]);
    await expectCode("INVALID_ARGUMENT", () => sum.add(cipherOf([1])));
  });

  it("reads bytes that lie anywhere in memory", () => {
    const cipher = cipherOf([5, 2 ** 40 + 3]);
    const shifted = new Uint8Array(cipher.length + 3);
    shifted.set(cipher, 3);
    const sum = createCipherSum(1);
    sum.add(shifted.subarray(3));
    expect(sum.finish()).to.deep.equal(cipher);
  });
});
