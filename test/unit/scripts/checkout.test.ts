import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectFolder } from "../../support/processes/fedledger-process.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

// solc puts the hash of a source's bytes into the contract: with CRLF it is another contract.
describe("a checkout as Git for Windows makes it", () => {
  it("holds the bytes of the repository, without carriage returns", async function () {
    if (!existsSync(join(projectFolder, ".git"))) this.skip();
    const folder = await temporaryDirectory();
    const git = (...args: string[]) => execFileSync("git", args, { cwd: projectFolder, encoding: "utf8" });
    git("-c", "core.autocrlf=true", "clone", "-q", `file://${projectFolder}`, join(folder.path, "clone"));
    const files = git("-C", join(folder.path, "clone"), "ls-files", "-z", "--eol").split("\0").filter(Boolean);
    // "i/lf w/lf attr/text=auto eol=lf <tab>path": of the index, of the folder, by .gitattributes
    const changed = files.filter((line) => !/^i\/(?:lf|none) +w\/(?:lf|none) |^i\/-text +w\/-text /.test(line));
    expect(changed).to.deep.equal([]);
    const contract = readFileSync(join(folder.path, "clone", "contracts", "Federation.sol"));
    expect(contract.includes("\r")).to.equal(false);
    await folder.remove();
  });
});
