/** Colours by variables, of which a dark screen has others. */
export const PAGE_STYLE = `
:root { --ink: #17212b; --faint: #5b6875; --paper: #f6f8fa; --card: #fff; --line: #d9e0e7; --good: #0a7a55; --bad: #b3261e; --accent: #0b6bcb; --proxy: #e3f0fd; --app: #eef1f4; --code: #eef2f6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eaf0; --faint: #94a2b1; --paper: #10151b; --card: #181f27; --line: #2c3743; --good: #4cc38a; --bad: #ff8a80; --accent: #63b3ff; --proxy: #15304b; --app: #252e38; --code: #222b35; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 system-ui, sans-serif; }
main, footer { max-width: 1120px; margin: 0 auto; padding: 0 20px; }
header { padding: 32px 0 4px; }
h1 { font-size: 27px; margin: 0; letter-spacing: -0.01em; }
header p { margin: 4px 0 0; color: var(--faint); }
h2 { font-size: 18px; margin: 0; }
h2 span, h3 span { display: inline-block; min-width: 24px; height: 24px; line-height: 24px; margin-right: 9px; border-radius: 12px; background: var(--accent); color: var(--card); font-size: 13px; text-align: center; }
h3 { font-size: 15px; margin: 16px 0 6px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 18px 22px; margin: 14px 0; }
.why, small { color: var(--faint); }
.why { margin: 4px 0 12px; }
td small, li small { display: block; }
code, pre { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--code); border-radius: 8px; padding: 10px 12px; margin: 0 0 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
.log { max-height: 240px; overflow: auto; }
.pill { display: inline-block; margin-left: 6px; padding: 1px 11px; border-radius: 20px; border: 1px solid var(--line); color: var(--faint); font-weight: 600; }
.pill.good { color: var(--good); border-color: var(--good); }
.pill.bad { color: var(--bad); border-color: var(--bad); }
.chip { display: inline-block; padding: 2px 10px; border-radius: 8px; background: var(--app); }
.chip.new { background: var(--proxy); color: var(--accent); font-weight: 600; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 12px; }
.row.two { grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); }
.card { border: 1px solid var(--line); border-radius: 10px; padding: 10px 16px; }
.card h3 { margin-top: 4px; }
.card ol { margin: 0; padding-left: 18px; }
.card li { margin: 4px 0; overflow-wrap: anywhere; }
.end { border-top: 1px solid var(--line); padding-top: 8px; margin: 10px 0 4px; color: var(--good); font-weight: 600; }
.marks { list-style: none; margin: 0; padding: 0; }
.marks.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); gap: 6px 24px; }
.marks li { padding-left: 24px; position: relative; }
.marks li::before { content: "·"; position: absolute; left: 3px; font-weight: 700; }
.marks .good::before { content: "✓"; color: var(--good); }
.marks .bad::before { content: "✗"; color: var(--bad); }
.wide { overflow-x: auto; }
.tall { max-height: 420px; overflow-y: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 500; }
thead th { position: sticky; top: 0; background: var(--card); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.idle td { opacity: 0.55; }
tr.bad td { color: var(--bad); }
.bar { width: 90px; min-width: 60px; padding-top: 10px; }
.bar i { display: block; height: 9px; border-radius: 5px; background: var(--good); transition: width 0.4s; }
details { margin: 8px 0; }
summary { cursor: pointer; font-weight: 600; }
footer { color: var(--faint); padding-bottom: 40px; }
a { color: var(--accent); }
.picture { margin: 8px 0 0; overflow-x: auto; }
svg { width: 100%; min-width: 760px; height: auto; font: 14px system-ui, sans-serif; fill: var(--ink); }
svg .pod { fill: var(--card); stroke: var(--line); }
svg .app { fill: var(--app); }
svg .proxy { fill: var(--proxy); stroke: var(--accent); }
svg .mid { text-anchor: middle; }
svg .name { font-weight: 600; }
svg .small { font-size: 12px; fill: var(--faint); }
svg .count { font-weight: 700; fill: var(--good); }
svg .way { fill: none; stroke: var(--line); stroke-width: 2; stroke-dasharray: 5 5; }
svg .way.used { stroke: var(--good); stroke-dasharray: none; }
svg .tip { fill: var(--faint); }
@media (prefers-reduced-motion: no-preference) { .running .way.used { stroke-dasharray: 6 4; animation: flow 0.6s linear infinite; } }
@keyframes flow { to { stroke-dashoffset: -10; } }
`;

/** What is open stays open, and where one was reading one goes on, when the story is exchanged. */
export const PAGE_SCRIPT = `
const story = document.getElementById('story');
const events = new EventSource('/events');
events.onmessage = ({ data }) => {
  const html = JSON.parse(data);
  if (html === '') return;
  const open = [...story.querySelectorAll('details')].map((one) => one.open);
  const scrolled = [...story.querySelectorAll('.tall, .log')].map((one) => one.scrollTop);
  story.innerHTML = html;
  story.querySelectorAll('details').forEach((one, i) => { if (open[i] !== undefined) one.open = open[i]; });
  story.querySelectorAll('.tall, .log').forEach((one, i) => { one.scrollTop = scrolled[i] ?? 0; });
};
`;
