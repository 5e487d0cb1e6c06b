import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { heldInvitation, keepInvitation } from "../../../../node/api/invitations/keep-invitation.ts";
import { type InvitationOptions, makeInvitation } from "../../../../node/api/invitations/make-invitation.ts";
import {
  checkInvitation,
  formatInvitation,
  grantFor,
  grantKeyOf,
  type Invitation,
} from "../../../../node/core/words/invitation.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { type FederationFixture, startFederation } from "../../../support/federation-fixture.ts";

const [grantKey, successor, another] = [1, 2, 3].map((digit) => `0x${String(digit).repeat(64)}`);

describe("making an invitation", function () {
  this.timeout(30_000);
  let fixture: FederationFixture;
  let folder: string;
  const make = async (options: Partial<InvitationOptions> = {}) =>
    makeInvitation({
      chain: fixture.admin.chain,
      endpoint: fixture.url,
      tasks: [1],
      grantKey: grantKey!,
      members: [],
      ...options,
    });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "fedledger-invitation-"));
    fixture = await startFederation({ participants: 2, aggregators: 1, register: false });
    await fixture.createTask({ enrol: [], join: [] });
    await fixture.createTask({ enrol: [], join: [] });
  });
  after(async () => {
    await fixture.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("goes on from the one before: tasks and grants are added, a revocation begins anew, a successor signs all", async () => {
    const { chain } = fixture.admin;
    const [one, two] = fixture.participants.map(({ account }) => ({ account, role: "participant" as const }));
    const first = await make({ members: [one!] });
    checkInvitation(first, chain);
    expect(first.epoch).to.equal(1);
    expect(Object.keys(first.codeHashes)).to.deep.equal(["Federation", "Court", "Proofs"]);
    const second = await make({ from: first, tasks: [2], members: [two!] });
    expect(second.tasks.map(({ taskId }) => taskId)).to.deep.equal([1, 2]);
    expect(second.grants.map(({ account }) => account)).to.deep.equal([one!.account, two!.account]);
    const third = await make({ from: second, members: [two!], revoke: true });
    expect(third.epoch).to.equal(2);
    expect(grantFor(third, one!.account)).to.equal(undefined);
    const fourth = await make({ from: third, successor: successor! });
    checkInvitation(fourth, chain);
    expect(fourth.grantKeys).to.have.length(2);
    expect(grantKeyOf(fourth)).not.to.equal(grantKeyOf(third));
    expect(grantFor(fourth, two!.account)).not.to.equal(grantFor(third, two!.account));
    await expectCode("INVALID_CONFIG", () => make({ from: fourth }));
    checkInvitation(await make({ from: fourth, grantKey: successor! }), chain);
  });

  it("goes on from none of another federation, and from none that was tampered with", async () => {
    const [one] = fixture.participants.map(({ account }) => ({ account, role: "participant" as const }));
    const first = await make({ members: [one!] });
    const federation = `0x${"fe".repeat(20)}` as const;
    await expectCode("INVITATION_MISMATCH", () => make({ from: { ...first, federation } }));
    const [grant] = first.grants;
    const grants = [{ ...grant!, account: fixture.participants[1]!.account }];
    await expectCode("INVALID_INVITATION", () => make({ from: { ...first, grants } }));
  });

  it("is made by an admin, after the one before it, and can be read by members", async () => {
    const { chain, account } = fixture.participants[0]!;
    await expectCode("NOT_ADMIN", () => make({ chain: { ...chain, account } }));
    const own = { grantKey: another! };
    const first = await make(own);
    await expectCode("INVALID_INVITATION", () =>
      make({ ...own, from: { ...first, epoch: 2 ** 32 - 1 }, revoke: true }),
    );
    const member = fixture.participants[1]!;
    const members = [{ account: member.account, role: "participant" as const }];
    const next = await make({ ...own, from: first, revoke: true, members });
    const contact = { peerId: member.peerId, encryptionKey: `0x${"11".repeat(32)}` as const, multiaddrs: [] };
    await member.chain.send({ kind: "register", ...contact, grant: grantFor(next, member.account)! });
    const { message } = await expectCode("INVALID_CONFIG", () => make(own));
    expect(message).to.contain("epoch 2");
    expect((await make()).epoch, "another key's").to.equal(1);
  });

  it("names no endpoint by which others could act as the admin", async () => {
    const secret = [
      "http://user:pass@127.0.0.1:1",
      "http://127.0.0.1:1/?apikey=A",
      `https://x.org/v3/${"a1".repeat(16)}`,
    ];
    const { rpc } = await make({ endpoint: [fixture.url, ...secret] });
    expect(rpc).to.deep.equal([fixture.url]);
  });

  it("is kept by a node, which takes no other one of another chain, code or line of grant keys", async () => {
    const { chain } = fixture.participants[0]!;
    const node = { chain, directory: folder };
    const held = async (invitation: Invitation | undefined, taskId = 1, isNamed = true) => {
      const found = await (await heldInvitation(invitation, node)).of(taskId, isNamed);
      if (invitation !== undefined) await keepInvitation(invitation, folder);
      return found;
    };
    const first = await make();
    await held(first);
    await held(first);
    const next = await make({ from: first, revoke: true });
    await held(next);
    expect(await readFile(join(folder, "invitation.json"), "utf8")).to.equal(formatInvitation(next));
    await expectCode("INVITATION_NOT_CONTINUED", () => held(first));
    const other = await make({ grantKey: successor! });
    await expectCode("INVITATION_NOT_CONTINUED", () => held(other));
    await expectCode("INVITATION_MISMATCH", () => held({ ...next, chainId: 1 }));
    const codeHashes = { ...next.codeHashes, Proofs: `0x${"11".repeat(32)}` as const };
    await expectCode("INVITATION_MISMATCH", () => held({ ...next, codeHashes }));
    expect(await held(undefined), "the one kept, where none is given").to.deep.equal(next);
    expect(await held(undefined, 2), "of a task that it does not name").to.equal(undefined);
    expect(await held(next, 2), "one that was given is asked where the task was named").to.deep.equal(next);
    expect(await held(next, 2, false), "but not of a task that nobody named").to.equal(undefined);
  });
});
