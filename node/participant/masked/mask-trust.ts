import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import { checkInvitedTask, type Invitation, isGranted } from "../../core/words/invitation.ts";
import type { ChainReader } from "../../ports/chain.ts";
import type { MaskTrust } from "../../privacy/masking/index.ts";
import type { TaskLook } from "../../rounds/blobs/task-look.ts";
import { drawnBySlot } from "../../rounds/steps/mask-queries.ts";

type RecoverSigner = ChainReader["recoverSigner"];

/**
 * What a member of a round believes without any endpoint's word: its invitation, the rules that this names by their
 * hash, and signatures. Throws INVITATION_MISMATCH for a task with other rules or another specification.
 */
export function maskTrust(
  deps: Pick<ChainReader, "chainId" | "federation" | "recoverSigner"> & { readonly invitation: Invitation },
  round: RoundView,
  { view, members }: TaskLook,
): MaskTrust {
  const { chainId, federation, recoverSigner, invitation } = deps;
  checkInvitedTask(invitation, view);
  return {
    chainId,
    federation,
    recoverSigner,
    rules: view.rules,
    drawnBySlot: drawnBySlot(view, round),
    isGranted(account: Address) {
      const member = members.find((one) => hexEquals(one.account, account));
      return member !== undefined && isGranted(invitation, member, "participant", recoverSigner);
    },
  };
}

/** Records whose signers are remembered: those of several rounds of 64. */
const mostRemembered = 1024;

/** The same function, which recovers no signature twice: the keys of a round are checked at each of its steps. */
export function rememberSigners(recoverSigner: RecoverSigner): RecoverSigner {
  const known = new Map<string, Address | undefined>();
  return (record) => {
    const key = JSON.stringify(record);
    if (known.has(key)) return known.get(key);
    const signer = recoverSigner(record);
    known.set(key, signer);
    for (const oldest of known.keys()) {
      if (known.size <= mostRemembered) break;
      known.delete(oldest);
    }
    return signer;
  };
}
