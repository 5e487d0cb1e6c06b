import { foundFederation } from "../../api/index.ts";
import { defineCommand } from "../options/command.ts";
import { accountSettings, endpointOf, readAccount } from "../running/session.ts";

/** `fedledger deploy`. */
export const deployCommand = () =>
  defineCommand({
    name: "deploy",
    summary: "deploy a federation's contracts (by Hardhat Ignition) and become its admin",
    details:
      "Three codes: Federation, which members call, Court, which it runs by delegation, and Proofs, which holds nothing. The deployer becomes admin and task creator. With --dir, Ignition's journal is kept there: an interrupted deployment goes on, a finished one is not repeated.\n" +
      "`npx hardhat ignition deploy ignition/modules/Federation.ts --network NAME` does the same.",
    settings: ["rpc", ...accountSettings, "dir"],
    run: async (values, { output, log, signal }) => {
      const deployed = await foundFederation({
        ...endpointOf(values, log),
        account: await readAccount(values, log),
        directory: values.dir,
        onProgress: (step) =>
          output.say(step.step === "lacks" ? `  this chain has not ${step.reason}` : `  ${step.step}`),
        signal,
      });
      output.emit(
        { event: "deployed", federation: deployed.address, ...deployed },
        `Federation ${deployed.address} on chain ${deployed.chainId}, block ${deployed.blockNumber}, ${deployed.gasUsed} gas\n` +
          `  admin and task creator: ${deployed.admin}\n` +
          `  for the other commands: export FEDLEDGER_FEDERATION=${deployed.address}`,
      );
      return 0;
    },
  });
