/** What a TLS server shows to somebody who connects, and whether an authority vouches for it. */
import { isIP } from 'node:net';
import { connect } from 'node:tls';

export type Dialled =
  | {
      readonly kind: 'connected';
      /** Milliseconds. */
      readonly validFrom: number;
      readonly validTo: number;
      readonly names: readonly string[];
      /** Why the certificate is not accepted, or undefined. */
      readonly refused: string | undefined;
    }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

/** Connects, looks, and hangs up. `timeout` in milliseconds. */
export function dialTls(
  host: string,
  port: number,
  { serverName, ca, timeout }: { readonly serverName: string; readonly ca: string; readonly timeout: number },
): Promise<Dialled> {
  return new Promise((resolve) => {
    const options = {
      host,
      port,
      ca,
      rejectUnauthorized: false,
      ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    };
    const socket = connect(options, () => {
      const certificate = socket.getPeerCertificate();
      const names = certificate.subjectaltname?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')) ?? [];
      const refused = socket.authorizationError === undefined ? undefined : String(socket.authorizationError);
      finish({
        kind: 'connected',
        validFrom: Date.parse(certificate.valid_from),
        validTo: Date.parse(certificate.valid_to),
        names,
        refused: refused === 'null' ? undefined : refused,
      });
    });
    const finish = (dialled: Dialled): void => {
      socket.destroy();
      resolve(dialled);
    };
    socket.setTimeout(timeout, () =>
      finish({ kind: 'failed', reason: 'TIMEOUT', message: `no answer for ${timeout} ms (timed out)` }),
    );
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish({ kind: 'failed', reason: error.code ?? '', message: error.message }),
    );
  });
}
