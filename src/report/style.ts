// The style of the page: the fonts of the system, two sets of colours, one for paper. Invariant: each text has a
// contrast of 4.5 to 1 at least with what is behind it, and nothing is told by colour alone.

export const STYLE = `
:root { color-scheme: light dark;
  --page: #ffffff; --box: #f6f8fa; --text: #1c2024; --soft: #57606a; --line: #d5dbe1;
  --accent: #0b5cad; --ran: #4a86c8; --wait: #b9cde2; --track: #edf0f3; --cached: #9aa4ae;
  --critical: #8f5400; --critical-bar: #c77d1f; --bad: #b3261e; --good: #1a6b3c; --mark: #fff3cd;
  --cell1: #eef4fb; --cell2: #dce9f6; --cell3: #c9dcf0; --cell-line: #a9c1da; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14171a; --box: #1c2024; --text: #e4e8ec; --soft: #a0abb6; --line: #333a41;
  --accent: #82b6f2; --ran: #4a7fb8; --wait: #2b4058; --track: #22272c; --cached: #6b757f;
  --critical: #e3ad66; --critical-bar: #c58a3d; --bad: #f59088; --good: #7cc79a; --mark: #4a3d12;
  --cell1: #1b2530; --cell2: #22344a; --cell3: #2a4261; --cell-line: #3d5673; } }
* { box-sizing: border-box; }
html { font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; color: var(--text); background: var(--page); }
body { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; font-weight: 600; }
h1 { font-size: 1.65rem; margin: .1rem 0 1rem; }
h2 { font-size: 1.2rem; margin: 0 0 .6rem; }
h3 { font-size: 1rem; margin: 1.1rem 0 .4rem; }
p, ul, ol { margin: 0 0 .75rem; }
section { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); scroll-margin-top: 1rem; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code, pre, .path, .name { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: .87em; }
pre { margin: .4rem 0 .75rem; padding: .7rem .9rem; background: var(--box); border: 1px solid var(--line); border-radius: 6px; line-height: 1.45; }
pre.log, pre.source { overflow: auto; white-space: pre; overflow-wrap: normal; }
/* Reversed, so that the end is seen first. */
pre.log { display: flex; flex-direction: column-reverse; max-height: 26rem; }
pre.command { white-space: pre-wrap; }
mark { background: var(--mark); color: inherit; }
.kind, .more, figcaption, caption { color: var(--soft); }
.kind { margin: 0; font-size: .87rem; }
.more { font-weight: 400; font-size: .87rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; padding: .3rem .6rem; background: var(--page); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; margin: 1.5rem 0 0; padding: 0; }
.status { font-size: 1rem; font-weight: 500; margin-left: .35rem; white-space: nowrap; color: var(--bad); }
.status.done { color: var(--good); }
dl { margin: 0; }
dd { margin: 0; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2.25rem; margin-bottom: 1.25rem; }
.figures dt { color: var(--soft); font-size: .87rem; }
.figures dd { font-size: 1.3rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.facts div { display: grid; grid-template-columns: 7rem 1fr; gap: 0 1rem; padding: .12rem 0; }
.facts dt { color: var(--soft); }
.facts dd { grid-column: 2; }
.failure h2, .message { color: var(--bad); }
.message { white-space: pre-wrap; font-weight: 500; }
.scroll { overflow-x: auto; margin: 0 0 1.25rem; }
table { width: 100%; border-collapse: collapse; font-size: .93rem; }
td, thead th { overflow-wrap: break-word; }
caption { text-align: left; padding: 0 0 .4rem; font-size: .87rem; }
th, td { text-align: left; vertical-align: top; padding: .33rem .8rem .33rem 0; font-weight: 400; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-size: .87rem; white-space: nowrap; }
tbody th { min-width: 11rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.number .more { display: block; }
tfoot th, tfoot td { color: var(--soft); }
.steps td, .steps thead th:not(:first-child), .layers td { width: 1%; white-space: nowrap; }
.steps .internal .name { color: var(--soft); }
.bar { display: block; width: 100%; height: 8px; margin: .35rem 0 .2rem; }
.track { fill: var(--track); }
.work { fill: var(--ran); }
.wait { fill: var(--wait); }
.cached .work { fill: var(--page); stroke: var(--cached); stroke-width: 2; }
.failed .work { fill: var(--bad); }
.critical .work { fill: var(--critical-bar); }
.critical.cached .work { fill: var(--page); stroke: var(--critical-bar); }
.critical.failed .work { fill: var(--bad); }
.mark { color: var(--critical); margin-right: .35rem; }
.outcome { color: var(--soft); }
.failed .outcome, .bad { color: var(--bad); font-weight: 600; }
.reasons { margin: .25rem 0 0; padding: 0; list-style: none; color: var(--soft); font-size: .87rem; }
.reasons li { display: inline; }
.reasons li:not(:last-child)::after { content: ' \\b7  '; }
.longest { padding-left: 1.4rem; }
.longest .number { display: inline-block; min-width: 4rem; margin-right: .4rem; font-weight: 600; }
details { margin: .25rem 0 0; }
summary { display: inline-block; cursor: pointer; color: var(--accent); font-size: .87rem; border-radius: 3px; }
summary::before { content: '▸ '; }
details[open] > summary::before { content: '▾ '; }
figure { margin: 0 0 1.25rem; }
figcaption { font-size: .87rem; padding-top: .3rem; }
svg text { font-size: 12px; fill: var(--text); }
.graph text { fill: var(--soft); }
.graph .title { font-size: 13px; font-weight: 600; fill: var(--text); }
.graph .box rect { fill: var(--box); stroke: var(--line); }
.graph .box.critical rect { stroke: var(--critical-bar); stroke-width: 1.5; }
.graph .box.failed rect { stroke: var(--bad); stroke-width: 2; }
.edge { fill: none; stroke: var(--cached); stroke-width: 1.25; }
.edge.files { stroke-dasharray: 4 3; }
.tip { fill: var(--cached); }
.treemap { display: block; width: 100%; min-width: 42rem; height: auto; }
.cell { stroke: var(--cell-line); }
.depth1 { fill: var(--cell1); }
.depth2 { fill: var(--cell2); }
.depth3, .depth4 { fill: var(--cell3); }
.treemap tspan { fill: var(--text); opacity: .85; }
@media (max-width: 40rem) {
  body { padding: 1rem .9rem 3rem; }
  .facts div { grid-template-columns: 1fr; padding: .25rem 0; }
  .facts dd { grid-column: 1; }
  th, td { padding-right: .6rem; }
}
@media print {
  :root { color-scheme: light;
    --page: #ffffff; --box: #ffffff; --text: #000000; --soft: #444444; --line: #bbbbbb; --accent: #000000;
    --ran: #6f9ccb; --wait: #cccccc; --track: #eeeeee; --cached: #888888; --critical: #6b4000; --critical-bar: #c77d1f;
    --bad: #9b1c14; --good: #145c32; --mark: #eeeeee; --cell1: #f5f8fb; --cell2: #e8eff6; --cell3: #dbe6f1; --cell-line: #999999; }
  html { font-size: 11px; }
  body { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  .scroll, pre.log, pre.source { overflow: visible; max-height: none; }
  pre.log, pre.source { display: block; white-space: pre-wrap; overflow-wrap: anywhere; }
  details::details-content { content-visibility: visible; height: auto; }
  .treemap { min-width: 0; }
  .graph { max-width: 100%; height: auto; }
  tr, figure, article { break-inside: avoid; }
}
`;
