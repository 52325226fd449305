import { escapeXml } from '../xml.ts';
import type { Hop, PacketPath } from './packet.ts';
import { dispositionText, packetText } from './path-text.ts';
import { ruleText } from './rule-text.ts';

const WIDTH = 920;
const MARGIN = 32;
const RAIL = MARGIN + 12;
const TEXT = RAIL + 34;
const LINE = 21;
/** Characters that fit a line at 13 px. */
const COLUMNS = 112;

const COLOURS = { ink: '#1c2733', faint: '#64748b', line: '#cbd5e1', card: '#ffffff', ground: '#f5f7fa' } as const;

/** Stage → colour of its dot: what the packet passes is blue, rules are violet, arrival is green. */
const STAGE: Readonly<Record<Hop['stage'], string>> = {
  send: '#0f766e',
  route: '#0369a1',
  output: '#6d28d9',
  loopback: '#0369a1',
  prerouting: '#6d28d9',
  deliver: '#0f766e',
};

type Row = { readonly svg: string; readonly height: number };

/** The path as a picture: a line with a stop for each stage, and the rules that decided beside it. Readable by screen readers. */
export function renderPathSvg(path: PacketPath): string {
  const title = packetText(path.packet);
  const end = dispositionText(path.disposition);
  const rows: Row[] = [];
  let y = MARGIN + 58;
  for (const hop of path.hops) {
    const row = hopRow(hop, path, y);
    rows.push(row);
    y += row.height;
  }
  const good =
    path.disposition.kind === 'delivered' || path.disposition.kind === 'sent' || path.disposition.kind === 'forwarded';
  const last = endRow(end, path.reply?.summary, good, y);
  const height = y + last.height + MARGIN;
  const rail = `<line x1="${RAIL}" y1="${MARGIN + 64}" x2="${RAIL}" y2="${y + 8}" stroke="${COLOURS.line}" stroke-width="3" stroke-linecap="round"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="t d" font-family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14">
<title id="t">${escapeXml(title)}</title>
<desc id="d">${escapeXml(end)}</desc>
<rect width="${WIDTH}" height="${height}" rx="14" fill="${COLOURS.ground}"/>
<text x="${MARGIN}" y="${MARGIN + 18}" font-size="19" font-weight="650" fill="${COLOURS.ink}">${escapeXml(title)}</text>
${rail}
${[...rows, last].map((row) => row.svg).join('\n')}
</svg>
`;
}

function hopRow(hop: Hop, path: PacketPath, y: number): Row {
  const matched = hop.steps.filter((step) => step.matched);
  const name = hop.table === undefined ? hop.stage : `${hop.stage} · ${hop.table}`;
  const summary = wrap(hop.summary, COLUMNS);
  const rules = matched.map((step) => `${step.chain}  ${ruleText(step.rule, path.packet.family)}`);
  const missed = hop.steps.length - matched.length;
  const lines: string[] = [];
  let at = y + 6;
  lines.push(
    `<circle cx="${RAIL}" cy="${at}" r="8" fill="${STAGE[hop.stage]}" stroke="${COLOURS.card}" stroke-width="3"/>`,
  );
  lines.push(textLine(name, at + 5, { weight: 650, fill: STAGE[hop.stage] }));
  for (const part of summary) {
    at += LINE;
    lines.push(textLine(part, at + 5, { fill: COLOURS.ink }));
  }
  for (const rule of rules) {
    at += LINE + 3;
    const shown = rule.length > COLUMNS - 6 ? `${rule.slice(0, COLUMNS - 7)}…` : rule;
    lines.push(
      `<rect x="${TEXT - 6}" y="${at - 10}" width="${shown.length * 7.25 + 18}" height="21" rx="5" fill="${COLOURS.card}" stroke="${COLOURS.line}"/>`,
      textLine(shown, at + 5, { mono: true, fill: COLOURS.ink }),
    );
  }
  if (missed > 0) {
    at += LINE;
    lines.push(
      textLine(`${missed} ${missed === 1 ? 'rule' : 'rules'} looked at did not match`, at + 6, {
        fill: COLOURS.faint,
        small: true,
      }),
    );
  }
  return { svg: lines.join('\n'), height: at - y + LINE + 12 };
}

function endRow(end: string, reply: string | undefined, good: boolean, y: number): Row {
  const colour = good ? '#0f766e' : '#b91c1c';
  const parts = wrap(end, COLUMNS - 4);
  const replies = reply === undefined ? [] : wrap(`↩ ${reply}`, COLUMNS - 4);
  const height = (parts.length + replies.length) * LINE + 22;
  const lines = [
    `<rect x="${MARGIN}" y="${y}" width="${WIDTH - 2 * MARGIN}" height="${height}" rx="10" fill="${COLOURS.card}" stroke="${colour}" stroke-width="2"/>`,
    ...parts.map((part, i) => textLine(part, y + 26 + i * LINE, { weight: 600, fill: colour, x: MARGIN + 18 })),
    ...replies.map((part, i) =>
      textLine(part, y + 26 + (parts.length + i) * LINE, { fill: COLOURS.faint, x: MARGIN + 18 }),
    ),
  ];
  return { svg: lines.join('\n'), height };
}

type TextStyle = {
  readonly fill: string;
  readonly weight?: number;
  readonly mono?: boolean;
  readonly small?: boolean;
  readonly x?: number;
};

function textLine(text: string, y: number, { fill, weight, mono, small, x = TEXT }: TextStyle): string {
  const family =
    mono === true ? ' font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="12"' : '';
  const size = small === true ? ' font-size="12"' : '';
  const bold = weight === undefined ? '' : ` font-weight="${weight}"`;
  return `<text x="${x}" y="${y}" fill="${fill}"${bold}${family}${size} xml:space="preserve">${escapeXml(text)}</text>`;
}

function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
