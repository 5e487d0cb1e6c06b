import { toHex } from "../bytes/hex.ts";
import { keccak256 } from "../bytes/keccak.ts";
import { FedledgerError } from "../errors/error.ts";
import type { Bytes32 } from "../ids.ts";
import type { Mode, Phase, ProofKind, Reason, Role, Rule, TaskRules } from "../records.ts";

/** Words of our records and the numbers of the same contract enum, both ways. */
export interface EnumCodes<Name extends string> {
  /** All names, in the order of their numbers. */
  readonly names: readonly Name[];
  /** The contract's number of a name. */
  codeOf(name: Name): number;
  /** The name of a contract's number. Throws INVALID_ARGUMENT for one that is not in the enum. */
  nameOf(code: number | bigint): Name;
}

function enumCodes<Name extends string>(enumName: string, names: readonly Name[]): EnumCodes<Name> {
  return {
    names,
    codeOf(name) {
      const code = names.indexOf(name);
      if (code < 0) throw unknown(enumName, name, names);
      return code;
    },
    nameOf(code) {
      const name = names[Number(code)];
      if (name === undefined) throw unknown(enumName, code, names);
      return name;
    },
  };
}

/** TaskTypes.Mode. */
export const modeCodes: EnumCodes<Mode> = enumCodes("mode", ["transparent", "masked", "encrypted"]);
/** TaskTypes.Rule. */
export const ruleCodes: EnumCodes<Rule> = enumCodes("rule", ["weighted-mean", "coordinate-median", "trimmed-mean"]);
/** TaskTypes.Phase. */
export const phaseCodes: EnumCodes<Phase> = enumCodes("phase", [
  "none",
  "drawing",
  "open",
  "aggregating",
  "proposed",
  "accepted",
  "invalid",
]);
/** TaskTypes.Reason. */
export const reasonCodes: EnumCodes<Reason> = enumCodes("reason", [
  "none",
  "too-few-updates",
  "no-proposal",
  "not-attested",
  "proven-wrong",
  "rolled-back",
  "no-aggregator",
  "no-draw",
]);
/** ProofTypes.ProofKind. */
export const proofKindCodes: EnumCodes<ProofKind> = enumCodes("proof", [
  "wrong-chunk",
  "wrong-weight",
  "invalid-update",
  "false-opening",
  "equivocation",
]);

/**
 * The fields of a task's rules in the order of the contract's struct TaskRules: the places that InvalidRule names, and
 * the words of the rules' hash.
 */
export const taskRuleFields = [
  "mode",
  "rule",
  "fractionBits",
  "attempts",
  "parameterCount",
  "clipLanes",
  "maxWeight",
  "serverRateQ16",
  "rounds",
  "minUpdates",
  "maxUpdates",
  "participationBps",
  "roundsPerParticipant",
  "trim",
  "thresholdPercent",
  "attestationQuorum",
  "commitWindowS",
  "aggregateWindowS",
  "attestWindowS",
  "challengeWindowS",
  "keyWindowS",
  "aggregatorBondGwei",
  "participantBondGwei",
  "drawDelayBlocks",
  "statementRequired",
] as const satisfies readonly (keyof TaskRules)[];

const idOf = (name: string): Bytes32 => toHex(keccak256(new TextEncoder().encode(name)));

/** OpenZeppelin AccessControl's identifiers of the roles, as IMembers names them. */
export const roleIds: Readonly<Record<Role, Bytes32>> = {
  admin: toHex(new Uint8Array(32)),
  "task-creator": idOf("TASK_CREATOR_ROLE"),
  participant: idOf("PARTICIPANT_ROLE"),
  aggregator: idOf("AGGREGATOR_ROLE"),
};

/** The role of an AccessControl identifier; undefined for one the federation does not use. */
export function roleOfId(id: string): Role | undefined {
  const wanted = id.toLowerCase();
  return (Object.keys(roleIds) as Role[]).find((role) => roleIds[role] === wanted);
}

function unknown(name: string, value: string | number | bigint, names: readonly string[]): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name, value, expected: names.join(", ") });
}
