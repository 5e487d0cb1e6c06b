import { deriveNodeKeys, type Finality } from "../../chain/index.ts";
import type { Chain, Log } from "../../ports/index.ts";
import { withOneRegistration } from "../../rounds/machine/one-registration.ts";
import { type Told, withInvitation } from "../invitations/invited.ts";
import { type HeldInvitation, heldInvitation } from "../invitations/keep-invitation.ts";
import { finalityOf, logOf, openFederationAs } from "../record/open-federation.ts";
import { nodeFolderOf } from "./node-folder.ts";
import type { NodeEvents, NodeSettings } from "./node-options.ts";

/** A node before anything of it is opened or kept: who acts, on which record, and what the admin said. */
export interface FoundNode {
  readonly options: Told<NodeSettings>;
  readonly keys: ReturnType<typeof deriveNodeKeys>;
  /** The record, and the one sender of the account's transactions; it registers the node once for all its tasks. */
  readonly chain: Chain;
  readonly finality: Finality;
  /** Where the node keeps what it has. */
  readonly directory: string;
  readonly invitation: HeldInvitation;
  readonly log: Log;
}

/**
 * Finds a node's record. Rejects with INVALID_CONFIG, RPC_UNREACHABLE, NO_FEDERATION, CHAIN_MISMATCH,
 * CONFIRMATIONS_NEEDED, INVALID_INVITATION.
 */
export async function findNode(given: NodeSettings, { log: said }: Pick<NodeEvents, "log">): Promise<FoundNode> {
  const log = logOf({ log: said });
  // what the admin said
  const options = withInvitation(given);
  // who we are
  const keys = deriveNodeKeys(options.account.privateKey);
  // the record
  const finality = await finalityOf({ ...options, log });
  const opened = await openFederationAs({ ...options, ...told(finality), log: log.child({ module: "chain" }) });
  const chain = withOneRegistration(opened);
  const directory = await nodeFolderOf(options.directory, chain);
  const invitation = await heldInvitation(options.invitation, { chain, directory });
  return { options, keys, chain, finality, directory, invitation, log };
}

/** A finality as the option says it. */
function told(finality: Finality) {
  return { confirmations: typeof finality === "string" ? finality : finality.confirmations };
}
