import { startEmbeddedChain } from "../../api/index.ts";
import { defineCommand } from "../options/command.ts";

/** `fedledger chain`. */
export const chainCommand = () =>
  defineCommand({
    name: "chain",
    summary: "run a local test chain (in memory) until stopped",
    details:
      "Its accounts are the publicly known ones of Hardhat and anvil (see --dev-account): for trying things out only.\n" +
      "The state is gone when it ends; a chain that lasts is any other Ethereum node, given with --rpc.",
    settings: ["host", "port", "accounts", "blockInterval"],
    closes: true,
    run: async (values, { output, signal }) => {
      const chain = await startEmbeddedChain({
        port: values.port ?? 8545,
        hostname: values.host ?? "127.0.0.1",
        accounts: values.accounts ?? 10,
        blockIntervalMs: (values.blockInterval ?? 1) * 1000,
      });
      output.emit(
        {
          event: "chain",
          url: chain.url,
          chainId: chain.chainId,
          accounts: chain.accounts.map(({ address }) => address),
        },
        [
          `Test chain ${chain.chainId} at ${chain.url} (Ctrl-C ends it)`,
          ...chain.accounts.map(({ address }, index) => `  --dev-account ${index}  ${address}  10000 ether`),
        ].join("\n"),
      );
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      await chain.close();
      return 0;
    },
  });
