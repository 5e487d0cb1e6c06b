export { type ChainReaderOptions, createChainReader } from "./chain-reader.ts";
export { type DeployedFederation, type DeployOptions, type DeployStep, deployFederation } from "./deploy.ts";
export { differingCodes, type FederationCodes, readCodes } from "./deployed-codes.ts";
export { type EmbeddedChain, type EmbeddedChainOptions, startEmbeddedChain } from "./embedded-chain.ts";
export { type ChainOptions, createChain } from "./ethers-chain.ts";
export type { Finality } from "./head-watch.ts";
export {
  type AccountKey,
  createKeystore,
  type NewKeystore,
  openKeystore,
  readKeystoreAccount,
} from "./keystore.ts";
export { deriveNodeKeys, type NodeKeys } from "./node-keys.ts";
export { type ChainTraits, probeChain } from "./probe-chain.ts";
export { type EtherTransfer, requireFunds, sendEther, weiOf } from "./send-ether.ts";
export { accountOf, createSigner, type Signer } from "./signer.ts";
export { testAccount } from "./test-accounts.ts";
