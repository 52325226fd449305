import { escapeXml } from '../xml.ts';
/** An element around a text, which is escaped as its attributes are. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, text: string): string {
  const all = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  return `<${name}${all.join('')}>${escapeXml(text)}</${name}>`;
}
