// Writes test/vectors/*.json from the TypeScript implementation; with --check, verifies that they are current.
// The same files are read by the TypeScript and the Solidity tests. Numbers are JSON numbers, bytes and integers
// beyond 2^53 are 0x strings; lanes are their int32 little-endian bytes. Fixed values in the unit tests, computed
// elsewhere, keep this from being circular.
import { readFile, writeFile } from "node:fs/promises";
import { fixedPointCases, initialModelCases, weightedMeanCases } from "./vector-cases/arithmetic.ts";
import { dataMaskingCases } from "./vector-cases/data-masking.ts";
import { encryptedCases } from "./vector-cases/encrypted.ts";
import { chunkTreeCases, contentIdCases } from "./vector-cases/hashing.ts";
import { maskingCases } from "./vector-cases/masking.ts";
import { commitmentCases, historyCases } from "./vector-cases/record.ts";
import { rulesCases } from "./vector-cases/rules.ts";
import { sealedBlobCases } from "./vector-cases/sealed-blobs.ts";
import { signatureCases } from "./vector-cases/signatures.ts";
import { testSetCases } from "./vector-cases/test-set.ts";
import { trimmedMeanCases } from "./vector-cases/trimmed-mean.ts";
import { drawCases, turnCases } from "./vector-cases/turns.ts";

const files = {
  "chunk-tree": chunkTreeCases(),
  "content-id": await contentIdCases(),
  "weighted-mean": weightedMeanCases(),
  "trimmed-mean": trimmedMeanCases(),
  draw: drawCases(),
  commitment: commitmentCases(),
  history: historyCases(),
  turns: turnCases(),
  rules: rulesCases(),
  signatures: signatureCases(),
  "sealed-blobs": sealedBlobCases(),
  "initial-model": initialModelCases(),
  "fixed-point": fixedPointCases(),
  encrypted: await encryptedCases(),
  masking: await maskingCases(),
  "data-masking": dataMaskingCases(),
  "test-set": await testSetCases(),
};

const check = process.argv.includes("--check");
for (const [name, cases] of Object.entries(files)) {
  const file = new URL(`../test/vectors/${name}.json`, import.meta.url);
  const text = `${JSON.stringify({ cases }, null, 1)}\n`;
  if (!check) await writeFile(file, text);
  else if ((await readFile(file, "utf8")) !== text) {
    process.stderr.write(`test/vectors/${name}.json is not current: run node scripts/vectors.ts\n`);
    process.exitCode = 1;
  }
}
