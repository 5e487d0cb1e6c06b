export {
  type AccountKey,
  createKeystore,
  type NewKeystore,
  openKeystore,
  readKeystoreAccount,
} from "./accounts/keystore.ts";
export { deriveNodeKeys, type NodeKeys } from "./accounts/node-keys.ts";
export { accountOf, createSigner, type Signer } from "./accounts/signer.ts";
export { testAccount } from "./accounts/test-accounts.ts";
export { type DeployedFederation, type DeployOptions, type DeployStep, deployFederation } from "./contracts/deploy.ts";
export { type EmbeddedChain, type EmbeddedChainOptions, startEmbeddedChain } from "./embedded-chain.ts";
export { type ChainOptions, createChain } from "./ethers-chain.ts";
export { type ChainReaderOptions, createChainReader } from "./reading/chain-reader.ts";
export type { Finality } from "./rpc/head-watch.ts";
export { type ChainTraits, probeChain } from "./rpc/probe-chain.ts";
export { type EtherTransfer, requireFunds, sendEther, weiOf } from "./sending/send-ether.ts";
