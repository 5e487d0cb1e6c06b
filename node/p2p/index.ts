export { createBlockExchange } from "./blocks/block-stream.ts";
export { blocksProtocol } from "./blocks/blocks-protocol.ts";
export { createHost, type Host, type HostOptions, peerIdOfSeed } from "./host.ts";
export { p2pLimits } from "./limits.ts";
export {
  cleanScore,
  isCutOff,
  type Offence,
  pointsAt,
  scoreAfter,
} from "./peer-score.ts";
export { answeringAddress } from "./probe-peer.ts";
