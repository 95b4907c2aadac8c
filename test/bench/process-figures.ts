/** Memory and processor time of other processes, as Linux tells them in /proc (proc(5)). */
import { readdir, readFile, writeFile } from 'node:fs/promises';

/** `CLK_TCK` of every Linux that Node runs on. */
const ticksPerSecond = 100;

async function statusOf(pid: number, name: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s*(\\d+) kB`).exec(status)?.[1]) / 1024;
}

/** The most memory that was resident since `resetPeak`, or ever, in MiB. */
export const peakMiB = (pid: number): Promise<number> => statusOf(pid, 'VmHWM');

export const residentMiB = (pid: number): Promise<number> => statusOf(pid, 'VmRSS');

export const resetPeak = (pid: number): Promise<void> => writeFile(`/proc/${pid}/clear_refs`, '5');

/** The fields behind the name, which may hold blanks. */
async function statOf(pid: number | string): Promise<readonly string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Of all threads, user and system. */
export async function cpuSeconds(pid: number): Promise<number> {
  const fields = await statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Of all processes of a group together, and of their children that have ended. */
export async function cpuSecondsOfGroup(group: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => statOf(pid).catch((): readonly string[] => [])));
  const ticks = stats
    .filter((fields) => Number(fields[2]) === group)
    .flatMap((fields) => fields.slice(11, 15).map(Number));
  return ticks.reduce((sum, one) => sum + one, 0) / ticksPerSecond;
}
