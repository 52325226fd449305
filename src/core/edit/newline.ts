/** Newlines as most lines of a text have them. */
export function newlineOf(text: string): '\n' | '\r\n' {
  const windows = text.split('\r\n').length - 1;
  return windows > 0 && windows * 2 >= text.split('\n').length - 1 ? '\r\n' : '\n';
}
