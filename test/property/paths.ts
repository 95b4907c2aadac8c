/** Where in NetBox the rows are that edits and runs change. */
export const paths = {
  machines: 'virtualization/virtual-machines',
  interfaces: 'virtualization/interfaces',
  disks: 'virtualization/virtual-disks',
  addresses: 'ipam/ip-addresses',
  devices: 'dcim/devices',
  states: 'plugins/proxbox/sync-state/virtual-machines',
  snapshots: 'plugins/proxbox/snapshots',
  backups: 'plugins/proxbox/backups',
  macs: 'dcim/mac-addresses',
  clusters: 'virtualization/clusters',
  journal: 'extras/journal-entries',
} as const;
