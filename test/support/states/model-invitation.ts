import type { Address } from "../../../node/core/ids.ts";
import type { TaskView } from "../../../node/core/record/task-view.ts";
import type { Member } from "../../../node/core/records.ts";
import { rulesHash } from "../../../node/core/words/commitment.ts";
import { grantFor, type Invitation, specHashOf } from "../../../node/core/words/invitation.ts";
import { modelRecordDigest, modelSign } from "../../simulation/model/model-signature.ts";

/** The grant key of invitations in models. */
export const grantKey = `0x${"9e".repeat(20)}` as Address;

/** An invitation of model accounts as participants of these tasks, by the model's signatures. */
export function modelInvitation(
  { chainId, federation }: { readonly chainId: number; readonly federation: Address },
  participants: readonly Address[],
  tasks: readonly Pick<TaskView, "taskId" | "rules" | "spec">[] = [],
): Invitation {
  const role = "participant";
  const epoch = 1;
  return {
    format: "fedledger/invitation/1",
    chainId,
    federation,
    codeHashes: {},
    admin: `0x${"ad".repeat(20)}`,
    grantKeys: [{ key: grantKey }],
    epoch,
    grants: participants.map((account) => {
      const signature = modelSign(grantKey, modelRecordDigest({ type: "role-grant", account, role, epoch }));
      return { account, role, signature };
    }),
    tasks: tasks.map(({ taskId, rules, spec }) => {
      return { taskId, rulesHash: rulesHash(rules), specHash: specHashOf(spec) };
    }),
    rpc: [],
  };
}

/** The member with the grant that the invitation has for it. */
export function granted(invitation: Invitation, member: Member): Member {
  const grant = grantFor(invitation, member.account);
  if (member.contact === undefined || grant === undefined) return member;
  return { ...member, contact: { ...member.contact, grant } };
}
