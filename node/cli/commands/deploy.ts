import { createChain, createSigner, deployFederation } from "../../chain/index.ts";
import { createClock } from "../../system/index.ts";
import { defineCommand } from "../options/command.ts";
import { accountSettings, readPrivateKey, requireTestChain } from "../running/session.ts";

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
      const urls = values.rpc ?? [];
      const signer = createSigner(await readPrivateKey(values));
      const deployed = await deployFederation({
        urls,
        signer,
        log,
        onProgress: ({ step }) => output.say(`  ${step}`),
        ...(values.dir === undefined ? {} : { deploymentDir: values.dir }),
      });
      if (values.devAccount !== undefined) requireTestChain(deployed.chainId);
      const chain = await createChain({
        urls,
        federation: deployed.address,
        finality: { confirmations: 0 },
        signer,
        log,
        clock: createClock(),
      });
      const creator = (await chain.members())
        .find(({ account }) => account === chain.account)
        ?.roles.includes("task-creator");
      if (!creator) await chain.send({ kind: "grantRole", role: "task-creator", account: chain.account }, { signal });
      output.emit(
        { event: "deployed", federation: deployed.address, ...deployed },
        `Federation ${deployed.address} on chain ${deployed.chainId}, block ${deployed.blockNumber}, ${deployed.gasUsed} gas\n` +
          `  admin and task creator: ${deployed.admin}\n` +
          `  for the other commands: export FEDLEDGER_FEDERATION=${deployed.address}`,
      );
      return 0;
    },
  });
