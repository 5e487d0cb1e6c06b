import { expect } from "chai";
import { keyringsOf, sealedBlobs } from "../../../../node/audit/index.ts";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Bytes32, Hex } from "../../../../node/core/ids.ts";
import type { KeyringRef } from "../../../../node/ports/index.ts";
import { giveSecret, takeSecret } from "../../../../node/privacy/sealed/given-secret.ts";
import { type Grant, grantWord, openGrant, parseGrant, sealGrant } from "../../../../node/privacy/sealed/grant.ts";
import { testBlob } from "../../../support/blobs.ts";
import { accountOfMember, keysOfMember, sealedTask } from "../../../support/history/sealed-members.ts";
import { aggregatingRound, proposedRound, viewOf } from "../../../support/states/round-states.ts";

const auditor = keysOfMember(5);
const grantedBy = accountOfMember(1);
const about = { ...sealedTask, fromRound: 2, toRound: 7, auditor: auditor.publicKey, grantedBy };
const idOf = (index: number) => toHex(testBlob(32, index)) as Bytes32;
const secrets = new Map([3, 1, 2].map((index) => [idOf(index), testBlob(32, 100 + index)]));
const signature = `0x${"12".repeat(65)}` as const;

describe("a grant", () => {
  it("opens with the auditor's key, and gives the secrets by their keyrings", async () => {
    const grant = await sealGrant(about, secrets);
    expect(await openGrant(grant, auditor)).to.deep.equal(new Map([...secrets].sort(([a], [b]) => (a < b ? -1 : 1))));
    expect(await openGrant(grant, keysOfMember(6))).to.equal(undefined);
  });

  it("is of its task, rounds, member and auditor only", async () => {
    const grant = await sealGrant(about, secrets);
    for (const change of [
      { chainId: 1 },
      { federation: accountOfMember(9) },
      { taskId: 4 },
      { fromRound: 1 },
      { toRound: 8 },
      { grantedBy: accountOfMember(2) },
      { auditor: keysOfMember(6).publicKey },
      { secrets: `${grant.secrets.slice(0, -2)}00` as Hex },
      { secrets: "0x12" as Hex },
    ])
      expect(await openGrant({ ...grant, ...change }, auditor), JSON.stringify(change)).to.equal(undefined);
    expect(grantWord(grant)).to.include({ taskId: 3, fromRound: 2, toRound: 7, auditor: auditor.publicKey });
  });

  it("is read from JSON in one form only", async () => {
    const grant: Grant = { ...(await sealGrant(about, secrets)), signature };
    expect(parseGrant(JSON.parse(JSON.stringify(grant)))).to.deep.equal(grant);
    const { signature: _, ...unsigned } = grant;
    for (const wrong of [
      null,
      "grant",
      [],
      unsigned,
      { ...grant, more: 1 },
      { ...grant, format: "fedledger/grant/2" },
      { ...grant, taskId: -1 },
      { ...grant, toRound: 2 ** 32 },
      { ...grant, auditor: "0x12" },
      { ...grant, secrets: "0x123" },
      { ...grant, chainId: "1" },
    ])
      expect(parseGrant(wrong), JSON.stringify(wrong)).to.equal(undefined);
  });
});

describe("a secret that is given to one reader", () => {
  const owner = { task: sealedTask, sender: accountOfMember(0), keyring: idOf(1) };

  it("opens for that reader, of that keyring and sender only", async () => {
    const secret = testBlob(32, 8);
    const given = await giveSecret(secret, owner, auditor.publicKey);
    expect(await takeSecret(given, owner, auditor)).to.deep.equal(secret);
    expect(await takeSecret(given, owner, keysOfMember(6))).to.equal(undefined);
    expect(await takeSecret(given, { ...owner, keyring: idOf(2) }, auditor)).to.equal(undefined);
    expect(await takeSecret(given, { ...owner, sender: accountOfMember(3) }, auditor)).to.equal(undefined);
  });
});

describe("the keyrings of a task", () => {
  const round = proposedRound();
  const view = viewOf([round, aggregatingRound([0, 1], { round: 2 })]);

  it("are those of every committed update and of the proposals, in a range of rounds", () => {
    const all = [...sealedBlobs(view, { from: 1, to: 9 }).values()].flat();
    expect(all.filter(({ purpose }) => purpose === "model")).to.have.length(1);
    expect(all.filter(({ purpose }) => purpose === "update")).to.have.length(round.commitments.length + 2);
    expect([...sealedBlobs(view, { from: 2, to: 2 }).values()].flat()).to.have.length(2);
  });

  /** Looks for the keyrings of blobs whose keyrings are these; undefined stands for a blob that nobody has. */
  async function search(keyrings: readonly (number | undefined)[]) {
    let fetched = 0;
    const blobs = keyrings.map((_, index) => ({
      round: index + 1,
      sender: accountOfMember(0),
      purpose: "update" as const,
      root: idOf(0),
      contentId: idOf(index),
    }));
    const found = await keyringsOf(blobs, async ({ round: number }): Promise<KeyringRef> => {
      fetched += 1;
      const keyring = keyrings[number - 1];
      if (keyring === undefined) throw new FedledgerError("BLOB_NOT_FOUND", {});
      return { contentId: idOf(keyring), lengthBytes: 145 };
    });
    return { fetched, ids: new Set(found.keyrings.map(({ contentId }) => contentId)), missing: found.missing.length };
  }

  it("are found by few of the blobs", async () => {
    const long = Array.from({ length: 64 }, (_, i) => (i < 40 ? 1 : 2));
    const { fetched, ids, missing } = await search(long);
    expect(ids).to.deep.equal(new Set([idOf(1), idOf(2)]));
    expect(fetched).to.be.below(16);
    expect(missing).to.equal(0);
    expect((await search(Array(64).fill(1))).fetched).to.equal(2);
  });

  it("are all found, wherever blobs are missing", async () => {
    for (const keyrings of [
      [1],
      [1, 2],
      [1, 2, 3, 4, 5, 6, 7],
      [undefined, 1, undefined, 2, 2, undefined],
      [undefined, undefined],
      [1, undefined, undefined, undefined, 2],
    ]) {
      const { ids } = await search(keyrings);
      expect(ids, `${keyrings}`).to.deep.equal(new Set(keyrings.flatMap((each) => (each ? [idOf(each)] : []))));
    }
    expect((await search([undefined, undefined])).missing).to.equal(2);
  });
});
