import { AbiCoder, type Interface } from "ethers";
import { FedledgerError } from "../../core/errors/error.ts";
import { modeCodes, phaseCodes, roleOfId } from "../../core/task/enum-codes.ts";
import type { JsonRpcError } from "../endpoints/json-rpc-answer.ts";
import { revertAdvice, ruleName } from "./revert-advice.ts";

/**
 * Why a contract reverted: the name of its error (Error and Panic for Solidity's own), and a text for people with the
 * arguments.
 */
export interface RevertReason {
  readonly error: string;
  readonly reason: string;
}

const solidityError = "0x08c379a0";
const solidityPanic = "0x4e487b71";

/** Reads revert data by the contract's ABI. Data that nothing explains has the error "unknown". */
export function decodeRevert(contract: Interface, data: string): RevertReason {
  if (data.startsWith(solidityError)) {
    return { error: "Error", reason: String(AbiCoder.defaultAbiCoder().decode(["string"], `0x${data.slice(10)}`)[0]) };
  }
  if (data.startsWith(solidityPanic)) {
    const code = AbiCoder.defaultAbiCoder().decode(["uint256"], `0x${data.slice(10)}`)[0] as bigint;
    return { error: "Panic", reason: `Panic(code: 0x${code.toString(16)})` };
  }
  const parsed = data.length >= 10 ? contract.parseError(data) : null;
  if (!parsed)
    return { error: "unknown", reason: data.length > 2 ? `revert data ${data.slice(0, 74)}` : "no reason given" };
  const values = parsed.fragment.inputs.map(
    (input, i) => `${input.name}: ${show(parsed.name, input.name, parsed.args[i])}`,
  );
  return { error: parsed.name, reason: values.length ? `${parsed.name}(${values.join(", ")})` : parsed.name };
}

/**
 * The revert data in an endpoint's error, wherever this kind of node puts it; undefined when the call did not revert.
 */
export function revertDataOf(error: JsonRpcError): string | undefined {
  const data = findHex(error.data);
  if (data !== undefined) return data;
  return error.code === 3 || /revert/i.test(error.message) ? "0x" : undefined;
}

/** The error of a call that the contract refuses; its remedy says what to do about the contract's error. */
export function revertedError(contract: Interface, call: string, data: string): FedledgerError {
  const revert = decodeRevert(contract, data);
  const args = data.length >= 10 ? (contract.parseError(data)?.args ?? []) : [];
  const advice = revertAdvice(revert.error, args);
  return new FedledgerError("TRANSACTION_REVERTED", { call, ...revert, advice });
}

// geth: data; Hardhat: data or data.data; Parity and Nethermind: "Reverted 0x…"; Ganache: data.result.
function findHex(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string") return /^(?:Reverted )?(0x(?:[0-9a-f]{2})+)$/i.exec(value)?.[1];
  if (typeof value !== "object" || value === null || depth > 3) return undefined;
  const fields = value as { data?: unknown; result?: unknown; originalError?: unknown };
  for (const field of [fields.data, fields.result, fields.originalError]) {
    const found = findHex(field, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function show(error: string, field: string, value: unknown): string {
  if (error === "WrongPhase") return phaseCodes.names[Number(value)] ?? String(value);
  if (error === "WrongMode") return modeCodes.names[Number(value)] ?? String(value);
  if (error === "InvalidRule") return ruleName(value);
  if (field === "neededRole") return roleOfId(String(value)) ?? String(value);
  return String(value);
}
