/** What work costs, in figures that a busy machine does not change much. */

/** Milliseconds of processor time of this process: waiting for a turn on a busy machine is not counted. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The least that doing `work` so many times took once: what else the process had to do, collections above all, is left out. */
export async function leastCpuMsOf(times: number, work: (n: number) => unknown): Promise<number> {
  let least = Infinity;
  for (let n = 0; n < times; n += 1) least = Math.min(least, await cpuMsOf(() => work(n)));
  return least;
}

/** Milliseconds by the clock on the wall, for lower limits alone: a busy machine makes everything later, nothing earlier. */
export async function elapsedMsOf(work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** What parsing the text below takes where limits in milliseconds were set. */
const yardstickMs = 12;

/** How many times slower than there this machine computes just now; at least 1. For limits of processor time. */
export async function slowness(): Promise<number> {
  const rows = Array.from({ length: 10_000 }, (_, n) => ({
    id: n,
    name: `web-${n}`,
    tags: [n, n + 1],
    status: { value: 'active' },
  }));
  const text = JSON.stringify(rows);
  const costs: number[] = [];
  for (let n = 0; n < 21; n += 1) costs.push(await cpuMsOf(() => JSON.parse(text)));
  const [median = 0] = costs.toSorted((a, b) => a - b).slice(10);
  return Math.max(1, median / yardstickMs);
}
