export {
  createKeystore,
  openKeystore,
  readKeystoreAccount,
} from "./accounts/keystore.ts";
export { deriveNodeKeys } from "./accounts/node-keys.ts";
export { accountOf, createSigner } from "./accounts/signer.ts";
export { testAccount } from "./accounts/test-accounts.ts";
export { type DeployedFederation, type DeployStep, deployFederation } from "./contracts/deploy.ts";
export { type EmbeddedChain, type EmbeddedChainOptions, startEmbeddedChain } from "./embedded-chain.ts";
export { isOnThisMachine } from "./endpoints/rpc-endpoint.ts";
export { createChain } from "./ethers-chain.ts";
export { type ChainReaderOptions, createChainReader } from "./reading/chain-reader.ts";
export type { Finality } from "./rpc/head-watch.ts";
export { probeChain } from "./rpc/probe-chain.ts";
export { requireFunds, sendEther } from "./sending/send-ether.ts";
