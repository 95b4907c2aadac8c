/**
 * Which parts of the plugin's jobs this service can serve today. Turn `everyStage` to true when the last stage is built,
 * `individualSync` with the routes below `/sync/individual`, and `guestConfiguration` with
 * `/proxmox/{node}/{type}/{vmid}/config`, which the plugin reads of every template: the scenarios that wait for them then run.
 */
export const built: {
  readonly everyStage: boolean;
  readonly individualSync: boolean;
  readonly guestConfiguration: boolean;
} = {
  everyStage: true,
  individualSync: true,
  guestConfiguration: true,
};

/** The sync types of a job for everything. */
export const fullSync: readonly string[] = built.everyStage ? ['all'] : ['devices', 'storage', 'virtual-machines'];

/** The stages of that job, in the order in which the plugin runs them for each endpoint; `sdn` is off by default. */
export const fullSyncStages: readonly string[] = built.everyStage
  ? [
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
    ]
  : fullSync;
