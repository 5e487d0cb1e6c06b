import { expect } from "chai";
import fc from "fast-check";
import { decodeAttestation, encodeAttestation } from "../../../node/rounds/words/attestation-messages.ts";
import { decodeCommitment, encodeCommitment } from "../../../node/rounds/words/commitment-messages.ts";
import { maxMessageBytes } from "../../../node/rounds/words/message-codec.ts";

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((all): `0x${string}` => `0x${Buffer.from(all).toString("hex")}`);
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const message = fc.record({
  attestation: fc.record({
    taskId: uint32,
    round: uint32,
    proposalHash: hex(32),
    attester: hex(20),
    signature: hex(65),
  }),
  sequence: uint32,
});
const commitment = fc.record({
  signed: fc.record({
    taskId: uint32,
    round: uint32,
    anchor: hex(32),
    participant: hex(20),
    weight: uint32,
    updateRoot: hex(32),
    contentId: hex(32),
    signature: hex(65),
  }),
  sequence: uint32,
});
const example = fc.sample(message, { seed: 1, numRuns: 1 })[0]!;
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const fields = JSON.parse(new TextDecoder().decode(encodeAttestation(example))) as Record<string, unknown>;

describe("messages", () => {
  it("attestations survive the journey, and fit", () => {
    fc.assert(
      fc.property(message, (one) => {
        const bytes = encodeAttestation(one);
        expect(bytes.length).to.be.at.most(maxMessageBytes);
        expect(decodeAttestation(bytes)).to.deep.equal(one);
      }),
    );
  });

  it("signed commitments survive the journey, and fit", () => {
    fc.assert(
      fc.property(commitment, (one) => {
        expect(encodeCommitment(one).length).to.be.at.most(maxMessageBytes);
        expect(decodeCommitment(encodeCommitment(one))).to.deep.equal(one);
      }),
    );
  });

  it("takes no kind of message for another, and no field too many, too few or of the wrong kind", () => {
    const signed = encodeCommitment(fc.sample(commitment, { seed: 2, numRuns: 1 })[0]!);
    const kinds = [
      [signed, decodeCommitment, decodeAttestation],
      [encodeAttestation(example), decodeAttestation, decodeCommitment],
    ] as const;
    for (const [bytes, decode, decodeOther] of kinds) {
      const all = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
      expect(decodeOther(bytes)).to.equal(undefined);
      expect(decode(text({ ...all, more: 1 }))).to.equal(undefined);
      for (const name of Object.keys(all)) {
        for (const value of [undefined, null, "-1", 2 ** 64]) {
          expect(decode(text({ ...all, [name]: value })), name).to.equal(undefined);
        }
      }
    }
  });

  const broken: [string, Record<string, unknown>][] = [
    ["a field too many", { ...fields, more: 1 }],
    ["a field too few", { ...fields, attester: undefined }],
    ["a number as text", { ...fields, round: "1" }],
    ["a fraction", { ...fields, round: 1.5 }],
    ["a negative number", { ...fields, round: -1 }],
    ["a number beyond 32 bits", { ...fields, sequence: 2 ** 32 }],
    ["upper-case hexadecimal", { ...fields, proposalHash: `0x${"AB".repeat(32)}` }],
    ["a short signature", { ...fields, signature: `0x${"11".repeat(64)}` }],
    ["a prototype's field", JSON.parse('{"__proto__": {"taskId": 1}}')],
  ];
  for (const [name, value] of broken) {
    it(`refuses ${name}`, () => {
      expect(decodeAttestation(text(value))).to.equal(undefined);
    });
  }

  it("refuses whatever is not a flat object of the right size", () => {
    for (const value of [null, 1, "x", [], [fields], { attestation: fields }]) {
      expect(decodeAttestation(text(value))).to.equal(undefined);
    }
    const long = new Uint8Array(maxMessageBytes + 1).fill(0x20);
    long.set(encodeAttestation(example));
    expect(decodeAttestation(long)).to.equal(undefined);
    expect(decodeCommitment(Uint8Array.of(0xff, 0xfe))).to.equal(undefined);
  });

  it("never throws on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeAttestation(bytes);
        decodeCommitment(bytes);
      }),
    );
  });
});
