import { existsSync } from "node:fs";
import { Command } from "commander";
import { createKeystore, publicKeysOf } from "../../api/index.ts";
import { required } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { defineCommand } from "../options/command.ts";
import { readPassword } from "../options/password.ts";
import { keystoreAccount } from "../running/session.ts";

/** Whoever makes an account needs ether next. */
const etherAdvice =
  "It pays for its own transactions, and needs ether of the chain it is for: from the federation's admin " +
  "(member add --fund), from any wallet, or on a test network from its faucet.";

/** `fedledger keys`. */
export function keysCommand(): Command {
  const keys = new Command("keys")
    .summary("keystores: encrypted key files")
    .description("Keystores: encrypted key files, one a member.");
  keys.addCommand(
    defineCommand({
      name: "create",
      summary: "make a new account in a new keystore",
      details:
        "The file is Web3 Secret Storage, version 3: geth and others read it. The node's libp2p and encryption keys follow from it.",
      settings: ["keystore", "passwordFile"],
      run: async (values, { output }) => {
        const path = required(values.keystore, "keystore");
        if (existsSync(path)) throw new FedledgerError("FILE_EXISTS", { path });
        const password = await readPassword(path, { file: values.passwordFile, confirm: true });
        if (password === "") throw new FedledgerError("INVALID_CONFIG", { name: "password", reason: "it is empty" });
        const { address } = await createKeystore({ path, password });
        output.emit({ event: "created", path, account: address }, `Account ${address} is in ${path}\n${etherAdvice}`);
        return 0;
      },
    }),
  );
  keys.addCommand(
    defineCommand({
      name: "show",
      summary: "show the account, PeerId and public encryption key of a keystore",
      settings: ["keystore", "passwordFile"],
      run: async (values, { output }) => {
        const keystore = required(values.keystore, "keystore");
        const named = await keystoreAccount({ ...values, keystore });
        const { account, peerId, encryptionKey } = await publicKeysOf(named);
        output.emit(
          { event: "keys", account, peerId, encryptionKey },
          `account         ${account}\nPeerId          ${peerId}\nencryption key  ${encryptionKey}`,
        );
        return 0;
      },
    }),
  );
  return keys;
}
