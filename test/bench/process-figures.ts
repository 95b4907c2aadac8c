/** What Linux knows of a running process: CPU time and memory, read from /proc. */
import { readdir, readFile, writeFile } from 'node:fs/promises';

/** Ticks a second of the times in /proc: USER_HZ, which is 100 on every Linux that Node.js runs on. */
const ticksPerSecond = 100;

interface Stat {
  readonly group: number;
  /** Seconds of CPU, also of children that have ended. */
  readonly cpuS: number;
}

/** Answers nothing for a process that has ended. The fields are counted behind the name, which may hold blanks (proc(5)). */
async function statOf(pid: number | string): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
  return { group: Number(fields[2]), cpuS: ticks / ticksPerSecond };
}

/** Seconds of CPU that a process has used. */
export async function cpuOfProcess(pid: number): Promise<number> {
  return (await statOf(pid))?.cpuS ?? 0;
}

/** Seconds of CPU that the processes of a group have used together. */
export async function cpuOfGroup(group: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map(statOf));
  return stats.reduce((sum, stat) => (stat?.group === group ? sum + stat.cpuS : sum), 0);
}

/** The most memory that has been resident since the last `forgetPeak`, in MB (1,000,000 bytes). */
export async function peakMemoryMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return (Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024) / 1_000_000;
}

/** Begins a new peak: 5 written to clear_refs resets it (proc(5)). */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}
