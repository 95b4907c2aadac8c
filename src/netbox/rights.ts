/**
 * Which permissions the user of the token needs in NetBox, by object type, and what is missing without them: the one place that
 * knows. The doctor and docs/netbox-permissions.md are made from it. Source: what the stages plan, and the views of NetBox.
 */
import { actions, type Action } from './actions.js';
import { kinds, objectKinds } from './kinds/index.js';
import { modelOf, type KindPath } from './kinds/models.js';

/**
 * `sync`: every full update does it. `sdn`: only where the plugin's setting for SDN is on. `orphans`: only where machines whose guest is gone
 * are deleted (`PROXBOX_ORPHAN_ACTION=delete`). `better`: the sync goes on without, and reads or deletes less or more than it has to.
 */
export type Purpose = 'sync' | 'sdn' | 'orphans' | 'better';

export interface Right {
  /** Of the list in the REST API. */
  readonly path: string;
  /** `app.model`, as NetBox's page of permissions has it. */
  readonly model: string;
  readonly action: Action;
  readonly purpose: Purpose;
  /** What is missing without it; empty where the object type says it. */
  readonly without: string;
}

interface Row {
  readonly needs: readonly Action[];
  readonly purpose?: Purpose;
  readonly without?: string;
  /** What only another purpose needs. */
  readonly more?: Required<Pick<Row, 'needs' | 'purpose' | 'without'>>;
}

const looked: Row = { needs: ['view'] };
const made: Row = { needs: ['view', 'add'] };
const kept: Row = { needs: ['view', 'add', 'change'] };
const removed: Row = { needs: actions };
const ofSdn: Row = { ...kept, purpose: 'sdn' };

const judged = 'nothing that hangs on machines and addresses is deleted when it is gone from Proxmox';
const keepsMachines: Required<Pick<Row, 'needs' | 'purpose' | 'without'>> = {
  needs: ['view'],
  purpose: 'orphans',
  without: 'machines whose guest is gone are marked instead of deleted',
};

const rows: Readonly<Record<KindPath, Row>> = {
  '/api/extras/tags/': made,
  '/api/extras/custom-fields/': looked,
  '/api/tenancy/tenants/': looked,
  '/api/extras/journal-entries/': {
    needs: ['view', 'add'],
    without: `${judged}, as operators may have written about it, and no booked address is taken for its guest`,
  },
  '/api/dcim/manufacturers/': made,
  '/api/dcim/device-types/': made,
  '/api/dcim/device-roles/': made,
  '/api/dcim/platforms/': made,
  '/api/dcim/sites/': made,
  '/api/dcim/devices/': kept,
  '/api/dcim/interfaces/': kept,
  '/api/dcim/mac-addresses/': removed,
  '/api/virtualization/cluster-types/': made,
  '/api/virtualization/virtual-machine-types/': made,
  '/api/virtualization/clusters/': kept,
  '/api/virtualization/virtual-machines/': {
    ...kept,
    more: { needs: ['delete'], purpose: 'orphans', without: 'machines whose guest is gone cannot be deleted' },
  },
  '/api/virtualization/interfaces/': kept,
  '/api/virtualization/virtual-disks/': removed,
  '/api/ipam/vlans/': made,
  '/api/ipam/prefixes/': ofSdn,
  '/api/ipam/route-targets/': ofSdn,
  '/api/ipam/ip-addresses/': removed,
  '/api/tenancy/contact-assignments/': { needs: ['view'], without: `${judged}, as contacts may be assigned to it` },
  '/api/extras/image-attachments/': keepsMachines,
  '/api/ipam/services/': keepsMachines,
  '/api/ipam/fhrp-group-assignments/': keepsMachines,
  '/api/vpn/tunnel-terminations/': keepsMachines,
  '/api/vpn/l2vpns/': ofSdn,
  '/api/vpn/l2vpn-terminations/': { ...ofSdn, more: keepsMachines },
  '/api/plugins/proxbox/sync-state/clusters/': kept,
  '/api/plugins/proxbox/proxmox-clusters/': kept,
  '/api/plugins/proxbox/sync-state/devices/': kept,
  '/api/plugins/proxbox/proxmox-nodes/': kept,
  '/api/plugins/proxbox/storage/': kept,
  '/api/plugins/proxbox/sync-state/virtual-machines/': kept,
  '/api/plugins/proxbox/sync-state/vm-interfaces/': kept,
  '/api/plugins/proxbox/guest-vm-interfaces/': kept,
  '/api/plugins/proxbox/guest-vm-interface-addresses/': removed,
  '/api/plugins/proxbox/sync-state/virtual-disks/': kept,
  '/api/plugins/proxbox/snapshots/': removed,
  '/api/plugins/proxbox/backups/': removed,
  '/api/plugins/proxbox/task-history/': kept,
  '/api/plugins/proxbox/replications/': kept,
  '/api/plugins/proxbox/backup-routines/': kept,
  '/api/plugins/proxbox/vm-cloudinit/': kept,
  '/api/plugins/proxbox/sdn-controllers/': ofSdn,
  '/api/plugins/proxbox/sdn-zones/': ofSdn,
  '/api/plugins/proxbox/sdn-vnets/': ofSdn,
  '/api/plugins/proxbox/sdn-subnets/': ofSdn,
  '/api/plugins/proxbox/sdn-fabrics/': ofSdn,
  '/api/plugins/proxbox/sdn-route-maps/': ofSdn,
  '/api/plugins/proxbox/sdn-prefix-lists/': ofSdn,
  '/api/plugins/proxbox/sdn-bindings/': ofSdn,
};

/** Of what no kind stands for. */
const further: readonly Right[] = [
  {
    path: '/api/plugins/proxbox/settings/',
    model: 'netbox_proxbox.proxboxpluginsettings',
    action: 'view',
    purpose: 'sync',
    without: "what is set on the plugin's page: variables and defaults are used",
  },
  {
    path: '/api/plugins/proxbox/endpoints/proxmox/',
    model: 'netbox_proxbox.proxmoxendpoint',
    action: 'view',
    purpose: 'sync',
    without: 'what the plugin has of the endpoints: its ids, sites and tenants, and whether it allows writing',
  },
  {
    path: '/api/core/object-changes/',
    model: 'core.objectchange',
    action: 'view',
    purpose: 'better',
    without: 'every run reads everything, as nobody tells what changed since',
  },
];

function rightsOf(path: KindPath, model: string): readonly Right[] {
  const { needs, purpose = 'sync', without = '', more } = rows[path];
  const parts = more === undefined ? [{ needs, purpose, without }] : [{ needs, purpose, without }, more];
  return parts.flatMap((part) =>
    part.needs.map((action) => ({ path, model, action, purpose: part.purpose, without: part.without })),
  );
}

/** In the order of the table of kinds, each once. */
export const rights: readonly Right[] = [
  ...[...new Map(objectKinds.map((kind) => [kinds[kind].path, modelOf(kind)]))].flatMap(([path, model]) =>
    rightsOf(path, model),
  ),
  ...further,
];

/** `dcim.add_device`, as Django names it and NetBox's page of permissions means it. */
export function rightName({ model, action }: Pick<Right, 'model' | 'action'>): string {
  const [app = '', name = ''] = model.split('.');
  return `${app}.${action}_${name}`;
}
