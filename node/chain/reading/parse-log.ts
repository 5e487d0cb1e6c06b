import type { Interface, LogDescription } from "ethers";
import { FedledgerError } from "../../core/errors/error.ts";
import type { RawLog } from "../rpc/log-ranges.ts";

/**
 * What a log says, read by `read`; undefined for a log of an event that the contract has not. Throws RPC_UNREACHABLE
 * where its bytes are none of the event that it names: no contract wrote such a log.
 */
export function parseLog<T>(contract: Interface, log: RawLog, read: (parsed: LogDescription) => T): T | undefined {
  try {
    const parsed = contract.parseLog(log);
    return parsed === null ? undefined : read(parsed);
  } catch (error) {
    const reason = `log ${Number(log.logIndex)} of block ${Number(log.blockNumber)} is no event of the federation`;
    throw new FedledgerError("RPC_WRONG_ANSWER", { url: "in use", reason }, error);
  }
}
