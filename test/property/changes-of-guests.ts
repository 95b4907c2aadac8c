/** What happens to guests, but for their networks. */
import { makeGuest } from '../simulator/estate/make-guest.js';
import type { EstateCluster, EstateGuest } from '../simulator/estate/index.js';
import { epochS } from './estate.js';
import type { Happening, Scene } from './scene.js';
import { changed, passes } from './passing.js';

type GuestScene = Scene & { readonly guest: EstateGuest };

/** Of a guest, where there is one. */
export function ofGuest(happen: (scene: GuestScene) => void): Happening {
  return (scene) => {
    if (scene.guest === undefined) return;
    changed.add(scene.guest);
    happen({ ...scene, guest: scene.guest });
  };
}

/** What is only seen of a guest as the first run saw it. */
function ofUnchanged(happen: (scene: GuestScene) => void): Happening {
  return (scene) => {
    if (scene.guest !== undefined && !changed.has(scene.guest)) ofGuest(happen)(scene);
  };
}

function addGuest(cluster: EstateCluster, draft: Parameters<typeof makeGuest>[1]): void {
  const guest = makeGuest(epochS, draft);
  changed.add(guest);
  cluster.guests.set(draft.vmid, guest);
}

const disksOf = ({ config }: EstateGuest) => Object.keys(config).filter((key) => /^(scsi|mp)\d$/.test(key));

export const guestChanges = {
  'guest-removed': ofUnchanged(({ cluster, guest }) => void cluster.guests.delete(guest.vmid)),
  'guest-added': ({ cluster, node, target }) => {
    const vmid = 200 + target;
    const config = { scsi0: `ceph:vm-${vmid}-disk-0,size=8G` };
    if (!cluster.guests.has(vmid)) addGuest(cluster, { vmid, name: `new-${vmid}`, node: node.name, config });
  },
  /** Its VMID is another guest's, of the other type and with another MAC address. */
  'guest-replaced': ofUnchanged(({ estate, cluster, guest: { vmid, type, node, name } }) => {
    const mac = `BC:24:11:2${estate.clusters.indexOf(cluster)}:${String(vmid % 100).padStart(2, '0')}:00`;
    const disk = `ceph:vm-${vmid}-disk-9,size=9G`;
    const config: EstateGuest['config'] =
      type === 'qemu'
        ? { rootfs: disk, net0: `name=eth0,bridge=vmbr0,hwaddr=${mac},type=veth` }
        : { scsi0: disk, net0: `virtio=${mac},bridge=vmbr0` };
    addGuest(cluster, { vmid, type: type === 'qemu' ? 'lxc' : 'qemu', node, name, config });
  }),
  'guest-renamed': ofGuest(({ guest }) => void (guest.name = `renamed-${guest.vmid}`)),
  'guest-migrated': ofGuest(({ guest, node }) => void (guest.node = node.name)),
  'guest-resized': ofGuest(({ guest }) => void (guest.memoryMb += 512)),
  'guest-templated': ofUnchanged(({ guest }) => Object.assign(guest, { template: true, status: 'stopped' })),
  'guest-started': ofGuest(({ guest }) => {
    if (guest.status === 'stopped' && !guest.template) guest.status = 'running';
  }),
  'guest-stopped': ofGuest(({ estate, guest }) => {
    if (guest.status !== 'running') return;
    guest.status = 'stopped';
    passes(estate, () => void (guest.status = 'running'));
  }),
  'agent-awake': ofGuest(({ guest: { agent } }) => {
    if (agent.state === 'silent') agent.state = 'running';
  }),
  'agent-silent': ofGuest(({ estate, guest }) => {
    if (guest.agent.state !== 'running') return;
    guest.agent.state = 'silent';
    passes(estate, () => void (guest.agent.state = 'running'));
  }),
  /** Waits for a restart: no fact. */
  'change-pending': ofGuest(({ guest }) => {
    guest.pending = {
      set: { memory: 9999, net3: 'virtio=BC:24:11:33:33:33' },
      delete: ['net0', ...disksOf(guest).slice(-1)],
    };
  }),
  'disk-added': ofGuest(({ guest, target }) => {
    guest.config[guest.type === 'qemu' ? 'scsi7' : 'mp7'] = `ceph:vm-${guest.vmid}-disk-7,size=${(target % 3) + 1}G`;
  }),
  'disk-removed': ofGuest(({ guest }) => {
    const disks = disksOf(guest);
    if (disks.length > 1) Reflect.deleteProperty(guest.config, disks.at(-1) ?? '');
  }),
  'snapshot-added': ofGuest(({ guest: { snapshots }, target }) => {
    const name = `later${target}`;
    if (snapshots !== 'unsupported' && !snapshots.some((one) => one.name === name))
      snapshots.push({ name, description: '', snaptime: epochS - target });
  }),
  'snapshot-removed': ofGuest(({ guest: { snapshots } }) => {
    if (snapshots !== 'unsupported') snapshots.pop();
  }),
  'tags-changed': ofGuest(({ guest }) => void (guest.tags = guest.tags === 'moved' ? '' : 'moved')),
} satisfies Record<string, Happening>;
