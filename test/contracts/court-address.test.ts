import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { createFederation, type TestFederation, word } from "./support/federation.ts";

const require = createRequire(import.meta.url);
const project = join(import.meta.dirname, "../..");

interface StorageEntry {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}
interface StorageLayout {
  readonly storage: readonly StorageEntry[];
  readonly types: Readonly<
    Record<string, { readonly members?: readonly StorageEntry[]; readonly numberOfBytes: string }>
  >;
}
interface Artifact {
  readonly abi: readonly { readonly type: string }[];
  readonly bytecode: string;
}

const artifact = (path: string): Artifact =>
  JSON.parse(readFileSync(join(project, "artifacts/contracts", path), "utf8")) as Artifact;

/** What solc says of the storage of the three contracts: an analysis of the very sources that were compiled. */
function storageLayouts(): Record<"federation" | "court" | "privacy", StorageLayout> {
  const folder = join(project, "artifacts/build-info");
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".output.json")) continue;
    const { input } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    const of = (file: string) => Object.keys(input.sources).find((path) => path.endsWith(file));
    const [federation, court] = [of("contracts/Federation.sol"), of("contracts/court/Court.sol")];
    const privacy = of("contracts/privacy/Privacy.sol");
    if (federation === undefined || court === undefined || privacy === undefined) continue;
    const settings = { ...input.settings, viaIR: false, outputSelection: { "*": { "*": ["storageLayout"] } } };
    const solc = require("solc") as { compile(input: string): string };
    const { contracts } = JSON.parse(solc.compile(JSON.stringify({ ...input, settings })));
    return {
      federation: contracts[federation].Federation.storageLayout,
      court: contracts[court].Court.storageLayout,
      privacy: contracts[privacy].Privacy.storageLayout,
    };
  }
  throw new Error("no build of the federation");
}

/** The number that solc gives to a type of the same name differs from contract to contract. */
const shapeOf = (layout: StorageLayout, { label, slot, offset, type }: StorageEntry): object => {
  const { members, numberOfBytes } = layout.types[type]!;
  return {
    label,
    slot,
    offset,
    type: type.replaceAll(/\)\d+_/g, ")_"),
    numberOfBytes,
    members: members?.map((member) => shapeOf(layout, member)),
  };
};

describe("The codes of court and privacy in the federation's storage", () => {
  let f: TestFederation;
  let court: string;

  beforeEach(async () => {
    f = await createFederation({ participants: 2, aggregators: 1 });
    court = f.ethers.getCreateAddress({ from: f.address, nonce: 1 });
  });

  it("have one layout: their slots are the federation's first, and they have no others", function () {
    this.timeout(120_000);
    const layouts = storageLayouts();
    const shapes = (layout: StorageLayout) => layout.storage.map((entry) => shapeOf(layout, entry));
    const shared = shapes(layouts.court);
    expect(shared.map((entry) => (entry as StorageEntry).label))
      .includes("_tasks")
      .includes("_burntWei")
      .includes("_access");
    expect(shapes(layouts.privacy)).deep.equals(shared);
    expect(shapes(layouts.federation).slice(0, shared.length)).deep.equals(shared);
    expect(layouts.federation.storage.length).greaterThan(shared.length);
  });

  it("share no selector: each call of IFederation is of one of the three, and each of theirs is in it", () => {
    const selectors = (path: string): string[] => {
      const found: string[] = [];
      new f.ethers.Interface(artifact(path).abi).forEachFunction(({ selector }) => found.push(selector));
      return found.sort();
    };
    const own = selectors("Federation.sol/Federation.json");
    const courts = selectors("court/Court.sol/Court.json");
    const others = selectors("privacy/Privacy.sol/Privacy.json");
    const all = new Set([...own, ...courts, ...others]);
    expect(all.size).equals(own.length + courts.length + others.length);
    for (const selector of selectors("interfaces/IFederation.sol/IFederation.json")) {
      expect(all.has(selector), selector).equals(true);
    }
    const listed = new Set(selectors("interfaces/IFederation.sol/IFederation.json"));
    const standard = new f.ethers.Interface([
      "function eip712Domain()",
      "function supportsInterface(bytes4)",
      "function getRoleMembers(bytes32)",
    ]);
    standard.forEachFunction(({ selector }) => listed.add(selector));
    expect([...all].filter((selector) => !listed.has(selector))).deep.equals([]);
  });

  it("refuse an address without code for the one of privacy", async () => {
    const factory = await f.ethers.getContractFactory("Federation");
    await expect(factory.deploy(f.admin.address, f.outsider.address)).revertedWithCustomError(
      f.federation,
      "NoPrivacy",
    );
  });

  it("take no ether at the court's own address, and prove nothing there", async () => {
    const there = f.federation.attach(court) as typeof f.federation;
    const [admin] = await f.ethers.getSigners();
    await expect(there.bond({ value: 5 })).revertedWithCustomError(f.federation, "OnlyInFederation");
    const demand = { taskId: 1, round: 1, proposalHash: word(1), kind: 1, place: 0, index: 0, root: word(1) };
    const proposal = {
      attempt: 0,
      aggregator: f.address,
      modelRoot: word(1),
      contentId: word(1),
      totalWeight: 1,
      excluded: 0,
    };
    const value = await there.demandBondWei(1);
    await expect(there.demandNodes(demand, proposal, [], { value })).revertedWithCustomError(
      f.federation,
      "WrongRound",
    );
    await expect(there.withdrawCredit()).revertedWithCustomError(f.federation, "NoAmount");
    await expect(there.freePlaces(1)).revert(f.ethers);
    await expect(admin!.sendTransaction({ to: court, value: 1 })).revert(f.ethers);
    expect(await f.ethers.provider.getBalance(court)).equals(0n);
  });

  it("refuse what none knows, plain ether, and ether with calls that take none", async () => {
    const [admin] = await f.ethers.getSigners();
    const send = (data: string, value = 0) => admin!.sendTransaction({ to: f.address, data, value });
    await expect(send("0xdeadbeef")).revert(f.ethers);
    await expect(send("0x")).revert(f.ethers);
    await expect(send("0x", 1)).revert(f.ethers);
    await expect(send("0x12")).revert(f.ethers);
    const reserve = f.federation.interface.encodeFunctionData("reserveChallenge", [word(1)]);
    await expect(send(reserve, 1)).revert(f.ethers);
    await send(reserve);
    const free = f.federation.interface.encodeFunctionData("freePlaces", [1]);
    await expect(send(free, 1)).revert(f.ethers);
    // cut off in the middle of an argument
    await expect(send(reserve.slice(0, -2))).revert(f.ethers);
  });

  it("refuse lists that claim to be longer than the call", async () => {
    const proposal = [0, f.address, word(1), word(1), 1, 0];
    const data = f.federation.interface.encodeFunctionData("challengeWeight", [1, 1, proposal, [], word(0)]);
    // what the court refuses without a reason, the federation passes on as this
    const failed = { interface: new f.ethers.Interface(["error FailedCall()"]) } as never;
    // the only list's length is the last word
    for (const length of ["1", `1${"0".repeat(16)}`, "f".repeat(64)]) {
      const call = data.slice(0, -64) + length.padStart(64, "0");
      await expect(f.admin.sendTransaction({ to: f.address, data: call })).revertedWithCustomError(
        failed,
        "FailedCall",
      );
    }
    await expect(f.admin.sendTransaction({ to: f.address, data })).revertedWithCustomError(f.federation, "WrongRound");
  });
});
