import { gunzipSync } from "node:zlib";
import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import { createInputScaling } from "../table/input-scaling.ts";
import type { Dataset } from "./dataset.ts";
import { exampleHash, joinHashes } from "./fingerprint.ts";

/** An IDX file's content: a block of unsigned bytes. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** A view on the file's bytes. */
  readonly values: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes, plain or gzip (LeCun, Cortes and Burges, "The MNIST database", file formats):
 * two zero bytes, the type 0x08, the number of dimensions, each dimension as a big-endian uint32, the values. Throws
 * INVALID_DATA.
 *
 * @param source name for messages
 */
export function parseIdx(source: string, file: Uint8Array): IdxArray {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new FedledgerError("INVALID_DATA", { source, reason }, cause);
  };
  let bytes = file;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = gunzipSync(bytes);
    } catch (error) {
      refuse("its gzip compression is damaged", error);
    }
  }
  const [zero, alsoZero, type, rank] = bytes;
  if (rank === undefined || zero !== 0 || alsoZero !== 0) return refuse("it is not an IDX file");
  if (type !== 0x08) refuse(`its type is ${type}; only unsigned bytes (8) are read`);
  const start = 4 + 4 * rank;
  if (rank < 1 || bytes.length < start) refuse("its header is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, side) => product * side, 1);
  if (bytes.length - start !== size) refuse(`it has ${bytes.length - start} values, its header says ${size}`);
  return { shape, values: bytes.subarray(start) };
}

/**
 * A data set of grey images [height, width, 1] from a pair of IDX files, with the specification's offset and scale
 * (which are of one number, or one for each pixel). Throws INVALID_DATA.
 */
export function readIdxPair(
  images: { readonly source: string; readonly file: Uint8Array },
  labels: { readonly source: string; readonly file: Uint8Array },
  data: TaskSpec["data"],
): Dataset {
  const pixels = parseIdx(images.source, images.file);
  const classes = parseIdx(labels.source, labels.file);
  const [samples, height, width] = pixels.shape;
  if (pixels.shape.length !== 3 || samples === undefined || height === undefined || width === undefined) {
    throw new FedledgerError("INVALID_DATA", {
      source: images.source,
      reason: "it does not hold images (3 dimensions)",
    });
  }
  if (classes.shape.length !== 1 || classes.shape[0] !== samples) {
    throw new FedledgerError("INVALID_DATA", { source: labels.source, reason: `it does not hold ${samples} labels` });
  }
  const size = height * width;
  const scaling = createInputScaling(data, size, images.source);
  const inputs = new Float32Array(pixels.values.length);
  for (let i = 0; i < inputs.length; i++) inputs[i] = scaling(itemAt(pixels.values, i), i % size);
  return {
    inputs,
    labels: Float32Array.from(classes.values),
    samples,
    inputShape: [height, width, 1],
    labelWidth: 1,
    classCount: classes.values.reduce((most, label) => Math.max(most, label), 0) + 1,
    source: images.source,
    rowHashes: joinHashes(
      Array.from({ length: samples }, (_, row) =>
        exampleHash(pixels.values.subarray(row * size, (row + 1) * size), [itemAt(classes.values, row)]),
      ),
    ),
  };
}
