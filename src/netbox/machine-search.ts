/** Finds virtual machines of guests in NetBox by what people know of them: name, VMID, IP address, MAC address. */
import { z } from 'zod';
import type { NetBoxAccess } from './access.js';
import { decode } from './kinds/decode.js';
import { kindDefinition, type ObjectKind, type RecordOf } from './kinds/index.js';
import { isAddressText } from './kinds/values.js';
import type { NetBoxReader, Query } from './types.js';

export type FoundBy = 'vmid' | 'name' | 'address' | 'mac';

export interface FoundMachine {
  /** Of the virtual machine. */
  readonly netboxId: number;
  readonly name: string;
  /** NetBox's own word for it. */
  readonly status: string;
  /** What its sync state says; null: it has none. */
  readonly cluster: string | null;
  readonly vmid: number | null;
  /** Of a stored Proxmox endpoint. */
  readonly endpointId: number | null;
  readonly foundBy: FoundBy;
}

export interface FoundMachines {
  /** In the order of `FoundBy`, then by name. */
  readonly found: readonly FoundMachine[];
  /** There are more than were asked for. */
  readonly hasMore: boolean;
}

export interface MachineSearch {
  /**
   * At most `limit` machines, in at most six requests. A number is a VMID or a part of a name.
   * @throws ProxboxError `netbox_*`, `not_configured`
   */
  find(text: string, limit: number): Promise<FoundMachines>;
}

const Page = z.object({ count: z.number(), results: z.array(z.looseObject({ id: z.number() })) });

const mac = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i;
const vmid = /^[1-9][0-9]{2,8}$/;

type Found = readonly (readonly [FoundBy, readonly number[]])[];

class Search {
  #hasMore = false;

  constructor(
    private readonly client: NetBoxReader,
    private readonly limit: number,
  ) {}

  async find(text: string): Promise<FoundMachines> {
    const byId = new Map<number, FoundBy>();
    for (const [by, ids] of await this.#ids(text)) for (const id of ids) if (!byId.has(id)) byId.set(id, by);
    const ids = [...byId.keys()].slice(0, this.limit);
    if (ids.length === 0) return { found: [], hasMore: false };
    const machines = await this.#page('virtual-machine', { id: ids });
    const states = await this.#states({ virtual_machine_id: ids });
    const stateOf = new Map(states.map((state) => [state.virtual_machine, state]));
    const found = machines.map((machine) => foundMachine(machine, stateOf.get(machine.id), byId.get(machine.id)));
    return { found: found.sort(byOrder), hasMore: this.#hasMore || byId.size > ids.length };
  }

  async #ids(text: string): Promise<Found> {
    if (mac.test(text)) return [['mac', await this.#ofPorts({ mac_address: text.replaceAll('-', ':') })]];
    const [address = ''] = text.split('/');
    if (isAddressText(address)) return [['address', await this.#ofAddress(address)]];
    const named = await this.#page('virtual-machine', { name__ic: text });
    const byName = ['name', named.map(({ id }) => id)] as const;
    if (!vmid.test(text)) return [byName];
    const states = await this.#states({ proxmox_vm_id: Number(text) });
    return [['vmid', states.flatMap(({ virtual_machine: id }) => id ?? [])], byName];
  }

  async #ofAddress(address: string): Promise<readonly number[]> {
    const rows = await this.#page('ip-address', { address });
    const ports = rows
      .filter(({ assigned_object_type: type }) => type === 'virtualization.vminterface')
      .flatMap(({ assigned_object_id: id }) => id ?? []);
    return ports.length === 0 ? [] : this.#ofPorts({ id: ports });
  }

  async #ofPorts(query: Query): Promise<readonly number[]> {
    const ports = await this.#page('vm-interface', query);
    return ports.flatMap(({ virtual_machine: id }) => id ?? []);
  }

  /** None without the plugin. */
  async #states(query: Query): Promise<readonly RecordOf<'vm-state'>[]> {
    const { proxboxPlugin } = await this.client.capabilities();
    return proxboxPlugin ? this.#page('vm-state', query) : [];
  }

  async #page<K extends ObjectKind>(kind: K, query: Query): Promise<readonly RecordOf<K>[]> {
    const { path } = kindDefinition(kind);
    const page = Page.parse(await this.client.get(path, { ...query, limit: this.limit }, { cache: 'bypass' }));
    if (page.count > page.results.length) this.#hasMore = true;
    return page.results.map((row) => decode(kind, row));
  }
}

const order: readonly FoundBy[] = ['vmid', 'name', 'address', 'mac'];

function byOrder(one: FoundMachine, other: FoundMachine): number {
  return order.indexOf(one.foundBy) - order.indexOf(other.foundBy) || (one.name < other.name ? -1 : 1);
}

function foundMachine(
  machine: RecordOf<'virtual-machine'>,
  state: RecordOf<'vm-state'> | undefined,
  foundBy: FoundBy = 'name',
): FoundMachine {
  return {
    netboxId: machine.id,
    name: machine.name,
    status: machine.status ?? '',
    cluster: state?.proxmox_cluster_name ?? null,
    vmid: state?.proxmox_vm_id ?? null,
    endpointId: state?.proxmox_endpoint_raw_id ?? null,
    foundBy,
  };
}

export function createMachineSearch({ client }: Pick<NetBoxAccess, 'client'>): MachineSearch {
  return { find: async (text, limit) => new Search(await client(), limit).find(text.trim()) };
}
