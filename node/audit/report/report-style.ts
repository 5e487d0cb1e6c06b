/** The report's style sheet: light and dark by the reader's setting, and for paper. */
export const reportStyle = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --text: #1b2330; --muted: #566070; --line: #dfe3e9;
  --metric: #1d5fd1; --loss: #b45309; --good: #17693a; --good-back: #e3f4e9; --bad: #a61b1b; --bad-back: #fde8e8; --warn: #7a4b00;
  --warn-back: #fdf1d7; --calm: #445060; --calm-back: #e9edf2; --bar: #9db9ea; }
@media (prefers-color-scheme: dark) {
  :root { --page: #11151b; --card: #1a2029; --text: #e6eaf0; --muted: #a3adba; --line: #303947; --metric: #7fb0ff; --loss: #f0a35e;
    --good: #7fdba2; --good-back: #153524; --bad: #ff9c9c; --bad-back: #45191b; --warn: #f4c66d; --warn-back: #3d2f12;
    --calm: #b5c0ce; --calm-back: #29313d; --bar: #39588f; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, header, footer { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 36px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 0 0 12px; }
h3 { font-size: 15px; margin: 20px 0 8px; }
p { margin: 0 0 12px; max-width: 78ch; }
.sub { color: var(--muted); margin-bottom: 20px; overflow-wrap: anywhere; max-width: none; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px; margin: 18px 0; }
.verdict { border-left: 6px solid var(--calm); }
.verdict p:last-child { margin: 0; }
.verdict strong { display: block; font-size: 20px; margin-bottom: 2px; }
.verdict.verified { border-left-color: var(--good); background: var(--good-back); } .verdict.verified strong { color: var(--good); }
.verdict.violation { border-left-color: var(--bad); background: var(--bad-back); } .verdict.violation strong { color: var(--bad); }
.verdict.unchecked { border-left-color: var(--warn); background: var(--warn-back); } .verdict.unchecked strong { color: var(--warn); }
.facts { display: flex; flex-wrap: wrap; gap: 12px; margin: 18px 0; padding: 0; }
.facts div { flex: 1 1 124px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
.facts dt { color: var(--muted); font-size: 13px; }
.facts dd { margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); padding-bottom: 8px; }
th, td { text-align: left; padding: 6px 8px; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { font-size: 13px; color: var(--muted); font-weight: 600; white-space: nowrap; border-bottom-width: 2px; }
tbody th { font-weight: 600; }
tbody tr:last-child > * { border-bottom: 0; }
.num { text-align: right; white-space: nowrap; }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace; }
td code, th code { white-space: nowrap; font-size: 12px; }
pre { background: var(--page); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 12px; }
.chip { display: inline-block; border-radius: 999px; padding: 1px 10px; font-size: 13px; font-weight: 600; white-space: nowrap; color: var(--calm); background: var(--calm-back); }
.chip.verified, .chip.valid { color: var(--good); background: var(--good-back); }
.chip.violation, .chip.invalid { color: var(--bad); background: var(--bad-back); }
.chip.unchecked, .chip.missing, .chip.differs { color: var(--warn); background: var(--warn-back); }
.none, .empty { color: var(--muted); }
.share { position: relative; min-width: 130px; }
.share i { position: absolute; left: 8px; bottom: 5px; height: 3px; border-radius: 2px; background: var(--bar); max-width: calc(100% - 20px); }
details summary { cursor: pointer; font-weight: 600; }
details[open] summary { margin-bottom: 12px; }
#chart { width: 100%; min-height: 356px; }
.uplot { color: var(--text); }
.u-legend th, .u-legend td { border: 0; padding: 2px 4px; color: inherit; white-space: nowrap; }
.u-legend { width: auto; }
footer { color: var(--muted); font-size: 13px; padding-bottom: 40px; }
@media (max-width: 640px) { main, header, footer { padding-left: 12px; padding-right: 12px; } section { padding: 16px 14px; } }
@media print {
  :root { --page: #fff; --card: #fff; --text: #000; --muted: #444; --line: #bbb; --metric: #1d5fd1; --loss: #b45309; --good: #17693a; --bad: #a61b1b;
    --warn: #7a4b00; --calm: #333; --calm-back: #eee; --good-back: #fff; --bad-back: #fff; --warn-back: #fff; }
  body { font-size: 10pt; } main, header, footer { max-width: none; padding: 0; } .wide { overflow: visible; }
  section { border-radius: 0; border-width: 1px 0 0; padding: 10pt 0; } tr, .verdict, #chart { break-inside: avoid; } thead { display: table-header-group; }
}
`;
