// Loaded into the webhook by the fuzz test only: says how large the heap is after a collection, when asked over IPC.
process.on('message', () => {
  globalThis.gc();
  process.send({ heap: process.memoryUsage().heapUsed });
});
// The channel alone must not keep the process alive.
process.channel?.unref();
