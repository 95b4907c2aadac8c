import type { StreamFrame } from './api-client.js';

const width = 30;

/** Shows a run while it goes: one bar per stage on a terminal, one line per stage elsewhere. Silent with `isQuiet`. */
export function createProgress(out: NodeJS.WriteStream, isQuiet: boolean): (frame: StreamFrame) => void {
  let stage = '';

  const draw = (current: number, total: number): void => {
    const filled = Math.round(width * (total === 0 ? 1 : current / total));
    out.write(`\r  ${stage.padEnd(18)} [${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${current}/${total}   `);
  };
  const onTerminal: Readonly<Record<string, (data: StreamFrame['data']) => void>> = {
    discovery: (data) => {
      stage = String(data['phase']);
      draw(0, numberOf(data['count']));
    },
    substep: (data) => out.write(`\r  ${stage.padEnd(18)} ${String(data['message']).padEnd(60)}`),
    item_progress: (data) => draw(progressOf(data, 'current'), progressOf(data, 'total')),
  };
  const everywhere: Readonly<Record<string, (data: StreamFrame['data']) => void>> = {
    phase_summary: (data) => out.write(`${out.isTTY ? '\r\u001b[K' : ''}  ${String(data['message'])}\n`),
    error: (data) => out.write(`  failed: ${String(data['detail'])}\n`),
  };

  return ({ event, data }) => {
    if (isQuiet) return;
    if (out.isTTY) onTerminal[event]?.(data);
    everywhere[event]?.(data);
  };
}

function progressOf(data: StreamFrame['data'], key: 'current' | 'total'): number {
  const progress = data['progress'];
  return typeof progress === 'object' && progress !== null && key in progress
    ? numberOf(new Map<string, unknown>(Object.entries(progress)).get(key))
    : 0;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
