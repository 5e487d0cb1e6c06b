import { FedledgerError } from "../../node/core/errors/error.ts";
import type { Attack } from "./attack.ts";
import { attacks } from "./attacks.ts";

/** The attack of this name; throws INVALID_CONFIG, naming those there are. */
export function attackByName(name: string): Attack {
  const found = attacks.find((attack) => attack.name === name);
  if (found !== undefined) return found;
  const known = attacks.map((attack) => attack.name).join(", ");
  throw new FedledgerError("INVALID_CONFIG", { name: "attack", reason: `there is no "${name}", only ${known}` });
}
