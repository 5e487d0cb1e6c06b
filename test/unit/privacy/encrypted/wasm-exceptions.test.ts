import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { projectFolder } from "../../../support/processes/fedledger-process.ts";

const run = promisify(execFile);

// Node 22 and 24 compile SEAL's WebAssembly only behind a flag of V8.
describe("encryption on a Node that keeps references to exceptions behind a flag", () => {
  for (const flag of ["--no-experimental-wasm-exnref", "--experimental-wasm-exnref"])
    it(`makes a key pair and opens what it closes: ${flag}`, async () => {
      const bfv = join(projectFolder, "node", "privacy", "encrypted", "bfv.ts");
      const secretKey = join(projectFolder, "node", "privacy", "encrypted", "secret-key.ts");
      const script = `
        import { randomBytes } from "node:crypto";
        import { createBfv } from ${JSON.stringify(bfv)};
        import { drawSecretKey } from ${JSON.stringify(secretKey)};
        const bfv = createBfv();
        const secret = drawSecretKey({ bytes: (length) => new Uint8Array(randomBytes(length)) });
        const open = await bfv.createPublicKey(secret).then(
          (key) => bfv.checkKeyPair(key, secret).then(() => "it opens"),
          ({ code }) => code);
        process.stdout.write(open);`;
      const { stdout } = await run(process.execPath, [flag, "--input-type=module", "--eval", script]);
      expect(stdout).to.equal("it opens");
    });
});
