import { HDNodeWallet, Mnemonic } from "ethers";
import type { Address, Hex } from "../../core/ids.ts";
import type { AccountKey } from "./keystore.ts";

/** The well-known test phrase of Hardhat and anvil (BIP-39): everyone has its keys. */
export const testMnemonic = "test test test test test test test test test test test junk";

/** The account at m/44'/60'/0'/0/index of a phrase (BIP-44). */
export function testAccount(index: number, mnemonic = testMnemonic): AccountKey {
  const parent = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(mnemonic), "m/44'/60'/0'/0");
  const { address, privateKey } = parent.deriveChild(index);
  return { address: address as Address, privateKey: privateKey as Hex };
}
