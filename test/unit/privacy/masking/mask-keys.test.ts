import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import { computeAddress, recoverAddress } from "ethers";
import { concatBytes, fromHex, toHex } from "../../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../../node/core/bytes/keccak.ts";
import type { Bytes32, Hex } from "../../../../node/core/ids.ts";
import { createMaskSecrets, isSecretKeyOf, pairSeed, seedHashOf } from "../../../../node/privacy/masking/index.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { vectors } from "../../../support/vectors.ts";

const order = secp256k1.Point.Fn.ORDER;
const scalarHex = (scalar: bigint): Hex => `0x${scalar.toString(16).padStart(64, "0")}`;
const zero = new Uint8Array(32);

describe("mask keys", () => {
  const secrets = Array.from({ length: 6 }, () => createMaskSecrets(createRandom()));

  it("are points with even y, and every secret is fresh", () => {
    for (const { secretKey, maskKey, seed, seedHash } of secrets) {
      expect(toHex(secp256k1.getPublicKey(secretKey, true))).to.equal(`0x02${maskKey.slice(2)}`);
      expect(isSecretKeyOf(secretKey, maskKey)).to.equal(true);
      expect(seedHash).to.equal(seedHashOf(seed));
    }
    const all = secrets.flatMap(({ seed, secretKey }) => [toHex(seed), toHex(secretKey)]);
    expect(new Set(all).size).to.equal(12);
  });

  it("go on drawing where the source gives no scalar", () => {
    const draws = [
      zero.fill(9),
      new Uint8Array(32),
      fromHex(scalarHex(order)),
      new Uint8Array(32).fill(255),
      fromHex(scalarHex(order - 1n)),
    ];
    const { secretKey } = createMaskSecrets({ bytes: () => draws.shift()! });
    expect([scalarHex(1n), scalarHex(order - 1n)]).to.include(toHex(secretKey));
    expect(draws).to.have.length(0);
  });

  it("belong to one secret key only, not to the other one of the same x", () => {
    const { secretKey, maskKey } = secrets[0]!;
    const negated = fromHex(scalarHex(order - BigInt(toHex(secretKey))));
    expect(isSecretKeyOf(negated, maskKey)).to.equal(false);
    for (const wrong of [
      new Uint8Array(32),
      new Uint8Array(32).fill(255),
      fromHex(scalarHex(order)),
      secretKey.slice(1),
    ]) {
      expect(isSecretKeyOf(wrong, maskKey)).to.equal(false);
    }
    expect(isSecretKeyOf(secretKey, secrets[1]!.maskKey)).to.equal(false);
  });

  it("give a pair the same seed from both sides, and every pair, round and task another", () => {
    const seen = new Set<string>();
    for (let a = 0; a < secrets.length; a++) {
      for (let b = a + 1; b < secrets.length; b++) {
        const pair = { taskId: 5, round: 6, slots: [a, b] } as const;
        const one = pairSeed(pair, secrets[a]!.secretKey, secrets[b]!.maskKey);
        const other = pairSeed({ ...pair, slots: [b, a] }, secrets[b]!.secretKey, secrets[a]!.maskKey);
        expect(toHex(one)).to.equal(toHex(other));
        expect(toHex(pairSeed(pair, secrets[a]!.secretKey, secrets[b]!.maskKey, true))).to.equal(toHex(one));
        for (const change of [{}, { taskId: 6 }, { round: 7 }, { slots: [a, 63] as const }]) {
          seen.add(toHex(pairSeed({ ...pair, ...change }, secrets[a]!.secretKey, secrets[b]!.maskKey)));
        }
      }
    }
    expect(seen.size).to.equal(15 * 4);
  });

  it("share a point that ecrecover computes", () => {
    const [a, b] = [secrets[0]!, secrets[1]!];
    const pair = { taskId: 1, round: 2, slots: [0, 1] } as const;
    // ecrecover(0, 27, x, x·sk mod n) = account of sk times the point of x with even y
    const s = (BigInt(b.maskKey) * BigInt(toHex(a.secretKey))) % order;
    const highS = s > order / 2n;
    const address = recoverAddress(zeroHash, { r: b.maskKey, s: scalarHex(highS ? order - s : s), v: highS ? 28 : 27 });
    const expected = keccak256(concatBytes(fromHex("0x0600000001000000020001"), fromHex(address)));
    expect(toHex(pairSeed(pair, a.secretKey, b.maskKey))).to.equal(toHex(expected));
    expect(computeAddress(toHex(a.secretKey))).to.be.a("string");
  });

  it("agree with the vectors", () => {
    type Case = {
      kind: string;
      seed: Hex;
      seedHash: Bytes32;
      secretKey: Hex;
      oddKey: Hex;
      maskKey: Bytes32;
      expected: Bytes32;
      taskId: number;
      round: number;
      slots: [number, number];
      secretKeys: [Hex, Hex];
      maskKeys: [Bytes32, Bytes32];
    };
    const cases = vectors<Case>("masking");
    for (const each of cases.filter(({ kind }) => kind === "secrets")) {
      expect(isSecretKeyOf(fromHex(each.secretKey), each.maskKey)).to.equal(true);
      expect(isSecretKeyOf(fromHex(each.oddKey), each.maskKey)).to.equal(false);
      expect(seedHashOf(fromHex(each.seed))).to.equal(each.seedHash);
    }
    for (const each of cases.filter(({ kind }) => kind === "pair")) {
      const [one, other] = each.secretKeys.map(fromHex) as [Uint8Array, Uint8Array];
      expect(toHex(pairSeed(each, one, each.maskKeys[1]))).to.equal(each.expected);
      expect(toHex(pairSeed(each, other, each.maskKeys[0]))).to.equal(each.expected);
    }
    expect(cases.filter(({ kind }) => kind === "pair" || kind === "secrets")).to.have.length(4);
  });

  it("refuse what is no point, and what is no secret key", async () => {
    const pair = { taskId: 1, round: 2, slots: [0, 1] } as const;
    const { secretKey, maskKey } = secrets[0]!;
    // 5 is the x of no point of the curve
    for (const key of [scalarHex(5n), scalarHex(0n), `0x${"ff".repeat(32)}` as Hex, "0x1234" as Hex]) {
      await expectCode("MASK_KEY_INVALID", () => pairSeed(pair, secretKey, key));
    }
    for (const key of [new Uint8Array(32), new Uint8Array(32).fill(255)]) {
      await expectCode("MASK_KEY_INVALID", () => pairSeed(pair, key, maskKey));
      await expectCode("MASK_KEY_INVALID", () => pairSeed(pair, key, maskKey, true));
    }
  });
});

const zeroHash = `0x${"00".repeat(32)}`;
