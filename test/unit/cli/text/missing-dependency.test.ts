import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { missingDependency } from "../../../../node/cli/text/missing-dependency.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

describe("a missing file of a package", () => {
  it("has a code, and takes away what says that all is installed", async () => {
    const folder = await temporaryDirectory();
    const names = [".fedledger-installed", ".package-lock.json"].map((name) => join(folder.path, "node_modules", name));
    mkdirSync(join(folder.path, "node_modules"));
    for (const path of [...names, join(folder.path, "package-lock.json")]) writeFileSync(path, "");
    const error = await import(join(folder.path, "gone.js")).catch((reason: unknown) => reason);
    expect(missingDependency(error, folder.path)?.code).to.equal("DEPENDENCY_MISSING");
    expect(names.filter((path) => existsSync(path))).to.deep.equal([]);
    await folder.remove();
  });

  it("is no other error", () => {
    for (const error of [new Error("x"), Object.assign(new Error("x"), { code: "ENOENT" }), "x", undefined])
      expect(missingDependency(error)).to.equal(undefined);
  });
});
