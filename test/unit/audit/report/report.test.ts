import { Script } from "node:vm";
import { expect } from "chai";
import { type AuditReport, contributionsOf, renderReport, timeText } from "../../../../node/audit/index.ts";
import { escapeHtml, html, jsonForScript } from "../../../../node/audit/report/html.ts";
import { byteSize, duration, wholeNumber } from "../../../../node/audit/report/report-format.ts";
import type { MeasurePublicly } from "../../../../node/ports/index.ts";
import { auditOf } from "../../../support/history/audit-of.ts";
import { buildHistory } from "../../../support/history/history-builder.ts";
import { maskedRules } from "../../../support/states/plain-rules.ts";

const extras = { chartScript: "var uPlot = class {};", chartStyle: ".uplot{}", command: "fedledger audit --task 1" };

describe("the audit's report", () => {
  const audited = async (options: Parameters<typeof buildHistory>[0]) => auditOf(await buildHistory(options));
  const measurePublicly: MeasurePublicly = async (_, { round }) => ({
    ...{ examples: 500, r2Q24: BigInt(round) << 20n, lossQ24: 1n << 24n },
  });
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
    const scripts = { 2: { keyed: 7, commits: 6 } } as const;
    const report = await audited({ members: 8, rounds: 2, rules: maskedRules, scripts });
    expect(report.rounds.map(({ keys, opened }) => [keys, opened])).to.deep.equal([
      [8, { seeds: 8, keys: 0 }],
      [7, { seeds: 6, keys: 1 }],
    ]);
    const page = renderReport(report, extras);
    expectWellFormed(page);
    expect(page).to.include("sum opened by 8 seeds<");
    expect(page).to.include("sum opened by 6 seeds and 1 keys of who dropped out<");
    expect(page).to.include("6 / 6 / 7 / 8</td>");
    expect(page).to.include("No single update is seen in this.");
    expect(page).to.include("Share of the others that must sign a closing and opens a mask");
  });

  it("holds scripts that parse, and data that is the report's", async () => {
    const history = await buildHistory({ rounds: 3, scripts: { 2: { commits: 1 } } });
    const report = await auditOf({ ...history, measurePublicly });
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
    expect(data.metric[2]).to.equal(3 / 16);
    expect(page).to.include("From R² 0.0625, loss 1.0000 in round 1 to R² 0.1875, loss 1.0000 in round 3.");
    expect(page).to.include("public test set of 500 examples");
  });

  it("renders no rounds at all, only invalid ones, and a hundred", async () => {
    const none = await buildHistory({ rounds: 1 });
    const events = none.events.filter((event) => !("round" in event));
    const empty = renderReport(await auditOf({ ...none, events, storedState: undefined }), extras);
    expectWellFormed(empty);
    expect(empty).to.include("No round has been opened").and.to.include("The task names no public test set");
    expect(empty).to.not.include("<script>");

    const invalid = renderReport(
      await audited({ rounds: 2, scripts: { 1: { commits: 1 }, 2: { end: "no-proposal" } } }),
      extras,
    );
    expectWellFormed(invalid);
    expect(invalid.match(/chip ended/g)).to.have.length(2);
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

  it("says when the result is final, or that the task still runs", async () => {
    const history = await buildHistory({ rounds: 1 });
    const { finalFromS } = await auditOf(history);
    const pageAt = async (nowS: number) => renderReport(await auditOf({ ...history, nowS }), extras);
    expect(await pageAt(finalFromS! - 1)).to.include(`final at ${timeText(finalFromS!)}, if nobody proves it wrong`);
    expect(await pageAt(finalFromS!)).to.include(`The result is final since ${timeText(finalFromS!)}.`);
    const running = await audited({ rounds: 1, rules: { rounds: 2 } });
    expect(renderReport(running, extras)).to.include("The task is still running");
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
