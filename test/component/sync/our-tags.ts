/** The tags that a sync makes for itself, there before its token may add none. */
import type { SimulatedTarget } from './simulated-target.js';

export function makeOurTags({ simulator }: SimulatedTarget): void {
  for (const [name, slug] of [
    ['Proxbox', 'proxbox'],
    ['Proxbox: Discovered QEMU VM', 'proxbox-discovered-qemu'],
    ['Proxbox: Discovered LXC Container', 'proxbox-discovered-lxc'],
    ['Proxbox: Discovered Cluster', 'proxbox-discovered-cluster'],
    ['Proxbox: Discovered Node', 'proxbox-discovered-node'],
    ['Proxbox: Soft-deleted VM', 'proxbox-soft-deleted'],
  ])
    simulator.operator.create('extras/tags', { name, slug, color: '00ff00' });
}
