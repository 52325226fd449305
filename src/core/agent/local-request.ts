/** What a request that only the pod itself may make is answered. */
export type LocalAnswer = { readonly status: number; readonly text: string; readonly act: boolean };

/** `/quitquitquit` and `/drain`: POST from loopback (agent.md 10). The address is that of the connection. */
export function localRequest(method: string, remote: string | undefined): LocalAnswer {
  if (!isLoopback(remote ?? '')) {
    return { status: 403, text: 'Only requests from localhost are allowed\n', act: false };
  }
  if (method !== 'POST') return { status: 405, text: 'Method Not Allowed\n', act: false };
  return { status: 200, text: 'OK', act: true };
}

/** Whether an address, with brackets or v4-mapped too, is one of loopback. */
export function isLoopback(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:(?=\d+\.)/i, '');
  return bare === '::1' || /^127(?:\.\d{1,3}){3}$/.test(bare);
}
