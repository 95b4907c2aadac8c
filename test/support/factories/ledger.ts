/** What a run tells the ledger of itself. */
import type { ItemEntry, RunBeginning } from '../../../src/ledger/types.js';

/** A full update of everything that somebody asked for over the API. */
export const aBeginning = (id: string, changes: Partial<RunBeginning> = {}): RunBeginning => ({
  id,
  jobId: null,
  kind: 'full-update',
  trigger: 'api',
  actor: '',
  branch: '',
  scope: {},
  isOfEverything: true,
  ...changes,
});

/** The machine of guest `n`, which was created. */
export const anItem = (n: number, changes: Partial<ItemEntry> = {}): ItemEntry => ({
  kind: 'virtual-machine',
  key: `1/qemu/${n}`,
  label: `web-${n}`,
  outcome: 'created',
  reason: null,
  message: null,
  netboxId: n,
  netboxUrl: `https://netbox.example.org/virtualization/virtual-machines/${n}/`,
  endpointId: 1,
  cluster: 'lab',
  node: 'pve1',
  vmid: n,
  changes: [],
  ...changes,
});
