import { expect } from "chai";
import { Wallet } from "ethers";
import { attestationDomain, recoverSigner } from "../../../../node/chain/contracts/attestation-digest.ts";
import { recordDigest, typedRecord } from "../../../../node/chain/contracts/signed-records.ts";
import { compactSignature, fullSignature } from "../../../../node/core/bytes/compact-signature.ts";
import type { Address, Hex } from "../../../../node/core/ids.ts";
import type { Member } from "../../../../node/core/records.ts";
import { rulesHash } from "../../../../node/core/words/commitment.ts";
import {
  checkInvitation,
  checkInvitedTask,
  checkSuccession,
  formatInvitation,
  grantFor,
  grantKeyOf,
  type Invitation,
  isGranted,
  parseInvitation,
  specHashOf,
} from "../../../../node/core/words/invitation.ts";
import { decodeGrant, encodeGrant } from "../../../../node/core/words/role-grants.ts";
import { requireMaskedTask } from "../../../../node/participant/masked/require-masked-task.ts";
import type { SignedRecord } from "../../../../node/ports/chain.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { maskedRules } from "../../../support/states/masked-states.ts";
import { rules } from "../../../support/states/round-states.ts";
import { vectors } from "../../../support/vectors.ts";

const chainId = 11155111;
const federation = `0x${"fe".repeat(20)}` as Address;
const domain = attestationDomain(chainId, federation);
const [first, second, stranger] = [1, 2, 3].map((digit) => new Wallet(`0x${String(digit).repeat(64)}`));
const member = new Wallet(`0x${"4".repeat(64)}`).address as Address;
const other = new Wallet(`0x${"5".repeat(64)}`).address as Address;

async function signedBy(wallet: Wallet, record: SignedRecord, of = domain): Promise<Hex> {
  const { types, value } = typedRecord(record);
  return (await wallet.signTypedData(of, types, value)) as Hex;
}

const chain = {
  chainId,
  federation,
  recoverSigner: (record: SignedRecord & { readonly signature: Hex }) =>
    recoverSigner(recordDigest(domain, record), record.signature),
};

/** An invitation of one participant, by a grant key that followed another. */
async function invitationAt(epoch = 1, by = second!, of = domain): Promise<Invitation> {
  const role = "participant";
  return {
    format: "fedledger/invitation/1",
    chainId,
    federation,
    codeHashes: { Federation: `0x${"11".repeat(32)}`, Court: `0x${"12".repeat(32)}`, Proofs: `0x${"13".repeat(32)}` },
    admin: `0x${"ad".repeat(20)}`,
    grantKeys: [
      { key: first!.address as Address },
      {
        key: second!.address as Address,
        signature: await signedBy(first!, { type: "grant-key", successor: second!.address as Address }),
      },
    ],
    epoch,
    grants: [
      {
        account: member,
        role,
        signature: await signedBy(by, { type: "role-grant", account: member, role, epoch }, of),
      },
    ],
    tasks: [{ taskId: 1, rulesHash: rulesHash(rules), specHash: specHashOf("{}") }],
    rpc: ["http://127.0.0.1:8545"],
  };
}

const showing = (account: Address, grant?: Hex): Member => ({
  account,
  roles: ["participant"],
  contact: { peerId: "peer", encryptionKey: `0x${"01".repeat(32)}` as Hex, multiaddrs: [], ...(grant && { grant }) },
});

describe("an invitation", () => {
  let invitation: Invitation;
  before(async () => {
    invitation = await invitationAt();
  });

  it("comes back from its file as it was, and is refused where anything is not as it must be", async () => {
    expect(parseInvitation(formatInvitation(invitation))).to.deep.equal(invitation);
    const broken: [object, string][] = [
      [{ format: "fedledger/invitation/2" }, "format"],
      [{ chainId: 0 }, "chainId"],
      [{ federation: "0x12" }, "federation"],
      [{ grantKeys: [] }, "grantKeys"],
      [{ grantKeys: [{ key: member }, { key: other }] }, "grantKeys"],
      [{ epoch: -1 }, "epoch"],
      [{ grants: [{ account: member, role: "admin", signature: `0x${"11".repeat(65)}` }] }, "grants.0.role"],
      [
        { tasks: [{ taskId: 0, rulesHash: `0x${"11".repeat(32)}`, specHash: `0x${"11".repeat(32)}` }] },
        "tasks.0.taskId",
      ],
      [{ more: 1 }, "all of it"],
    ];
    for (const [change, place] of broken) {
      const text = JSON.stringify({ ...invitation, ...change });
      const { data } = await expectCode("INVALID_INVITATION", () => parseInvitation(text));
      expect(data.reason).to.contain(place);
    }
    for (const text of ["", "{", "[]", "null"]) await expectCode("INVALID_INVITATION", () => parseInvitation(text));
  });

  it("is of this chain and federation, its keys a chain of words, its grants by the last", async () => {
    checkInvitation(invitation, chain);
    expect(grantKeyOf(invitation)).to.equal(second!.address);
    await expectCode("INVITATION_MISMATCH", () => checkInvitation(invitation, { ...chain, chainId: 1 }));
    await expectCode("INVITATION_MISMATCH", () => checkInvitation(invitation, { ...chain, federation: other }));
    const [one, two] = invitation.grantKeys;
    const forged = { ...two!, signature: await signedBy(stranger!, { type: "grant-key", successor: two!.key }) };
    const bad: Invitation[] = [
      { ...invitation, grantKeys: [one!, forged] },
      { ...invitation, grantKeys: [one!, { ...two!, key: stranger!.address as Address }] },
      { ...invitation, grants: [{ ...invitation.grants[0]!, account: other }] },
      { ...invitation, grants: [{ ...invitation.grants[0]!, role: "aggregator" }] },
      { ...invitation, epoch: 2 },
      await invitationAt(1, first!),
      await invitationAt(1, second!, attestationDomain(1, federation)),
      await invitationAt(1, second!, attestationDomain(chainId, other)),
    ];
    for (const each of bad) await expectCode("INVALID_INVITATION", () => checkInvitation(each, chain));
  });

  it("names tasks by their rules and specification", async () => {
    const task = { taskId: 1, rules, spec: "{}" };
    checkInvitedTask(invitation, task);
    for (const change of [{ taskId: 2 }, { rules: { ...rules, minUpdates: 3 } }, { spec: "{ }" }]) {
      await expectCode("INVITATION_MISMATCH", () => checkInvitedTask(invitation, { ...task, ...change }));
    }
  });

  it("follows from the one before it", async () => {
    const next = await invitationAt(2);
    const path = "invitation.json";
    const before = { ...invitation, grantKeys: invitation.grantKeys.slice(0, 1) };
    checkSuccession(invitation, next, path);
    checkSuccession(before, next, path);
    const broken: [Invitation, Invitation][] = [
      [next, invitation],
      [next, before],
      [invitation, { ...next, federation: other }],
      [invitation, { ...next, chainId: 1 }],
      [invitation, { ...next, grantKeys: [{ key: stranger!.address as Address }] }],
    ];
    for (const [one, two] of broken) {
      const { data } = await expectCode("INVITATION_NOT_CONTINUED", () => checkSuccession(one, two, path));
      expect(data.path).to.equal(path);
    }
  });
});

describe("a grant", () => {
  it("is shown by its account, in the role and from the epoch that the invitation asks for", async () => {
    const invitation = await invitationAt(3);
    const grant = grantFor(invitation, member)!;
    expect(grant).to.have.length(2 + 2 * 69);
    expect(grantFor(invitation, other)).to.equal(undefined);
    expect(grantFor(invitation, member, "aggregator")).to.equal(undefined);
    const shows = (of: Invitation, by: Member) => isGranted(of, by, "participant", chain.recoverSigner);
    expect(shows(invitation, showing(member, grant))).to.equal(true);
    expect(shows({ ...invitation, epoch: 2 }, showing(member, grant)), "a newer one than one's own").to.equal(true);
    expect(isGranted(invitation, showing(member, grant), "aggregator", chain.recoverSigner)).to.equal(false);
    const refused: [string, Invitation, Member][] = [
      ["none", invitation, showing(member)],
      ["another's", invitation, showing(other, grant)],
      ["of an earlier epoch", { ...invitation, epoch: 4 }, showing(member, grant)],
      ["by a former grant key", invitation, showing(member, grantFor(await invitationAt(3, first!), member)!)],
      ["a shortened one", invitation, showing(member, grant.slice(0, -2) as Hex)],
      ["of a role that there is none", invitation, showing(member, `${grant.slice(0, 10)}07${grant.slice(12)}` as Hex)],
      ["raised by hand", { ...invitation, epoch: 4 }, showing(member, `0x00000004${grant.slice(10)}`)],
      ["unregistered", invitation, { account: member, roles: [] }],
    ];
    for (const [name, of, by] of refused) expect(shows(of, by), name).to.equal(false);
  });

  it("agrees with the vectors", () => {
    type Case = { kind: string; epoch: number; role: "participant" | "aggregator"; signature: Hex; expected: Hex };
    const cases = vectors<Case>("masking").filter(({ kind }) => kind === "grant");
    expect(cases).to.have.length(2);
    for (const { expected, epoch, role, signature } of cases) {
      expect(encodeGrant({ epoch, role, signature })).to.equal(expected);
      expect(decodeGrant(expected, member)).to.deep.equal({ account: member, epoch, role, signature });
    }
  });

  it("is signed in 64 bytes as in 65", async () => {
    for (let epoch = 0; epoch < 8; epoch++) {
      const word = await signedBy(first!, { type: "role-grant", account: member, role: "participant", epoch });
      expect(compactSignature(word)).to.have.length(2 + 128);
      expect(fullSignature(compactSignature(word))).to.equal(word);
    }
  });
});

describe("who may take part in a masked task", () => {
  const view = { taskId: 1, rules: maskedRules, spec: "{}" };
  const about = { view, account: member, chainId, confirmations: "safe" as const };

  it("has an invitation with a grant for it, and waits for confirmations", async () => {
    const tasks = [{ taskId: 1, rulesHash: rulesHash(maskedRules), specHash: specHashOf("{}") }];
    const invitation = { ...(await invitationAt()), tasks };
    requireMaskedTask({ ...about, invitation });
    requireMaskedTask({ ...about, invitation, confirmations: 1 });
    await expectCode("INVITATION_NEEDED", () => requireMaskedTask({ ...about, invitation: undefined }));
    await expectCode("GRANT_MISSING", () => requireMaskedTask({ ...about, account: other, invitation }));
    await expectCode("MASK_UNCONFIRMED", () => requireMaskedTask({ ...about, invitation, confirmations: 0 }));
    requireMaskedTask({ ...about, invitation, confirmations: 0, chainId: 31_337 });
    await expectCode("INVITATION_MISMATCH", () =>
      requireMaskedTask({ ...about, invitation: { ...invitation, tasks: [] } }),
    );
  });

  it("needs nothing of it in other modes, but what the invitation says of the task", async () => {
    const plain = { ...about, view: { ...view, rules }, confirmations: 0 };
    requireMaskedTask({ ...plain, invitation: undefined });
    requireMaskedTask({ ...plain, account: other, invitation: await invitationAt() });
    const changed = { ...plain, view: { ...view, rules: { ...rules, rounds: 9 } } };
    const invitation = await invitationAt();
    await expectCode("INVITATION_MISMATCH", () => requireMaskedTask({ ...changed, invitation }));
  });
});
