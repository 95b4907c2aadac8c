/**
 * Loaded into the service by load tests and `bench:scale` (`node --import`): how long its event loop was held, told over the
 * IPC channel. What is counted is processor time of the loop's thread, so that a busy machine does not look like a stall.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const lookEveryMs = 4;
const longMs = 100;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Milliseconds of processor time that the first thread of this process has had: Linux keeps them in nanoseconds. */
const cpuMs = () => Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ', 1)[0]) / 1e6;

let lastMs = cpuMs();
let longestMs = 0;
let long = 0;

function look() {
  const nowMs = cpuMs();
  const heldMs = nowMs - lastMs;
  lastMs = nowMs;
  longestMs = Math.max(longestMs, heldMs);
  if (heldMs > longMs) long += 1;
}

setInterval(look, lookEveryMs).unref();

/** What was seen since the last answer, and the heap that is in use after a collection. */
process.on('message', () => {
  const seen = { longestSliceMs: longestMs, longSlices: long };
  collect();
  process.send?.({ ...seen, heapMiB: process.memoryUsage().heapUsed / 2 ** 20 });
  longestMs = 0;
  long = 0;
  lastMs = cpuMs();
});
process.channel?.unref();
