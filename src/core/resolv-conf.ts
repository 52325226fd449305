/** What of a resolv.conf matters to who resolves names, and to who captures their queries. */
type ResolvConf = { readonly servers: readonly string[]; readonly search: readonly string[] };

/** As glibc reads it: `#` and `;` begin comments, the last `search` or `domain` counts, other lines are passed over. */
export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let search: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && words[0] !== undefined && /^[0-9a-fA-F.:]+(?:%\S+)?$/.test(words[0]))
      servers.push(words[0]);
    if (keyword === 'search') search = words;
    if (keyword === 'domain' && words[0] !== undefined) search = [words[0]];
  }
  return { servers, search };
}
