import { existsSync } from "node:fs";
import { join } from "node:path";
import { readCodes } from "../../chain/index.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import {
  checkInvitation,
  checkSuccession,
  formatInvitation,
  type Invitation,
  parseInvitation,
} from "../../core/words/invitation.ts";
import type { ChainReader, Log } from "../../ports/index.ts";
import { readFileText, writeFileAtomic } from "../../system/index.ts";

/**
 * Holds an invitation against the chain that a node follows, against the codes that are deployed there, and against the
 * invitation that the node had before, which its folder keeps; then keeps this one. Rejects with INVITATION_MISMATCH,
 * INVALID_INVITATION, INVITATION_NOT_CONTINUED, and as files and endpoints do.
 *
 * @param node.directory the node's folder
 */
export async function keepInvitation(
  invitation: Invitation,
  node: {
    readonly chain: ChainReader;
    readonly rpc: readonly string[];
    readonly directory: string;
    readonly log: Log;
  },
): Promise<void> {
  const { chain, rpc, directory, log } = node;
  checkInvitation(invitation, chain);
  const { hashes } = await readCodes({ urls: rpc, federation: chain.federation, log });
  for (const [name, actual] of Object.entries(hashes)) {
    const expected = invitation.codeHashes[name];
    if (expected !== undefined && hexEquals(expected, actual)) continue;
    throw new FedledgerError("INVITATION_MISMATCH", { name: `code of ${name}`, expected: expected ?? "none", actual });
  }
  const path = join(directory, "invitation.json");
  if (existsSync(path)) checkSuccession(parseInvitation(await readFileText(path)), invitation, path);
  await writeFileAtomic(path, formatInvitation(invitation), { replace: true });
}
