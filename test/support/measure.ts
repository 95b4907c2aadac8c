/** What work costs, in figures that a busy machine does not change much. */

/** Milliseconds of processor time of this process: waiting for a turn on a busy machine is not counted. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Milliseconds by the clock on the wall, for lower limits alone: a busy machine makes everything later, nothing earlier. */
export async function elapsedMsOf(work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
