/** What operators do to NetBox that reaches further than the object itself, or takes objects away. */
import type { NetBoxSimulator } from '../simulator/netbox/index.js';
import { asFarAsItGoes } from './edits.js';
import { paths } from './paths.js';

const table = {
  'tag-renamed': ['extras/tags', 'rename'],
  'role-renamed': ['dcim/device-roles', 'rename'],
  'site-renamed': ['dcim/sites', 'rename'],
  'cluster-type-renamed': ['virtualization/cluster-types', 'rename'],
  'field-removed': ['extras/custom-fields', 'remove'],
  'machine-removed': [paths.machines, 'remove'],
  'interface-removed': [paths.interfaces, 'remove'],
  'disk-removed': [paths.disks, 'remove'],
  'address-removed': [paths.addresses, 'remove'],
  'mac-removed': [paths.macs, 'remove'],
  'snapshot-removed': [paths.snapshots, 'remove'],
  'backup-removed': [paths.backups, 'remove'],
  'state-removed': [paths.states, 'remove'],
  'storage-removed': ['plugins/proxbox/storage', 'remove'],
  'disk-resized': [paths.disks, { size: 1 }],
  'interface-off': [paths.interfaces, { enabled: false }],
  'address-deprecated': [paths.addresses, { status: 'deprecated' }],
} as const;

export const upheavals = Object.keys(table) as (keyof typeof table)[];

/** Numbers choose among what there is, modulo how much that is. */
export interface Upheaval {
  readonly what: keyof typeof table;
  readonly target: number;
}

export function upset({ state, operator }: NetBoxSimulator, { what, target }: Upheaval): void {
  const [path, how] = table[what];
  const rows = state.objects(path);
  const row = rows[target % Math.max(1, rows.length)];
  if (row === undefined) return;
  asFarAsItGoes(() => {
    if (how === 'remove') operator.remove(path, row.id);
    else operator.update(path, row.id, how === 'rename' ? { name: `${String(row['name'])} (${target})` } : how);
  });
}
