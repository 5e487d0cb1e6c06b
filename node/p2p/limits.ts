/** Every size, count and time limit of the peer-to-peer layer; docs/limits.md says why each is what it is. */
export interface P2pLimits {
  /** Most bytes of a gossip message, a request, or a response. */
  readonly messageBytes: number;
  /** Most bytes of one gossipsub frame, which may carry several messages. */
  readonly gossipFrameBytes: number;
  /** Gossip messages a second of one author that a neighbour may bring: its own, and each other member's. */
  readonly gossipPerAuthor: number;
  /** How long a request may take when the caller does not say. */
  readonly requestTimeoutMs: number;
  /** How long a peer may take to send its request once the stream is open. */
  readonly receiveTimeoutMs: number;
  /** How long a handler may take to answer. */
  readonly handlerTimeoutMs: number;
  /** Streams one peer may have open to us, of each request protocol. */
  readonly requestsPerPeer: number;
  /** Most bytes of a block. */
  readonly blockBytes: number;
  /** Block streams served at once, to everybody together. */
  readonly blockStreams: number;
  /** Block streams that may wait for their turn. */
  readonly blockStreamsWaiting: number;
  /** Block streams one peer may have open to us. */
  readonly blockStreamsPerPeer: number;
  /** How long a block stream may stand still, in either direction. */
  readonly blockIdleTimeoutMs: number;
  /** Most blocks of a DAG that is served. */
  readonly blocksPerStream: number;
  /** How long a dial may take. */
  readonly dialTimeoutMs: number;
  /** First pause before a failed dial is tried again; it doubles each time. */
  readonly redialMinMs: number;
  /** Longest pause before a failed dial is tried again. */
  readonly redialMaxMs: number;
  /** How long the peer with the larger PeerId waits for the other to dial. */
  readonly dialYieldMs: number;
  /** Connections at once. */
  readonly connections: number;
  /** Inbound connections at once of one peer. */
  readonly connectionsPerPeer: number;
  /** Inbound connections that have not shown a key yet, from addresses that the registry does not list. */
  readonly pendingConnections: number;
  /** Inbound connections that have not shown a key yet, from one network address. */
  readonly pendingPerAddress: number;
  /** How long an inbound connection may take to show its key. */
  readonly handshakeTimeoutMs: number;
  /** Inbound connections a second from one network address. */
  readonly connectionsPerSecond: number;
  /** Points at which a peer is cut off; what costs how many is in peer-score.ts. */
  readonly offencePoints: number;
  /** After this time half of the points are forgiven. */
  readonly offenceHalfLifeMs: number;
  /** How long a peer is cut off. */
  readonly cutOffMs: number;
}

/** The limits in force unless a test sets others. */
export const p2pLimits: P2pLimits = {
  messageBytes: 64 * 1024,
  gossipFrameBytes: 1024 * 1024,
  gossipPerAuthor: 16,
  requestTimeoutMs: 10_000,
  receiveTimeoutMs: 5_000,
  handlerTimeoutMs: 120_000,
  requestsPerPeer: 32,
  blockBytes: 1024 * 1024,
  blockStreams: 16,
  blockStreamsWaiting: 128,
  blockStreamsPerPeer: 16,
  blockIdleTimeoutMs: 15_000,
  blocksPerStream: 1 << 20,
  dialTimeoutMs: 5_000,
  redialMinMs: 250,
  redialMaxMs: 15_000,
  dialYieldMs: 500,
  connections: 512,
  connectionsPerPeer: 4,
  pendingConnections: 64,
  pendingPerAddress: 32,
  handshakeTimeoutMs: 5_000,
  connectionsPerSecond: 100,
  offencePoints: 100,
  offenceHalfLifeMs: 60_000,
  cutOffMs: 60_000,
};
