/**
 * The texts that we generate, and how they are recognised again: what matches may be rewritten and goes with its object,
 * any other text is an operator's. Pure.
 */
import type { ObjectKind, RecordOf } from '../../netbox/kinds/index.js';

type TextFields<K extends ObjectKind> = {
  readonly [F in keyof RecordOf<K> as RecordOf<K>[F] extends string ? F : never]?: RegExp;
};

/** By kind and field. A field without a row holds no text of ours. */
export const ownTexts = {
  cluster: { description: /^Proxmox \w+ cluster\.$/ },
  device: { description: /^Proxmox Node \S+$/ },
  'virtual-machine': { description: /^Synced from Proxmox node \S+$/ },
  l2vpn: {
    name: /^Proxbox .+ \/ /,
    slug: /^proxbox-\d+-/,
    description: /^Imported from Proxmox SDN VNet configuration\.$/,
  },
  // What proxmox/parse/disks.ts says of a disk.
  'virtual-disk': {
    description: /^(Storage: \S+( \| Format: \S+)?|Format: \S+|Cloud-init drive|CD-ROM drive( \| ISO: .+)?)$/,
  },
} as const satisfies { readonly [K in ObjectKind]?: TextFields<K> };

/** How entries of journals begin that this service or the Python service wrote; any other one is an operator's. */
export const ownEntry =
  /^(Proxbox (assigned this address|takes this address for|gave this address back|operational verb dispatched\.)|Marked as gone by Proxbox: |Back in Proxmox: the guest \(|Backup (created|updated) for VM )/;

export function clusterDescription(mode: string): string {
  return `Proxmox ${mode} cluster.`;
}

/** It names the device as we called it, which tells at the next run whether the name is still ours. */
export function deviceDescription(name: string): string {
  return `Proxmox Node ${name}`;
}

export function machineDescription(node: string): string {
  return `Synced from Proxmox node ${node}`;
}
