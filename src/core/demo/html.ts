export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** An element around a text, which is escaped as its attributes are. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, text: string): string {
  const all = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return `<${name}${all.join('')}>${escaped(text)}</${name}>`;
}
