export { createBlockExchange } from "./block-stream.ts";
export { blocksProtocol } from "./blocks-protocol.ts";
export { createHost, type Host, type HostOptions, peerIdOfSeed } from "./host.ts";
export { type P2pLimits, p2pLimits } from "./limits.ts";
export {
  cleanScore,
  isCutOff,
  type Offence,
  type PeerScore,
  pointsAt,
  type ScoreLimits,
  scoreAfter,
} from "./peer-score.ts";
