import type { ClusterStatusNode, GuestResource, ProxmoxSession, UndescribedGuest } from '../../../src/proxmox/types.js';

const mebibyte = 1_048_576;

export function aNode(name: string, changes: Partial<ClusterStatusNode> = {}): ClusterStatusNode {
  return {
    id: `node/${name}`,
    name,
    ip: '10.0.0.11',
    nodeid: 1,
    online: true,
    local: false,
    level: '',
    ...changes,
  };
}

/** A running machine with two cores and 2 GiB on node pve1. */
export function aGuestResource(changes: Partial<GuestResource> = {}): GuestResource {
  const { type = 'qemu', vmid = 100 } = changes;
  return {
    isDescribed: true,
    id: `${type}/${vmid}`,
    type,
    vmid,
    name: `vm${vmid}`,
    node: 'pve1',
    status: 'running',
    template: false,
    maxcpu: 2,
    maxmem: 2048 * mebibyte,
    maxdisk: null,
    raw: {},
    ...changes,
  };
}

/** A guest of node pve1 that is listed without its name and figures. */
export function anUndescribedGuest(changes: Partial<UndescribedGuest> = {}): UndescribedGuest {
  const { type = 'qemu', vmid = 100 } = changes;
  return { isDescribed: false, id: `${type}/${vmid}`, type, vmid, node: 'pve1', raw: {}, ...changes };
}

/** A connected endpoint that answers nothing; tests override the reads they need. */
export function aProxmoxSession(changes: Partial<ProxmoxSession> = {}): ProxmoxSession {
  return {
    endpointId: 1,
    endpointName: 'lab (nb:1)',
    name: 'lab',
    mode: 'cluster',
    version: { version: '9.0.3', release: '9.0', repoid: 'x' },
    account: { user: 'netbox@pve', token: null },
    host: '10.0.0.10',
    port: 8006,
    clusterStatus: async () => ({ cluster: null, nodes: [] }),
    rootCertificate: async () => null,
    resources: async () => [],
    guests: async () => [],
    guestConfig: async () => ({}),
    storages: async () => [],
    clusterOptions: async () => ({}),
    get: async () => null,
    counters: () => ({ requests: 0, retries: 0, logins: 0 }),
    ...changes,
  };
}
