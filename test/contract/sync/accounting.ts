/** The promise that nothing discovered is lost, checked on every run of these tests. */
import { expect } from 'vitest';
import type { StreamResult } from '../../support/world.js';

/** Stages by the kinds of object they are about. */
const mainKinds: Readonly<Record<string, string | readonly string[]>> = {
  devices: 'device',
  storage: 'storage',
  'virtual-machines': 'virtual-machine',
  'virtual-machine': 'virtual-machine',
  'vm-ip-addresses': 'ip-address',
  backups: 'backup',
  'vm-snapshots': 'snapshot',
  'task-history': 'task-history',
  replications: 'replication',
  'backup-routines': 'backup-routine',
  'virtual-disks': 'virtual-disk',
  'vm-interfaces': 'vm-interface',
  'node-interfaces': 'node-interface',
  sdn: [
    ...['sdn-vnet', 'sdn-zone', 'sdn-controller', 'sdn-subnet', 'sdn-binding'],
    ...['sdn-fabric', 'sdn-route-map', 'sdn-prefix-list'],
    ...['l2vpn', 'l2vpn-termination', 'route-target', 'prefix'],
  ],
};

/** A full update announces its stages, the sweep what may go. */
const ofNoKind: ReadonlySet<string> = new Set(['full-update', 'sweep_orphans']);

/**
 * Kinds that several stages of a run write: the device of a node for a guest that needs it, the addresses of nodes and of
 * guests, the bridge of a guest's interface.
 */
const shared: ReadonlySet<string> = new Set(['device', 'ip-address', 'node-interface']);

/**
 * For each kind: discovered = created + updated + unchanged + skipped + failed; for each stage the objects it announced
 * are the objects it accounts for.
 */
export function expectAccounted({ complete, frames }: StreamResult): void {
  const kinds = complete.result?.kinds ?? {};
  for (const [kind, counts] of Object.entries(kinds)) {
    const { discovered, created, updated, unchanged, skipped, failed } = counts;
    expect(created + updated + unchanged + skipped + failed, `${kind}: ${JSON.stringify(counts)}`).toBe(discovered);
  }
  for (const { event, data } of frames) {
    const phase = String(data['phase']);
    const own = [mainKinds[phase] ?? []].flat();
    if (event !== 'discovery' || ofNoKind.has(phase)) continue;
    expect(own, `the main kinds of the stage ${phase}`).not.toEqual([]);
    const announced = Number(data['count']);
    const accounted = own.reduce((sum, kind) => sum + (kinds[kind]?.discovered ?? 0), 0);
    expect(accounted, `${own.join()} accounted for`).toBeGreaterThanOrEqual(announced);
    if (!own.some((kind) => shared.has(kind))) expect(accounted, `${own.join()} accounted for`).toBe(announced);
  }
  const told = frames.filter(({ data }) => JSON.stringify(data).includes('are accounted for'));
  expect(told).toEqual([]);
}
