import { z } from 'zod';
import type { Traffic } from './simulated-environment.js';
import { renderTable } from '../../src/cli/table.js';

const Counts = z.object({
  discovered: z.number(),
  created: z.number(),
  updated: z.number(),
  unchanged: z.number(),
  skipped: z.number(),
  failed: z.number(),
});
const Complete = z.object({
  ok: z.boolean(),
  message: z.string(),
  result: z.object({ kinds: z.record(z.string(), Counts) }).nullable(),
});

/** One run as `npm run demo -- --json` prints it. */
export interface RunReport {
  readonly ok: boolean;
  readonly message: string;
  readonly kinds: Readonly<Record<string, z.infer<typeof Counts>>>;
  readonly netbox: Traffic['netbox'];
  readonly proxmox: Traffic['proxmox'];
  readonly seconds: number;
}

/** Joins what the service said in its last frame with what the simulators counted. No last frame is a failure. */
export function summariseRun(complete: unknown, traffic: Traffic, seconds: number): RunReport {
  const parsed = complete === undefined ? undefined : Complete.parse(complete);
  const kinds = parsed?.result?.kinds ?? {};
  const failed = Object.values(kinds).some((counts) => counts.failed > 0);
  return {
    ok: parsed?.ok === true && !failed,
    message: parsed?.message ?? 'The stream ended without a complete frame.',
    kinds,
    ...traffic,
    seconds: Math.round(seconds * 100) / 100,
  };
}

export function runTable({ kinds, netbox, proxmox, seconds }: RunReport): string {
  const head = ['kind', 'discovered', 'created', 'updated', 'unchanged', 'skipped', 'failed'];
  const rows = Object.entries(kinds).map(([kind, counts]) => [
    kind,
    counts.discovered,
    counts.created,
    counts.updated,
    counts.unchanged,
    counts.skipped,
    counts.failed,
  ]);
  const cost = `NetBox: ${netbox.requests} requests, ${netbox.writes} of them writes. Proxmox: ${proxmox.requests} requests. ${seconds} s.`;
  return `${renderTable(head, rows)}\n${cost}`;
}
