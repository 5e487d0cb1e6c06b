import { keccak256 } from "../bytes/keccak.ts";
import { FedledgerError } from "../errors/error.ts";
import { modelLayout, tensorSize } from "./model-layout.ts";
import { taskLaneCount } from "./task-lanes.ts";
import type { TaskSpec } from "./task-spec.ts";

const label = new TextEncoder().encode("fedledger/initial/1");

/**
 * The initial model of a task as lanes: Glorot-uniform kernels, zero biases, a pure function of the specification
 * (docs/protocol/specification.md), so that everyone computes the same bits and nobody has to send them.
 *
 * A lane behind the parameters (see taskLaneCount) is 0.
 *
 * Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010, eq. 16.
 *
 * @param fractionBits 1 to 30
 * Throws UNSUPPORTED_MODEL, INVALID_ARGUMENT.
 */
export function initialLanes(
  spec: Pick<TaskSpec, "model" | "initialSeed" | "privacy">,
  fractionBits: number,
): Int32Array {
  if (!Number.isInteger(fractionBits) || fractionBits < 1 || fractionBits > 30) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "fractionBits", value: fractionBits, expected: "1 to 30" });
  }
  const { tensors } = modelLayout(spec.model);
  const lanes = new Int32Array(taskLaneCount(spec));
  const nextWord = wordStream(spec.initialSeed);
  let at = 0;
  for (const { shape, fanIn, fanOut, role } of tensors) {
    const end = at + tensorSize(shape);
    if (role === "kernel") {
      // Only operations that IEEE 754 rounds correctly: the same bits on every machine. At most sqrt(3), so a lane
      // fits.
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      const scale = limit * 2 ** (fractionBits - 32);
      for (; at < end; at++) lanes[at] = Math.floor((2 * nextWord() - 0x1_0000_0000) * scale + 0.5);
    }
    at = end;
  }
  return lanes;
}

/**
 * The uint32 words of keccak256(label ‖ uint32 seed ‖ uint32 0), keccak256(label ‖ uint32 seed ‖ uint32 1), …,
 * big-endian.
 */
function wordStream(seed: number): () => number {
  const message = new Uint8Array(label.length + 8);
  message.set(label);
  const messageView = new DataView(message.buffer);
  messageView.setUint32(label.length, seed);
  let block: DataView = new DataView(new ArrayBuffer(0));
  let counter = 0;
  let at = 0;
  return () => {
    if (at === block.byteLength) {
      messageView.setUint32(label.length + 4, counter++);
      const hash = keccak256(message);
      block = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
      at = 0;
    }
    const word = block.getUint32(at);
    at += 4;
    return word;
  };
}
