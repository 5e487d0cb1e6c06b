/** A hexadecimal string with 0x in front. */
export type Hex = `0x${string}`;
/** 32 bytes in lower-case hexadecimal. */
export type Bytes32 = Hex & { readonly __bytes32?: never };
/** An Ethereum account, EIP-55 checksummed. */
export type Address = Hex & { readonly __address?: never };
/** A libp2p PeerId in its text form (base58 or base36). */
export type PeerIdText = string & { readonly __peerId?: never };
/** Number of a task, from 1 (uint32). */
export type TaskId = number;
/** Number of a round within its task, from 1 (uint32). */
export type RoundNumber = number;
