// Loaded into a process under test with `node --expose-gc --require`: at SIGUSR2 it collects its garbage and says what is
// left, as a line of its log. The product knows nothing of it.
const { writeSync } = require('node:fs');

process.on('SIGUSR2', () => {
  // Twice: finalizers of the first let go of more.
  globalThis.gc();
  setTimeout(() => {
    globalThis.gc();
    const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
    const sockets = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    writeSync(1, `${JSON.stringify({ msg: 'heap', heapUsed, external, arrayBuffers, rss, sockets })}\n`);
  }, 50);
});
