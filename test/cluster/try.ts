import { startCluster } from './api-server.ts';

const t = Date.now();
const c = await startCluster();
console.log('up', Date.now() - t, c.folder);
console.log(c.kubectl(['get', 'ns']).stdout);
await new Promise((r) => process.stdin.once('data', r));
await c.stop();
console.log('down');
process.exit(0);
