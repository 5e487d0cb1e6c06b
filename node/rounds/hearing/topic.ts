import type { PeerIdText } from "../../core/ids.ts";
import type { ChainReader } from "../../ports/chain.ts";
import type { GossipVerdict } from "../../ports/transport.ts";
import type { RoundEvent, RoundState } from "../state/round-state.ts";

/** What recovers the signers of gossiped words. */
export type Signers = Pick<ChainReader, "recoverAttester" | "recoverSigner" | "chainId" | "federation">;

/** A kind of gossip that every role hears. */
export interface Topic {
  readonly topic: string;
  /** What to do with a message, and what it tells; pure. `author`: whose signature the gossip carries. */
  judge(
    message: Uint8Array,
    author: PeerIdText,
    state: RoundState,
    signers: Signers,
  ): { readonly verdict: GossipVerdict; readonly event?: RoundEvent | undefined };
}
