/** The stages of the plugin's job for everything, in the order in which it runs them for each endpoint; `sdn` is off by default. */
export const fullSyncStages: readonly string[] = [
  'devices',
  'storage',
  'virtual-machines',
  'task-history',
  'vm-disks',
  'vm-backups',
  'vm-snapshots',
  'network-interfaces',
  'vm-interfaces',
  'ip-addresses',
  'sdn',
  'replications',
  'backup-routines',
];
