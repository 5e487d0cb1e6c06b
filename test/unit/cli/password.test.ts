import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { readPassword } from "../../../node/cli/options/password.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

describe("the password of a keystore", () => {
  it("is read from its file; what others can read is told, once", async function () {
    if (process.platform === "win32") this.skip();
    const folder = await temporaryDirectory();
    const [keystore, file] = ["key.json", "password"].map((name) => join(folder.path, name)) as [string, string];
    await writeFile(keystore, "{}", { mode: 0o600 });
    await writeFile(file, "secret\n", { mode: 0o600 });
    const told: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = ((text: string) => told.push(text) > 0) as typeof write;
    try {
      expect(await readPassword(keystore, { file })).to.equal("secret");
      expect(told).to.deep.equal([]);
      await chmod(keystore, 0o640);
      await chmod(file, 0o644);
      for (let time = 0; time < 2; time++) await readPassword(keystore, { file });
    } finally {
      process.stderr.write = write;
    }
    expect(told.map((line) => line.split(":")[0])).to.deep.equal(
      [keystore, file].map((path) => `Others on this machine can read ${path}`),
    );
    await folder.remove();
  });
});
