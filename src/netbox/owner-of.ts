/** Which virtual machine or device in NetBox something belongs to, and which node a device stands for. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { isObject } from '../values/plain-object.js';
import type { NetBoxAccess } from './access.js';
import { kindDefinition } from './kinds/index.js';
import { relationId, textOf } from './kinds/values.js';
import { orNotFound } from './or-not-found.js';
import type { Query } from './types.js';

export interface Owner {
  readonly kind: 'virtual-machine' | 'device';
  readonly id: number;
}

/** What belongs to a machine or device. */
export type Part = 'vm-interface' | 'node-interface' | 'ip-address';

/** What the sync state of a device says. */
export interface NodeOfDevice {
  readonly node: string;
  /** Of a stored Proxmox endpoint. */
  readonly endpointId: number;
  readonly cluster: string;
}

export interface OwnerFinder {
  /**
   * The id of the machine whose sync state says this VMID, of this stored Proxmox endpoint where one is named.
   * @throws ProxboxError `netbox_*`, `not_found` where there is none, `conflict` where there are several
   */
  ofGuest(vmid: number, endpointId: number | undefined): Promise<number>;
  /** What an interface or an address belongs to. @throws ProxboxError `netbox_*`, `not_found` */
  ofPart(kind: Part, id: number): Promise<Owner>;
  /** The node that a device stands for. @throws ProxboxError `netbox_*`, `not_found` where no sync says so */
  nodeOf(deviceId: number): Promise<NodeOfDevice>;
}

function ownerOf(kind: Owner['kind'], value: unknown, told: string): Owner {
  const id = relationId(value);
  if (id !== null) return { kind, id };
  throw new ProxboxError('not_found', `${told} belongs to no virtual machine or device.`);
}

const ports: Readonly<Record<string, 'vm-interface' | 'node-interface'>> = {
  'virtualization.vminterface': 'vm-interface',
  'dcim.interface': 'node-interface',
};

/** Of the rows of an interface or of a sync state. */
type Row = Readonly<Record<string, unknown>>;

const ownerOfPort = {
  'vm-interface': (row: Row, told: string): Owner => ownerOf('virtual-machine', row['virtual_machine'], told),
  'node-interface': (row: Row, told: string): Owner => ownerOf('device', row['device'], told),
} as const;

export function createOwnerFinder({ client }: Pick<NetBoxAccess, 'client'>): OwnerFinder {
  async function row(kind: Part, id: number): Promise<Row> {
    const { path, noun } = kindDefinition(kind);
    const found = await orNotFound(`NetBox has no ${noun} with the id ${id}.`, async () =>
      (await client()).get(`${path}${id}/`, {}, { cache: 'bypass' }),
    );
    return isObject(found) ? found : {};
  }

  return {
    async ofGuest(vmid, endpointId) {
      const query: Query = {
        proxmox_vm_id: vmid,
        ...(endpointId === undefined ? {} : { proxmox_endpoint_raw_id: endpointId }),
      };
      const rows = await (await client()).list(kindDefinition('vm-state').path, query, { cache: 'bypass' });
      const found = rows.flatMap((state) => relationId(state['virtual_machine']) ?? []);
      const [id] = found;
      if (id === undefined)
        throw new ProxboxError(
          'not_found',
          `NetBox has no machine of a guest with the VMID ${vmid}. GET /runs/latest says what the last sync made of it.`,
        );
      if (found.length === 1) return id;
      const endpoints = rows.map((state) => String(state['proxmox_endpoint_raw_id'])).join(', ');
      throw new ProxboxError(
        'conflict',
        `Several guests have the VMID ${vmid}: name its endpoint with endpoint=, one of ${endpoints}.`,
      );
    },
    async ofPart(kind, id) {
      const part = await row(kind, id);
      if (kind !== 'ip-address') return ownerOfPort[kind](part, `The interface ${id}`);
      const told = `The address ${id}`;
      const port = ports[textOf(part['assigned_object_type'])];
      if (port === undefined) return ownerOf('device', null, told);
      return ownerOfPort[port](await row(port, Number(part['assigned_object_id'])), told);
    },
    async nodeOf(deviceId) {
      const rows = await (
        await client()
      ).list(kindDefinition('device-state').path, { device_id: deviceId }, { cache: 'bypass' });
      const state = rows.find((one) => relationId(one['device']) === deviceId);
      const endpointId = Number(state?.['proxmox_endpoint_raw_id'] ?? 0);
      const node = textOf(state?.['proxmox_node_name']);
      if (node === '' || endpointId === 0)
        throw new ProxboxError(
          'not_found',
          `No sync state says which node the device ${deviceId} stands for: no sync has made or adopted it.`,
        );
      return { node, endpointId, cluster: textOf(state?.['proxmox_cluster_name']) };
    },
  };
}
