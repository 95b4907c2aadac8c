/** Which virtual machine in NetBox something belongs to. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { isObject } from '../values/plain-object.js';
import type { NetBoxAccess } from './access.js';
import { kindDefinition } from './kinds/index.js';
import { relationId } from './kinds/values.js';
import { orNotFound } from './or-not-found.js';
import type { Query } from './types.js';

export interface MachineFinder {
  /**
   * The id of the machine whose sync state says this VMID, of this stored Proxmox endpoint where one is named.
   * @throws ProxboxError `netbox_*`, `not_found` where there is none, `conflict` where there are several
   */
  ofGuest(vmid: number, endpointId: number | undefined): Promise<number>;
  /** The id of the machine that a VM interface or an address belongs to. @throws ProxboxError `netbox_*`, `not_found` */
  ofPart(kind: 'vm-interface' | 'ip-address', id: number): Promise<number>;
}

export function createMachineFinder({ client }: Pick<NetBoxAccess, 'client'>): MachineFinder {
  async function row(kind: 'vm-interface' | 'ip-address', id: number): Promise<Readonly<Record<string, unknown>>> {
    const { path, noun } = kindDefinition(kind);
    const found = await orNotFound(`NetBox has no ${noun} with the id ${id}.`, async () =>
      (await client()).get(`${path}${id}/`, {}, { cache: 'bypass' }),
    );
    return isObject(found) ? found : {};
  }

  const ownerOf = (value: unknown, told: string): number => {
    const id = relationId(value);
    if (id !== null) return id;
    throw new ProxboxError('not_found', `${told} belongs to no virtual machine.`);
  };

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
      if (kind === 'vm-interface') return ownerOf(part['virtual_machine'], `The interface ${id}`);
      const told = `The address ${id}`;
      if (part['assigned_object_type'] !== 'virtualization.vminterface') return ownerOf(null, told);
      const of = await row('vm-interface', Number(part['assigned_object_id']));
      return ownerOf(of['virtual_machine'], told);
    },
  };
}
