import { baseRules, createFederation, openAccess, word, zeroWord } from "./support/federation.ts";

const gas = async (name: string, sent: any) => {
  const tx = await sent;
  console.log(name, Number((await tx.wait()).gasUsed));
};
describe("gas", () => {
  it("round", async () => {
    const f = await createFederation({ participants: 16, aggregators: 2 });
    const { federation } = f;
    await gas(
      "createTask 1500",
      federation.createTask({ ...baseRules }, openAccess, word(0), "0x" + "ab".repeat(1500), "0x"),
    );
    await federation.createTask({ ...baseRules }, openAccess, word(0), "0x" + "ab".repeat(1500), "0x");
    await gas(
      "createTask 1500 second",
      federation.createTask({ ...baseRules }, openAccess, word(0), "0x" + "ab".repeat(1500), "0x"),
    );
    const more = f as any;
    for (const m of f.members) await gas("enrol", federation.connect(m).enrol(3, zeroWord, "0x"));
    for (const m of f.aggregators) await gas("join", federation.connect(m).join(3));
    const id = 3;
    for (let r = 1; r <= 3; r++) {
      await gas("open " + r, f.openRound(id));
      if (r < 3) for (const m of f.members) await gas("commit " + r, f.commit(id, m));
      else {
        const signed = await Promise.all(f.members.map((m) => f.signCommitment(id, m)));
        await gas("commit batch 16", federation.commitBatch(id, r, signed));
      }
      await gas("close", federation.closeRound(id, r));
      const { attempt, assigned, totalWeight, accumulator } = await f.facts(id);
      const p = {
        attempt,
        aggregator: assigned,
        modelRoot: word(7000 + r),
        contentId: word(8000),
        totalWeight,
        excluded: 0n,
      };
      await gas("propose", federation.connect(f.signerOf(assigned)).propose(id, r, accumulator, p, "0x"));
      await gas("accept 9", f.accept(id, f.members.slice(0, 9)));
      await federation.openRound;
    }
    await gas("leave", federation.connect(f.members[3]!).leave(id));
    await gas("leave", federation.connect(f.members[4]!).leave(id));
    await gas("free", federation.freePlaces(id));
    await gas("revoke", federation.revokeRole(f.role("PARTICIPANT_ROLE"), f.members[5]!.address));
    await gas(
      "register",
      federation.connect(f.members[6]!).register("0x" + "11".repeat(38), word(3), "/ip4/127.0.0.1/tcp/4001", "0x"),
    );
    await gas("open 4", f.openRound(id));
    for (const m of f.members.slice(6)) await f.commit(id, m);
    await f.pass(700);
    await gas("close", federation.closeRound(id, 4));
    await f.pass(400);
    await gas("reassign", federation.reassign(id, 4));
    await f.pass(400);
    await gas("reassign invalid", federation.reassign(id, 4));
  });
  it("accept 1", async () => {
    const f = await createFederation({ participants: 1, aggregators: 2 });
    const id = await f.createTask({ minUpdates: 1 });
    for (let r = 1; r <= 3; r++) {
      await f.openRound(id);
      await f.commit(id, f.members[0]!);
      await f.federation.closeRound(id, r);
      await f.propose(id);
      await gas("accept 1", f.accept(id));
    }
  });
});
