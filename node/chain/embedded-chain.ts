import { join } from "node:path";
import { FedledgerError } from "../core/errors/error.ts";
import type { Address, Hex } from "../core/ids.ts";
import { testAccount, testMnemonic } from "./accounts/test-accounts.ts";
import { packageFolder } from "./contracts/contract-abi.ts";
import { createRpcServer } from "./rpc/rpc-server.ts";

/** What a chain on this machine is like. */
export interface EmbeddedChainOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** Default 127.0.0.1; anyone who reaches it can spend all its accounts. */
  readonly hostname?: string;
  /** Number of accounts with 10,000 ether each. */
  readonly accounts: number;
  /**
   * BIP-39 phrase that the accounts come from, at m/44'/60'/0'/0/i; default the well-known test phrase of Hardhat and
   * anvil.
   */
  readonly mnemonic?: string;
  /** Time between blocks without transactions; default 1,000. A transaction makes its own block at once. 0 for none. */
  readonly blockIntervalMs?: number;
  /** Default 31337. */
  readonly chainId?: number;
  /** The rules that it runs by, for tests of other chains; default the newest. */
  readonly hardfork?: string;
  /** Gas of a block; default 60,000,000. */
  readonly blockGasLimit?: number;
  /** Most gas of a transaction; default that of the rules (EIP-7825). */
  readonly transactionGasCap?: number;
}

/** A chain in this process. Its state ends with it. */
export interface EmbeddedChain {
  /** HTTP JSON-RPC. */
  readonly url: string;
  readonly chainId: number;
  readonly accounts: readonly { readonly address: Address; readonly privateKey: Hex }[];
  /** Remembers the state; `revert` goes back to it, once. */
  snapshot(): Promise<Hex>;
  /** Undoes all blocks since the snapshot. */
  revert(snapshot: Hex): Promise<void>;
  /** Moves the chain's clock and mines a block. */
  increaseTime(seconds: number): Promise<void>;
  /** Mines empty blocks. */
  mine(blocks: number): Promise<void>;
  /** Any other JSON-RPC request. */
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * Starts Hardhat's chain (EDR) in this process and serves it. Blocks may share a timestamp, so that its clock is the
 * machine's however many transactions come in a second. Rejects with ADDRESS_IN_USE, and with NATIVE_PART_MISSING where
 * npm has not installed the chain's native part.
 */
export async function startEmbeddedChain(options: EmbeddedChainOptions): Promise<EmbeddedChain> {
  const { port, hostname = "127.0.0.1", accounts: count, mnemonic = testMnemonic } = options;
  const { blockIntervalMs = 1_000, chainId = 31_337 } = options;
  // Hardhat takes a while to load, and only this function needs it.
  const { createHardhatRuntimeEnvironment } = await import("hardhat/hre").catch(refuseMissingPart);
  const root = packageFolder();
  const environment = await createHardhatRuntimeEnvironment(
    {
      // A folder that is not there: else Hardhat reads all of its compiler runs, to explain reverts that nobody here
      // asks it to.
      paths: { artifacts: join(root, "artifacts", "none") },
      networks: {
        embedded: {
          type: "edr-simulated",
          chainType: "l1",
          chainId,
          accounts: { mnemonic, count, accountsBalance: (10_000n * 10n ** 18n).toString() },
          allowBlocksWithSameTimestamp: true,
          // Failed transactions are mined and answered by their hash, as on every other chain.
          throwOnTransactionFailures: false,
          mining: { auto: true, interval: blockIntervalMs },
          ...rulesOf(options),
        },
      },
    },
    {},
    root,
  );
  const { provider, close: closeChain } = await openConnection(environment).catch(refuseMissingPart);
  const server = await createRpcServer(provider, { hostname, port }).catch(async (error) => {
    await closeChain();
    throw error;
  });
  const request = (method: string, params: readonly unknown[] = []) =>
    provider.request({ method, params: [...params] });
  return {
    url: server.url,
    chainId,
    accounts: Array.from({ length: count }, (_, index) => testAccount(index, mnemonic)),
    request,
    async snapshot() {
      return (await request("evm_snapshot")) as Hex;
    },
    async revert(snapshot) {
      await request("evm_revert", [snapshot]);
    },
    async increaseTime(seconds) {
      await request("evm_increaseTime", [seconds]);
      await request("evm_mine");
    },
    async mine(blocks) {
      await request("hardhat_mine", [`0x${blocks.toString(16)}`]);
    },
    async close() {
      await server.close();
      await closeChain();
    },
  };
}

/** How it differs from the newest rules. */
function rulesOf({ hardfork, blockGasLimit, transactionGasCap }: EmbeddedChainOptions) {
  return {
    ...(hardfork !== undefined && { hardfork }),
    ...(blockGasLimit !== undefined && { blockGasLimit }),
    ...(transactionGasCap !== undefined && { transactionGasCap }),
  };
}

/** What the chain's loader says where its native part is not there, with a code. */
function refuseMissingPart(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  if (!/native binding/i.test(reason)) throw error;
  throw new FedledgerError("NATIVE_PART_MISSING", { name: "@nomicfoundation/edr" }, error);
}

async function openConnection(environment: import("hardhat/types/hre").HardhatRuntimeEnvironment) {
  const connection = await environment.network.create("embedded");
  return { provider: connection.provider, close: () => connection.close() };
}
