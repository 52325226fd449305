/** One line of Istio's access log in its text format (agent.md 16). */
export type AccessLogEntry = {
  readonly line: string;
  /** `-` for a TCP connection. */
  readonly method: string;
  readonly path: string;
  readonly code: number;
  readonly flags: string;
  readonly upstreamHost: string;
  readonly cluster: string;
  readonly upstreamLocal: string;
  readonly downstreamLocal: string;
  readonly downstreamRemote: string;
};

/** Reads a line; undefined for what is no line of this format, such as the agent's own log. */
function parseAccessLogLine(line: string): AccessLogEntry | undefined {
  if (!/^\[\d{4}-\d\d-\d\dT/.test(line)) return undefined;
  const words = [...line.matchAll(/\[[^\]]*\]\S*|"((?:[^"\\]|\\.)*)"|\S+/g)].map((match) => match[1] ?? match[0]);
  // Twenty-two fields; the request line is one of them.
  if (words.length < 22) return undefined;
  const [method = '-', path = '-'] = (words[1] ?? '').split(' ');
  const word = (i: number): string => words[i] ?? '-';
  return {
    line,
    method,
    path,
    code: Number(word(2)),
    flags: word(3),
    upstreamHost: word(15),
    cluster: word(16),
    upstreamLocal: word(17),
    downstreamLocal: word(18),
    downstreamRemote: word(19),
  };
}

/** Those lines of a container's output that belong to its access log. */
export function accessLogOf(output: string): readonly AccessLogEntry[] {
  return output.split('\n').flatMap((line) => parseAccessLogLine(line) ?? []);
}

/** The other lines: what agent and proxy say of themselves. */
export function ownLogOf(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '' && parseAccessLogLine(line) === undefined);
}
