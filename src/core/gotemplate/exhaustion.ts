/**
 * What JavaScript itself refused: its stack, or a string or list beyond its sizes. Undefined for every other error.
 * Engines word it differently: V8 and Safari throw RangeError, Firefox an InternalError for the stack.
 */
export function exhaustion(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (/call stack|too much recursion/i.test(error.message)) return 'nested too deeply';
  const isSize = error instanceof RangeError && /length|BigInt|allocation|size/i.test(error.message);
  return isSize || error.name === 'InternalError' ? 'a value too large' : undefined;
}
