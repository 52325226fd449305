const DEFAULT_PORT = 15053;

/** Hosts and port of DNS_PROXY_ADDR (agent.md 3): `localhost`, or nothing, is loopback of both families. */
export function listenAddress(address: string): { readonly hosts: readonly string[]; readonly port: number } {
  const [, host = '', port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address) ?? [];
  const hosts = host === '' || host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
  return { hosts, port: port === undefined ? DEFAULT_PORT : Number(port) };
}
