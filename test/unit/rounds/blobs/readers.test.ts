import { expect } from "chai";
import type { Address } from "../../../../node/core/ids.ts";
import type { Member, Role } from "../../../../node/core/records.ts";
import { zeroBytes32 } from "../../../../node/core/words/commitment.ts";
import { readersOf } from "../../../../node/rounds/blobs/readers.ts";
import { taskPreset } from "../../../../node/training/index.ts";

const account = (n: number) => `0x${String(n).repeat(40)}` as Address;
const member = (n: number, role: Role, attributes?: Member["attributes"]): Member => ({
  account: account(n),
  roles: [role],
  ...(attributes && { attributes }),
});
const place = (n: number, leaving = false) => ({ account: account(n), leaving, idle: false, statement: zeroBytes32 });
const north = { organisation: "North", region: "EU", clearance: 2 };
const members = [
  member(1, "aggregator", north),
  member(2, "aggregator"),
  member(3, "participant", north),
  member(4, "participant", { ...north, clearance: 1 }),
  member(5, "participant", north),
  member(6, "participant", north),
  member(7, "admin", north),
  member(8, "aggregator", north),
];
const enrolled = [place(3), place(4), place(5, true)];
const joined = [place(1), place(2)];
const readers = (spec: string) =>
  readersOf({ enrolled, joined, spec }, members).map(({ account }) => Number(account[2]));

describe("rounds/readers", () => {
  const { spec } = taskPreset("breast-cancer");

  it("are the task's aggregators and participants that are not leaving", () => {
    expect(readers(JSON.stringify({ ...spec, blobs: "members" }))).to.deep.equal([1, 2, 3, 4]);
    expect(readers("{}")).to.deep.equal([1, 2, 3, 4]);
  });

  it("are of these only whom the task's policy for reading lets in", () => {
    const access = { read: { organisations: ["North"], clearance: 2 } };
    expect(readers(JSON.stringify({ ...spec, blobs: "members", access }))).to.deep.equal([1, 3]);
  });
});
