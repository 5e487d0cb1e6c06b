import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { FedledgerError, isFedledgerError } from "../../node/core/errors/error.ts";
import { type ErrorCode, errorCatalogue } from "../../node/core/errors/error-catalogue.ts";
import { listSources } from "../layers/import-graph.ts";

const node = join(import.meta.dirname, "..", "..", "node");

describe("the error catalogue", () => {
  const codes = Object.keys(errorCatalogue) as ErrorCode[];

  it("gives every code a message, a remedy and an exit code", () => {
    for (const code of codes) {
      const kind = errorCatalogue[code];
      expect(code).to.match(/^[A-Z][A-Z_]+$/);
      expect(kind.message, code).to.match(/\.$/);
      expect(kind.remedy, code).to.match(/\.$/);
      expect(kind.exitCode, code).to.be.within(1, 5);
    }
  });

  it("has no code that nothing raises", () => {
    const sources = listSources(node)
      .filter((file) => !file.endsWith("error-catalogue.ts"))
      .map((file) => readFileSync(join(node, file), "utf8"))
      .join("\n");
    expect(codes.filter((code) => !sources.includes(`"${code}"`))).to.deep.equal([]);
  });

  it("fills the data into message and remedy", () => {
    const error = new FedledgerError("FILE_NOT_FOUND", { path: "a.csv" }, "cause");
    expect(error.message).to.contain("a.csv");
    expect(error.cause).to.equal("cause");
    expect(isFedledgerError(error, "FILE_NOT_FOUND")).to.equal(true);
    expect(isFedledgerError(error, "FILE_EXISTS")).to.equal(false);
    expect(new FedledgerError("RPC_UNREACHABLE", { url: "x", reason: "y" }).retryable).to.equal(true);
  });
});
