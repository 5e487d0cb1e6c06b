import type { Address, Hex } from "../../../node/core/ids.ts";
import type { TaskRules } from "../../../node/core/records.ts";
import { rulesHash } from "../../../node/core/words/commitment.ts";
import { type Invitation, specHashOf } from "../../../node/core/words/invitation.ts";
import { encodeGrant, type GrantedRole } from "../../../node/core/words/role-grants.ts";
import { modelRecordDigest, modelSign } from "./model-signature.ts";
import { modelDeployment } from "./model-storage.ts";

const grantKey = `0x${"9a".repeat(20)}` as Address;
const epoch = 1;

/** What the admin of the model gives its members: an invitation with a grant for each. */
export function modelInvitation(
  admin: Address,
  members: readonly { readonly account: Address; readonly role: GrantedRole }[],
  task: { readonly taskId: number; readonly rules: TaskRules; readonly spec: string },
): Invitation {
  const { taskId, rules, spec } = task;
  return {
    format: "fedledger/invitation/1",
    ...modelDeployment,
    codeHashes: {},
    admin,
    grantKeys: [{ key: grantKey }],
    epoch,
    grants: members.map(({ account, role }) => ({ account, role, signature: grantOf(account, role) })),
    tasks: [{ taskId, rulesHash: rulesHash(rules), specHash: specHashOf(spec) }],
    rpc: [],
  };
}

/** A member's grant as it registers it. */
export function registeredGrant(account: Address, role: GrantedRole): Hex {
  return encodeGrant({ role, epoch, signature: grantOf(account, role) });
}

function grantOf(account: Address, role: GrantedRole): Hex {
  return modelSign(grantKey, modelRecordDigest({ type: "role-grant", account, role, epoch }));
}
