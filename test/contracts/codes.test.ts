import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import hre from "hardhat";
import {
  baseRules,
  createFederation,
  type FederationContract,
  openAccess,
  type TestFederation,
  word,
} from "./support/federation.ts";

const require = createRequire(import.meta.url);
const project = join(import.meta.dirname, "../..");
/** What the chain takes of a code (EIP-170), and of what creates it (EIP-3860). */
const limits = { code: 24_576, creation: 49_152 };
/** What is left of it for later. */
const headRoom = 4_096;

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

const abiOf = (path: string): readonly object[] =>
  (JSON.parse(readFileSync(join(project, "artifacts/contracts", path), "utf8")) as { abi: object[] }).abi;

/**
 * What solc says of the storage of both codes and of the proofs: an analysis of the very sources that were compiled.
 */
function storageLayouts(): Record<"Federation" | "Court" | "Proofs", StorageLayout> {
  const folder = join(project, "artifacts/build-info");
  for (const name of readdirSync(folder)) {
    if (name.endsWith(".output.json")) continue;
    const { input } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    const of = (contract: string) =>
      Object.keys(input.sources).find((path) => path.endsWith(`/contracts/${contract}.sol`));
    const [federation, court, proofs] = [of("Federation"), of("Court"), of("Proofs")];
    if (federation === undefined || court === undefined || proofs === undefined) continue;
    const settings = { ...input.settings, viaIR: false, outputSelection: { "*": { "*": ["storageLayout"] } } };
    const solc = require("solc") as { compile(input: string): string };
    const { contracts } = JSON.parse(solc.compile(JSON.stringify({ ...input, settings })));
    return {
      Federation: contracts[federation].Federation.storageLayout,
      Court: contracts[court].Court.storageLayout,
      Proofs: contracts[proofs].Proofs.storageLayout,
    };
  }
  throw new Error("no build of the federation");
}

/** The number that solc gives to a type of the same name differs from contract to contract. */
const shapeOf = (layout: StorageLayout, { label, slot, offset, type }: StorageEntry): object => {
  const { members, numberOfBytes } = layout.types[type]!;
  return {
    ...{ label, slot, offset, type: type.replaceAll(/\)\d+_/g, ")_"), numberOfBytes },
    members: members?.map((member) => shapeOf(layout, member)),
  };
};

describe("The codes of a federation", () => {
  let f: TestFederation;

  beforeEach(async () => {
    f = await createFederation({ participants: 2, aggregators: 1 });
  });

  it("leave 4,096 of 24,576 bytes each, and their creation is within its limit", async function () {
    // Instrumented for coverage, the contracts are other, larger code.
    if (hre.globalOptions.coverage) this.skip();
    for (const name of ["Federation", "Court", "Proofs"]) {
      const artifact = JSON.parse(
        readFileSync(join(project, `artifacts/contracts/${name}.sol/${name}.json`), "utf8"),
      ) as { bytecode: string; deployedBytecode: string };
      expect(artifact.deployedBytecode.length / 2 - 1, name).within(1000, limits.code - headRoom);
      // three addresses are appended
      expect(artifact.bytecode.length / 2 - 1, `creation of ${name}`).below(limits.creation - 96);
    }
  });

  it("have one layout of storage: the court's is the federation's first, and the proofs have none", function () {
    this.timeout(120_000);
    const layouts = storageLayouts();
    const shapes = (layout: StorageLayout) => layout.storage.map((entry) => shapeOf(layout, entry));
    const shared = shapes(layouts.Court);
    expect(shared.length).greaterThan(0);
    expect(shapes(layouts.Federation).slice(0, shared.length)).deep.equals(shared);
    expect(layouts.Federation.storage.length).greaterThan(shared.length);
    expect(layouts.Proofs.storage).deep.equals([]);
  });

  it("share no selector", () => {
    const selectors = (path: string): string[] => {
      const found: string[] = [];
      new f.ethers.Interface(abiOf(path) as never).forEachFunction(({ selector }) => found.push(selector));
      return found;
    };
    const all = [...selectors("Federation.sol/Federation.json"), ...selectors("Court.sol/Court.json")];
    expect(all.length).greaterThan(30);
    expect(new Set(all).size).equals(all.length);
  });

  it("are refused where there is none at an address that the constructor is given", async () => {
    const factory = await f.ethers.getContractFactory("Federation");
    const none = f.outsider.address;
    for (const [court, proofs] of [
      [none, f.proofs],
      [f.proofs, none],
    ]) {
      await expect(factory.deploy(f.admin.address, court!, proofs!))
        .revertedWithCustomError(f.federation, "NoCode")
        .withArgs(none);
    }
  });

  it("take no ether at the court's own address, and make and prove nothing there", async () => {
    const deployed = await f.ethers.deployContract("Court");
    const court = await deployed.getAddress();
    const there = f.federation.attach(court) as unknown as FederationContract;
    const refused = async (call: Promise<unknown>) => expect(call).revert(f.ethers);
    await refused(there.createTask(baseRules, openAccess, word(0), "0x7b7d", "0x"));
    await refused(there.record(1, word(2), 1, word(1)));
    await expect(there.expel(1, 1, f.admin.address, 4, f.admin.address)).revertedWithCustomError(
      f.federation,
      "OnlyProofs",
    );
    await expect(there.withdraw()).revertedWithCustomError(f.federation, "NoAmount");
    await refused(f.admin.sendTransaction({ to: court, value: 1 }));
    await refused(there.setAttributes(f.admin.address, [word(1), word(1), 1]));
    expect(await f.ethers.provider.getBalance(court)).equals(0n);
  });

  it("refuse what neither knows, plain ether, and ether with calls that take none", async () => {
    const send = (data: string, value = 0) => f.admin.sendTransaction({ to: f.address, data, value });
    const refused = async (data: string, value = 0) => expect(send(data, value)).revert(f.ethers);
    await refused("0xdeadbeef");
    await refused("0x");
    await refused("0x", 1);
    await refused("0x12");
    await f.createTask();
    for (const [name, values] of [
      ["freePlaces", [1]],
      ["record", [1, await f.first(1), 1, word(1)]],
    ] as const) {
      const data = f.federation.interface.encodeFunctionData(name, values as never);
      await refused(data, 1);
      // cut off in the middle of an argument
      await refused(data.slice(0, -2));
      await send(data);
    }
  });

  it("refuse lists that claim to be longer than the call, and say that it could not be decoded", async () => {
    const data = f.federation.interface.encodeFunctionData("advertise", [1, 1, []]);
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
