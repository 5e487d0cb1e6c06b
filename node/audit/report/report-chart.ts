import type { PublicMetric } from "../../ports/public-test.ts";
import type { AuditReport } from "../verdict/audit-report.ts";
import { type Html, html, jsonForScript, trusted } from "./html.ts";
import { lossValue, metricText, metricValue } from "./metric-text.ts";
import { percent } from "./report-format.ts";

/** What a task's metric is called, and how its values are told. */
export function metricOf(report: AuditReport): {
  readonly name: string;
  readonly tell: (metric: PublicMetric) => string;
  readonly share: boolean;
} {
  return report.task.spec?.model.output.kind === "numbers"
    ? { name: "R²", tell: (metric) => metricValue(metric).toFixed(4), share: false }
    : { name: "Accuracy", tell: (metric) => percent(metricValue(metric), 2), share: true };
}

/** Draws the curves, again when the width or the theme changes. Runs in the page, after uPlot. */
const drawing = `
(() => {
  const box = document.getElementById("chart");
  const { rounds, metric, loss, name, share } = JSON.parse(document.getElementById("chart-data").textContent);
  const value = (digits, scale, unit) => (_, v) => v == null ? "–" : (v * scale).toFixed(digits) + unit;
  const incrs = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
  let plot;
  const draw = () => {
    const css = getComputedStyle(document.documentElement);
    const colour = (key) => css.getPropertyValue(key).trim();
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
    const few = rounds.length <= 60;
    plot?.destroy();
    plot = new uPlot({
      width: box.clientWidth,
      height: 320,
      cursor: { drag: { x: false, y: false } },
      scales: { x: { time: false, range: (_, low, high) => low === high ? [low - 1, high + 1] : [low, high] } },
      axes: [
        { ...axis, incrs, label: "round", labelSize: 24 },
        { ...axis, scale: "metric", label: name, size: 64, values: (_, ticks) => ticks.map((v) => share ? +(v * 100).toFixed(2) + " %" : +v.toFixed(4)) },
        { ...axis, scale: "loss", side: 1, label: "loss", size: 64, grid: { show: false } },
      ],
      series: [
        { label: "round" },
        { label: name, scale: "metric", stroke: colour("--metric"), width: 2, spanGaps: true, points: { show: few, size: 6, fill: colour("--metric") }, value: share ? value(2, 100, " %") : value(4, 1, "") },
        { label: "loss", scale: "loss", stroke: colour("--loss"), width: 2, dash: [6, 4], spanGaps: true, points: { show: few, size: 6, fill: colour("--loss") }, value: value(4, 1, "") },
      ],
    }, [rounds, metric, loss], box);
  };
  draw();
  new ResizeObserver(() => plot.width !== box.clientWidth && plot.setSize({ width: box.clientWidth, height: 320 })).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();`;

/** The curves of the metric and the loss, or a sentence where nothing was measured. */
export function chartSection(
  report: AuditReport,
  { chartScript }: { readonly chartScript: string },
): { readonly section: Html; readonly script: Html } {
  const measured = report.rounds.flatMap(({ round, testMetric }) => (testMetric ? [{ round, testMetric }] : []));
  const [first, last] = [measured[0], measured.at(-1)];
  const metric = metricOf(report);
  if (first === undefined || last === undefined) {
    const why = report.task.spec?.testSet
      ? "The task's public test set was not at hand, so nothing was measured."
      : "The task names no public test set, so nothing can be measured here.";
    const section = html`<section aria-labelledby="curve"><h2 id="curve">Learning</h2>
<p class="empty">${why}</p></section>`;
    return { section, script: html`` };
  }
  const summary = `From ${metricText(first.testMetric)} in round ${first.round} to ${metricText(last.testMetric)} in round ${last.round}.`;
  const data = {
    rounds: report.rounds.map(({ round }) => round),
    metric: report.rounds.map(({ testMetric }) => (testMetric ? metricValue(testMetric) : null)),
    loss: report.rounds.map(({ testMetric }) => (testMetric ? lossValue(testMetric) : null)),
    name: metric.name,
    share: metric.share,
  };
  return {
    section: html`<section aria-labelledby="curve"><h2 id="curve">Learning</h2>
<p>${summary} Measured by this audit on the task's public test set of ${last.testMetric.examples} examples, whose content id is in the specification: the same numbers for whoever repeats it.</p>
<div id="chart" role="img" aria-label="${metric.name} and loss by round. ${summary}"></div>
<noscript><p class="empty">The curve needs scripts; the same numbers are in the table of rounds.</p></noscript></section>`,
    script: html`<script type="application/json" id="chart-data">${jsonForScript(data)}</script>
<script>${trusted(chartScript.replaceAll("</script", "<\\/script"))}</script>
<script>${trusted(drawing)}</script>`,
  };
}
