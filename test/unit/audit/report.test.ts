import { Script } from "node:vm";
import { expect } from "chai";
import { escapeHtml, html, jsonForScript } from "../../../node/audit/html.ts";
import { type AuditReport, contributionsOf, renderReport } from "../../../node/audit/index.ts";
import { byteSize, duration, wholeNumber } from "../../../node/audit/report-format.ts";
import { auditOf } from "../../support/audit-of.ts";
import { buildHistory } from "../../support/history-builder.ts";
import { maskedRules } from "../../support/plain-rules.ts";

const extras = { chartScript: "var uPlot = class {};", chartStyle: ".uplot{}", command: "fedledger audit --task 1" };

describe("the audit's report", () => {
  const audited = async (options: Parameters<typeof buildHistory>[0]) => auditOf(await buildHistory(options));
  const rowsOf = (page: string, section: string) =>
    (page.split(`id="${section}"`)[1]!.split("</section>")[0]!.match(/<tr>/g) ?? []).length;

  it("is one page that asks for nothing, well-formed, the same bytes for the same input", async () => {
    const report = await audited({ rounds: 3 });
    const page = renderReport(report, extras);
    expectWellFormed(page);
    expect(page).to.equal(renderReport(report, extras));
    expect(page).to.include("default-src 'none'");
    expect(page).to.not.match(/\b(?:src|href|srcset|action)\s*=|@import|url\(/);
    expect(page).to.include('<html lang="en">');
    expect(page.match(/<table>/g)!.length).to.equal(page.match(/<thead>|<tbody><tr><th scope="row">Chain/g)!.length);
    expect(rowsOf(page, "rounds")).to.equal(1 + 3);
    expect(rowsOf(page, "updates")).to.equal(1 + 12);
    expect(page).to.include("Every round that has a result was recomputed");
    expect(page).to.include(`title="${report.rounds[2]!.modelRoot}"`);
    expect(page).to.include("fedledger audit --task 1");
  });

  it("says who may join a restricted task", async () => {
    const access = { organisations: ["North", "South"], regions: [], clearance: 2 };
    const page = renderReport(await audited({ rounds: 1, access }), extras);
    expect(page).to.include(
      '<th scope="row">Who may join</th><td>organisation North or South, clearance 2 or more</td>',
    );
    expect(page).not.to.include("Who may read");
  });

  it("says of a masked task what its sums were opened by, and never that single updates were seen", async () => {
    const scripts = { 2: { keyed: 5, commits: 4 } } as const;
    const report = await audited({ members: 6, rounds: 2, rules: maskedRules, scripts });
    expect(report.rounds.map(({ keys, opened }) => [keys, opened])).to.deep.equal([
      [6, { seeds: 6, keys: 0 }],
      [5, { seeds: 4, keys: 1 }],
    ]);
    const page = renderReport(report, extras);
    expectWellFormed(page);
    expect(page).to.include("sum opened by 6 seeds<");
    expect(page).to.include("sum opened by 4 seeds and 1 keys of who dropped out<");
    expect(page).to.include("4 / 4 / 5 / 6</td>");
    expect(page).to.include("No single update is seen in this.");
    expect(page).to.include("Masks shared with");
  });

  it("holds scripts that parse, and data that is the report's", async () => {
    const report = await audited({ rounds: 3, scripts: { 2: { commits: 1 } } });
    const page = renderReport(report, extras);
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text!);
    expect(scripts).to.have.length(2);
    for (const script of scripts) new Script(script);
    const data = JSON.parse(/id="chart-data">([\s\S]*?)<\/script>/.exec(page)![1]!) as {
      metric: (number | null)[];
      name: string;
    };
    expect(data).to.deep.include({ rounds: [1, 2, 3], name: "R²", share: false });
    expect(data.metric[1]).to.equal(null);
    expect(data.metric[2]).to.equal(report.rounds[2]!.evaluation!.metric);
  });

  it("renders no rounds at all, only invalid ones, and a hundred", async () => {
    const none = await buildHistory({ rounds: 1 });
    const events = none.events.filter((event) => !("round" in event));
    const empty = renderReport(await auditOf({ ...none, events, storedState: undefined }), extras);
    expectWellFormed(empty);
    expect(empty).to.include("No round has been opened").and.to.include("No member has recorded an evaluation");
    expect(empty).to.not.include("<script>");

    const invalid = renderReport(
      await audited({ rounds: 2, scripts: { 1: { commits: 1 }, 2: { end: "no-proposal", silentAggregators: 1 } } }),
      extras,
    );
    expectWellFormed(invalid);
    expect(invalid.match(/chip invalidated/g)).to.have.length(2);
    expect(invalid).to.include("Nothing to verify yet");

    const many = renderReport(await audited({ rounds: 100, members: 2, inputs: 5 }), extras);
    expectWellFormed(many);
    expect(rowsOf(many, "rounds")).to.equal(101);
  });

  it("tells violations first, with code, round, party and chunk", async () => {
    const report = await audited({
      scripts: { 1: { exclude: [0] }, 2: { model: (honest) => honest.map((lane, i) => lane + (i === 149 ? 1 : 0)) } },
    });
    const page = renderReport(report, extras);
    expectWellFormed(page);
    const section = page.split('id="findings"')[1]!.split("</section>")[0]!;
    expect(section.indexOf("AGGREGATE_WRONG")).to.be.within(0, section.indexOf("EXCLUSION_UNJUSTIFIED"));
    expect(section).to.include('<td class="num">2</td>').and.to.include(report.rounds[1]!.aggregator!);
    expect(page).to.include("1 violation:").and.to.include("verdict violation");
  });

  it("says what a sample leaves open", async () => {
    const history = await buildHistory({ rounds: 4 });
    const random = { bytes: (length: number) => new Uint8Array(length) };
    const page = renderReport(await auditOf({ ...history, sample: { rounds: 1, random } }), extras);
    expect(page).to.include("1 round drawn of 4").and.to.include("75.0 %").and.to.include("chip unsampled");
  });

  it("does without gas and time", async () => {
    const page = renderReport(await audited({ rounds: 1, detail: false }), extras);
    expectWellFormed(page);
    expect(page).to.not.include(">Gas<");
  });

  it("escapes what strangers wrote", async () => {
    const report = await audited({ rounds: 1 });
    const evil = `"><script>alert(1)</script>&'`;
    const page = renderReport(
      {
        ...report,
        task: { ...report.task, specText: evil, spec: { ...report.task.spec!, name: evil } },
      } as AuditReport,
      { ...extras, command: evil },
    );
    expectWellFormed(page);
    expect(page).to.not.include("alert(1)</script>");
    expect(html`<p title="${evil}">${[evil, html`<b>${1n}</b>`, false, undefined]}</p>`.html).to.equal(
      `<p title="${escapeHtml(evil)}">${escapeHtml(evil)}<b>1</b></p>`,
    );
    expect(jsonForScript({ text: "</script><!--\u2028" }).html).to.equal('{"text":"\\u003c/script>\\u003c!--\\u2028"}');
    expect(renderReport(report, { ...extras, chartScript: "'</script>'", chartStyle: "</style>" })).to.satisfy(
      (text: string) => {
        expectWellFormed(text);
        return true;
      },
    );
  });

  it("counts contributions by what final models are made of", async () => {
    const report = await audited({ members: 3, scripts: { 1: { commits: 1 }, 2: { exclude: [1] } } });
    expect(
      contributionsOf(report).map(({ drawn, committed, counted, weight, attested }) => [
        drawn,
        committed,
        counted,
        weight,
        attested,
      ]),
    ).to.deep.equal([
      [3, 3, 2, 2n, 2],
      [3, 2, 1, 2n, 2],
      [3, 2, 2, 6n, 2],
    ]);
  });

  it("writes numbers as people read them", () => {
    expect([0, 999, 1000, 12_345_678].map(wholeNumber)).to.deep.equal(["0", "999", "1,000", "12,345,678"]);
    expect([0, 1, 1023, 1024, 15_000_000].map(byteSize)).to.deep.equal(["0 B", "1 B", "1023 B", "1.0 KiB", "14 MiB"]);
    expect([0, 59, 61, 3600].map(duration)).to.deep.equal(["0 s", "59 s", "1 min 01 s", "1 h 00 min"]);
  });
});

/** Every element is closed, in order, and attributes are quoted. */
function expectWellFormed(page: string): void {
  const open: string[] = [];
  const body = page.replace(/<(script|style)\b([^>]*)>[\s\S]*?<\/\1>/g, "");
  for (const [tag, slash, name, attributes] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s[^<>]*)?)>/g)) {
    expect(attributes!.replace(/[a-z-]+="[^"]*"/g, "").trim(), tag).to.be.oneOf(["", "open"]);
    if (slash) expect(open.pop(), tag).to.equal(name);
    else if (!["meta", "br"].includes(name!)) open.push(name!);
  }
  expect(open).to.deep.equal([]);
  expect(body.replace(/<!doctype html>|<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?>/g, "")).to.not.match(/[<>]/);
}
