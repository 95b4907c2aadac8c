import { it } from 'vitest';
import { PlanBuilder } from '../../src/sync/plan/plan-builder.js';
import { planTaskHistory } from '../../src/sync/stages/task-history/diff.js';
import { applyPlan } from '../../src/sync/executor/executor.js';
import { readTasks } from '../../src/proxmox/reads/nodes.js';
import { formatUpid } from '../../src/simulator/estate/upid.js';

it('memory', async () => {
  const gc = () => { (globalThis as any).gc?.(); return Math.round(process.memoryUsage().heapUsed / 1e6); };
  const a = gc();
  const guest: any = { key: '1/qemu/100', virtualMachine: { id: 7 }, resource: { type: 'qemu', vmid: 100 }, source: { endpointId: 1, cluster: 'lab', node: 'pve1', vmid: 100, type: 'qemu', name: 'web' } };
  const session: any = { endpointName: 'x', get: async (_p: string, { query }: any) => JSON.parse(JSON.stringify(Array.from({ length: Math.max(0, Math.min(500, 100_000 - query.start)) }, (_, i) => {
    const n = query.start + i; const parts = { node: 'pve1', pid: 4_000_000 - n, pstart: n, starttime: 1_777_000_000 - n, type: 'qmstart', id: '100', user: 'root@pam' };
    return { upid: formatUpid(parts), ...parts, endtime: parts.starttime + 5, status: 'OK' };
  }))) };
  let t = Date.now();
  const { tasks } = await readTasks(session, { node: 'pve1' });
  const b = gc(); console.log('read', tasks.length, b - a, 'MB', Date.now() - t, 'ms');
  const owned = tasks.map((task) => ({ guest, task }));
  const stored = new Map(tasks.map((task, i) => [task.upid, { id: i + 1, virtualMachine: 7, vmType: 'qemu', endTime: task.endTime, status: 'OK' }]));
  const c = gc(); console.log('stored', c - a);
  t = Date.now();
  const builder = new PlanBuilder({ known: new Map() });
  const plan = planTaskHistory(builder, { tasks: owned, stored, outdated: new Map(), roster: { states: [] } as any, warnings: [], now: '' } as any);
  const d = gc(); console.log('plan', plan.changes.length, d - a, Date.now() - t, 'ms');
  t = Date.now();
  const applied = await applyPlan(plan, { client: {} as any, collections: {} as any, logger: {} as any, batchOf: () => ({ batchSize: 1, delayMs: 0 }), onProgress: () => undefined });
  console.log('apply', applied.outcomes.length, gc() - a, Date.now() - t, 'ms');
}, 120000);
