/** The ceiling for the webhook: the same HTTPS server, which reads the body and gives the same answer to everybody. */
import { readFileSync } from 'node:fs';
import { HttpsServer } from '../src/platform/https-server.ts';

const [certificate = '', key = '', answer = ''] = process.argv.slice(2).map((file) => readFileSync(file, 'utf8'));
const server = new HttpsServer({
  address: '127.0.0.1',
  port: 0,
  certificate,
  key,
  clientAuthority: undefined,
  bodyLimit: 6 * 1024 * 1024,
  handle: () => ({ status: 200, contentType: 'application/json', body: answer }),
});
console.log(JSON.stringify({ msg: 'ready', port: await server.listen() }));
