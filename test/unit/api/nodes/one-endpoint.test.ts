import { expect } from "chai";
import { warnOfOneEndpoint } from "../../../../node/api/nodes/one-endpoint.ts";
import type { TaskView } from "../../../../node/core/record/task-view.ts";
import type { Log } from "../../../../node/ports/index.ts";
import { silentLog } from "../../../support/silent-log.ts";
import { plainRules } from "../../../support/states/plain-rules.ts";

describe("a masked task behind one endpoint of somebody else", () => {
  const warnings = (endpoint: string | readonly string[], mode: "masked" | "transparent", endpointsAgree?: number) => {
    const heard: string[] = [];
    const log: Log = { ...silentLog, warn: (message) => heard.push(message) };
    warnOfOneEndpoint({ endpoint, endpointsAgree }, { rules: { ...plainRules, mode } } as TaskView, log);
    return heard.length;
  };

  it("is warned of, and nothing else is", () => {
    expect(warnings("https://a.example", "masked")).to.equal(1);
    // they take over from each other: each alone is believed
    expect(warnings(["https://a.example", "wss://b.example"], "masked")).to.equal(1);
    expect(warnings(["https://a.example", "https://b.example"], "masked", 2)).to.equal(0);
    expect(warnings("http://127.0.0.1:8545", "masked")).to.equal(0);
    expect(warnings("http://localhost:8545", "masked")).to.equal(0);
    expect(warnings("https://a.example", "transparent")).to.equal(0);
  });
});
