import { expect } from "chai";
import fc from "fast-check";
import { maxMessageBytes } from "../../../node/rounds/message-codec.ts";
import {
  decodeAttestation,
  decodeHoldAnswer,
  decodeHoldRequest,
  encodeAttestation,
  encodeHoldAnswer,
  encodeHoldRequest,
} from "../../../node/rounds/messages.ts";
import {
  decodeAvailability,
  decodeCommitment,
  encodeAvailability,
  encodeCommitment,
} from "../../../node/rounds/signed-messages.ts";

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
    evaluation: fc.record({
      samples: uint32,
      metricQ24: fc.bigInt(-(1n << 63n), (1n << 63n) - 1n),
      lossQ24: fc.bigInt(0n, (1n << 64n) - 1n),
    }),
    signature: hex(65),
  }),
  sequence: uint32,
});
const commitment = fc.record({
  signed: fc.record({
    taskId: uint32,
    round: uint32,
    baseModelRoot: hex(32),
    participant: hex(20),
    weight: uint32,
    updateRoot: hex(32),
    contentId: hex(32),
    signature: hex(65),
  }),
  sequence: uint32,
});
const availability = fc.record({
  word: fc.record({
    taskId: uint32,
    round: uint32,
    accumulator: hex(32),
    slots: fc.bigInt(0n, (1n << 64n) - 1n),
    holder: hex(20),
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

  it("hold requests and answers survive the journey", () => {
    const root = example.attestation.proposalHash;
    const request = { taskId: 1, round: 2, updateRoot: root, contentId: root };
    expect(decodeHoldRequest(encodeHoldRequest(request))).to.deep.equal(request);
    const { signature } = example.attestation;
    for (const answer of [
      { held: true, signature },
      { held: false, reason: "wrong-root" },
    ] as const) {
      expect(decodeHoldAnswer(encodeHoldAnswer(answer))).to.deep.equal(answer);
    }
  });

  it("signed commitments and words on availability survive the journey, and fit", () => {
    fc.assert(
      fc.property(commitment, availability, (one, other) => {
        expect(encodeCommitment(one).length).to.be.at.most(maxMessageBytes);
        expect(decodeCommitment(encodeCommitment(one))).to.deep.equal(one);
        expect(encodeAvailability(other).length).to.be.at.most(maxMessageBytes);
        expect(decodeAvailability(encodeAvailability(other))).to.deep.equal(other);
      }),
    );
  });

  it("takes no kind of message for another, and no field too many, too few or of the wrong kind", () => {
    const signed = encodeCommitment(fc.sample(commitment, { seed: 2, numRuns: 1 })[0]!);
    const word = encodeAvailability(fc.sample(availability, { seed: 3, numRuns: 1 })[0]!);
    for (const bytes of [signed, word]) {
      const all = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
      const decode = bytes === signed ? decodeCommitment : decodeAvailability;
      expect((bytes === signed ? decodeAvailability : decodeCommitment)(bytes)).to.equal(undefined);
      expect(decode(text({ ...all, more: 1 }))).to.equal(undefined);
      for (const name of Object.keys(all)) {
        expect(decode(text({ ...all, [name]: undefined })), name).to.equal(undefined);
        expect(decode(text({ ...all, [name]: null })), name).to.equal(undefined);
        expect(decode(text({ ...all, [name]: "-1" })), name).to.equal(undefined);
        expect(decode(text({ ...all, [name]: 2 ** 64 })), name).to.equal(undefined);
      }
    }
  });

  it("refuses a custody without its signature", () => {
    expect(decodeHoldAnswer(text({ held: true }))).to.equal(undefined);
    expect(decodeHoldAnswer(text({ held: true, signature: "0x11" }))).to.equal(undefined);
    expect(decodeHoldAnswer(text({ held: false, signature: example.attestation.signature }))).to.equal(undefined);
  });

  const broken: [string, Record<string, unknown>][] = [
    ["a field too many", { ...fields, more: 1 }],
    ["a field too few", { ...fields, samples: undefined }],
    ["a number as text", { ...fields, round: "1" }],
    ["a fraction", { ...fields, round: 1.5 }],
    ["a negative number", { ...fields, samples: -1 }],
    ["a number beyond 32 bits", { ...fields, samples: 2 ** 32 }],
    ["a metric beyond 64 bits", { ...fields, metricQ24: String(1n << 63n) }],
    ["a negative loss", { ...fields, lossQ24: "-1" }],
    ["a second spelling of zero", { ...fields, metricQ24: "-0" }],
    ["a leading zero", { ...fields, lossQ24: "01" }],
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
    expect(decodeHoldRequest(Uint8Array.of(0xff, 0xfe))).to.equal(undefined);
    expect(decodeHoldAnswer(text({ held: false, reason: "whatever" }))).to.equal(undefined);
    expect(decodeHoldAnswer(text({ held: true, reason: "not-drawn" }))).to.equal(undefined);
  });

  it("never throws on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeAttestation(bytes);
        decodeHoldRequest(bytes);
        decodeHoldAnswer(bytes);
        decodeCommitment(bytes);
        decodeAvailability(bytes);
      }),
    );
  });
});
