/** A part of a representation: its first byte, and the one behind its last. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The part that a `Range` header asks for (RFC 9110, section 14): undefined where all is to be sent, as for several
 * ranges, other units and nonsense, which a server may pass over; "unsatisfiable" where the part is empty.
 */
export function rangeIn(header: string | undefined, lengthBytes: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^\s*bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? "");
  const [first, last] = [match?.[1] ?? "", match?.[2] ?? ""];
  if (first === "" && last === "") return undefined;
  if (first === "") return part(Math.max(0, lengthBytes - Number(last)), lengthBytes);
  if (last !== "" && Number(last) < Number(first)) return undefined;
  return part(Number(first), last === "" ? lengthBytes : Math.min(lengthBytes, Number(last) + 1));
}

function part(from: number, to: number): ByteRange | "unsatisfiable" {
  return from < to ? { from, to } : "unsatisfiable";
}
