import { getAddress, type Result, toUtf8String } from "ethers";
import { fullSignature } from "../../core/bytes/compact-signature.ts";
import { wordText } from "../../core/bytes/word-text.ts";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import type { Access, Proposal, TaskRules } from "../../core/records.ts";
import { modeCodes, ruleCodes, taskRuleFields } from "../../core/task/enum-codes.ts";

/** Reads the fields of a decoded event by their names in the contract. */
export function fieldsOf(args: Result) {
  return {
    number: (field: string) => Number(args[field]),
    bigint: (field: string) => BigInt(args[field]),
    bytes32: (field: string) => lower(args[field]),
    bytes: (field: string): Hex => lower(args[field]),
    account: (field: string) => accountOf(args[field]),
    accounts: (field: string) => [...(args[field] as Iterable<string>)].map(accountOf),
  };
}

const lower = (value: unknown) => String(value).toLowerCase() as Bytes32;
const accountOf = (value: unknown) => getAddress(String(value)) as Address;

/** A contract's TaskRules. */
export function rulesOf(rules: Result): TaskRules {
  const fields = taskRuleFields.map((field) => [
    field,
    field === "statementRequired" ? Boolean(rules[field]) : Number(rules[field]),
  ]);
  return {
    ...Object.fromEntries(fields),
    mode: modeCodes.nameOf(rules.mode),
    rule: ruleCodes.nameOf(rules.rule),
  };
}

/** A contract's Access. */
export function accessOf(access: Result): Access {
  const texts = (words: Iterable<string>) => [...words].map(wordText);
  return {
    organisations: texts(access.organisations),
    regions: texts(access.regions),
    clearance: Number(access.clearance),
  };
}

/** A contract's Proposal. */
export function proposalOf(proposal: Result): Proposal {
  return {
    attempt: Number(proposal.attempt),
    aggregator: accountOf(proposal.aggregator),
    modelRoot: lower(proposal.modelRoot),
    contentId: lower(proposal.contentId),
    totalWeight: BigInt(proposal.totalWeight),
    excluded: BigInt(proposal.excluded),
  };
}

/** A signature of 65 bytes of its compact form (EIP-2098). */
export function wholeSignature(r: string, vs: string): Hex {
  return fullSignature(`0x${r.slice(2)}${vs.slice(2)}`);
}

/** Bytes as text: what is not UTF-8 is shown with replacement marks, and no reader takes it as JSON. */
export function textOf(bytes: string): string {
  return toUtf8String(bytes, (_reason, _offset, _bytes, output) => {
    output.push(0xfffd);
    return 0;
  });
}
