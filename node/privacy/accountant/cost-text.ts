import { FedledgerError } from "../../core/errors/error.ts";
import type { PrivacyCost } from "./cost.ts";
import type { Mechanism } from "./mechanism.ts";
import type { Release } from "./pld.ts";

/** The numbers that each mechanism is made of. */
const numbersOf: Readonly<Record<Mechanism["kind"], readonly string[]>> = {
  gaussian: ["noiseMultiplier"],
  "discrete-gaussian": ["clipNormLanes", "shareStdLanes", "shares", "dimension"],
  "discrete-laplace": ["clipNormLanes", "scaleLanes"],
  skellam: ["clipNormLanes", "noiseStdLanes", "dimension"],
  "subsampled-gaussian": ["samplingRate", "noiseMultiplier"],
};

/** A cost as text, for the ledger: JSON. */
export function formatCost(cost: PrivacyCost): string {
  return JSON.stringify(cost);
}

/** Reads what {@link formatCost} wrote. Throws PRIVACY_LEDGER_UNREADABLE: what cannot be read must not cost nothing. */
export function parseCost(path: string, text: string): PrivacyCost {
  try {
    const cost: unknown = JSON.parse(text);
    if (Array.isArray(cost) && cost.length > 0 && cost.every(isRelease)) return cost;
  } catch (error) {
    throw new FedledgerError("PRIVACY_LEDGER_UNREADABLE", { path, reason: "an entry is no JSON" }, error);
  }
  throw new FedledgerError("PRIVACY_LEDGER_UNREADABLE", { path, reason: "an entry has a cost that is none" });
}

function isRelease(value: unknown): value is Release {
  const { mechanism, times } = (value ?? {}) as { mechanism?: Record<string, unknown>; times?: unknown };
  if (!Number.isSafeInteger(times) || Number(times) < 1) return false;
  const kind = String(mechanism?.kind);
  if (!Object.hasOwn(numbersOf, kind)) return false;
  return numbersOf[kind as Mechanism["kind"]].every((name) => {
    const number = mechanism?.[name];
    return typeof number === "number" && Number.isFinite(number) && number > 0;
  });
}
