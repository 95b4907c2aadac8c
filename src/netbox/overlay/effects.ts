/** What NetBox computes and changes by itself along with a write, as far as a later stage looks at it. */
import { grouped } from '../../values/grouped.js';
import { contentType, normalise, relationId, toNumber } from '../kinds/values.js';
import type { JsonObject, NetBoxRecord } from '../types.js';

/** One row of a write: as it was and as it is; absent: it was not there, or is not any more. */
export interface Written {
  readonly before?: NetBoxRecord | undefined;
  readonly after?: NetBoxRecord | undefined;
  /** What was sent. */
  readonly body: JsonObject;
}

/** What an effect may do with the rows of the preview. */
export interface EffectPort {
  /** Rows of a collection with one of these values, as the preview has them. */
  readonly rowsOf: (path: string, filter: string, values: readonly number[]) => Promise<readonly NetBoxRecord[]>;
  /** Whole rows, which may be put back changed. */
  readonly take: (path: string, ids: readonly number[]) => Promise<readonly NetBoxRecord[]>;
  readonly put: (path: string, row: NetBoxRecord) => NetBoxRecord;
  /** A row that NetBox makes by itself. */
  readonly make: (path: string, body: JsonObject) => NetBoxRecord;
}

type Effect = (writes: readonly Written[], port: EffectPort) => Promise<void>;

const machines = '/api/virtualization/virtual-machines/';
const clusters = '/api/virtualization/clusters/';
const disks = '/api/virtualization/virtual-disks/';
const macs = '/api/dcim/mac-addresses/';

const effects: ReadonlyMap<string, Effect> = new Map([
  [disks, sumDisks],
  [machines, placeMachines],
  [clusters, moveMachines],
  ['/api/virtualization/interfaces/', primaryMacs('/api/virtualization/interfaces/', 'virtualization.vminterface')],
  ['/api/dcim/interfaces/', primaryMacs('/api/dcim/interfaces/', 'dcim.interface')],
]);

export async function applyEffects(path: string, writes: readonly Written[], port: EffectPort): Promise<void> {
  await effects.get(path)?.(writes, port);
}

function idsIn(values: readonly unknown[]): readonly number[] {
  return [...new Set(values.flatMap((value) => relationId(value) ?? []))];
}

/** The disk size of a machine is the sum of its disks, and nothing where it has none. */
async function sumDisks(writes: readonly Written[], { rowsOf, take, put }: EffectPort): Promise<void> {
  const of = idsIn(writes.flatMap(({ before, after }) => [before?.['virtual_machine'], after?.['virtual_machine']]));
  const [all, owners] = await Promise.all([rowsOf(disks, 'virtual_machine_id', of), take(machines, of)]);
  const byMachine = grouped(all, (disk) => relationId(disk['virtual_machine']));
  for (const machine of owners) {
    const own = byMachine.get(machine.id) ?? [];
    const disk = own.length === 0 ? null : own.reduce((sum, { size }) => sum + (toNumber(size) ?? 0), 0);
    put(machines, { ...machine, disk, virtual_disk_count: own.length });
  }
}

/** A new machine without a site has that of its cluster. */
async function placeMachines(writes: readonly Written[], { rowsOf, put }: EffectPort): Promise<void> {
  const homeless = writes.flatMap(({ before, after }) =>
    before === undefined && after !== undefined && relationId(after['site']) === null ? [after] : [],
  );
  const homes = new Map((await rowsOf(clusters, 'id', idsIn(homeless.map(({ cluster }) => cluster)))).map(withId));
  for (const machine of homeless) {
    const site = siteOf(homes.get(relationId(machine['cluster']) ?? -1));
    if (site !== null) put(machines, { ...machine, site: { id: site } });
  }
}

/** The machines of a cluster are in its site. */
async function moveMachines(writes: readonly Written[], { rowsOf, take, put }: EffectPort): Promise<void> {
  const moved = new Map(
    writes.flatMap(({ before, after }) =>
      before !== undefined && after !== undefined && siteOf(after) !== null && siteOf(after) !== siteOf(before)
        ? [withId(after)]
        : [],
    ),
  );
  const found = await rowsOf(machines, 'cluster_id', [...moved.keys()]);
  for (const machine of await take(
    machines,
    found.map(({ id }) => id),
  )) {
    const site = siteOf(moved.get(relationId(machine['cluster']) ?? -1));
    if (site !== null) put(machines, { ...machine, site: { id: site } });
  }
}

function siteOf(cluster: NetBoxRecord | undefined): number | null {
  return contentType(cluster?.['scope_type']) === 'dcim.site' ? relationId(cluster?.['scope_id']) : null;
}

/** An interface shows the MAC address of its primary row; since NetBox 4.7 one that is written makes that row. */
function primaryMacs(path: string, type: string): Effect {
  return async (writes, port) => {
    const asked = writes.flatMap(({ before, after, body }) =>
      after !== undefined && ('mac_address' in body || 'primary_mac_address' in body) ? [{ before, after, body }] : [],
    );
    const written = asked.filter(({ body }) => 'mac_address' in body).map(({ after }) => after.id);
    const own = (await port.rowsOf(macs, 'assigned_object_id', written)).filter(
      (row) => contentType(row['assigned_object_type']) === type,
    );
    const primaries = asked.map(({ after, body }) => ({ after, mac: primaryOf(after, body, { own, type, port }) }));
    const former = asked.map(({ before }) => before?.['primary_mac_address']);
    const rows = new Map((await port.take(macs, idsIn([...primaries.map(({ mac }) => mac), ...former]))).map(withId));
    for (const row of rows.values()) port.put(macs, { ...row, is_primary: false });
    for (const { after, mac } of primaries) {
      const row = rows.get(mac ?? -1);
      const primary = row === undefined ? null : { id: row.id };
      port.put(path, { ...after, primary_mac_address: primary, mac_address: row?.['mac_address'] ?? null });
      if (row !== undefined) port.put(macs, { ...assigned(row, type, after), is_primary: true });
    }
  };
}

interface Macs {
  /** Rows that hang on the interfaces of the write. */
  readonly own: readonly NetBoxRecord[];
  readonly type: string;
  readonly port: EffectPort;
}

/** The id of the row that is the primary one from now on. */
function primaryOf(after: NetBoxRecord, body: JsonObject, { own, type, port }: Macs): number | null {
  if (!('mac_address' in body)) return relationId(after['primary_mac_address']);
  const wanted = normalise('mac', body['mac_address']);
  if (wanted === '') return null;
  const stored = own.find(
    (row) => relationId(row['assigned_object_id']) === after.id && normalise('mac', row['mac_address']) === wanted,
  );
  const ofPort = { mac_address: wanted, assigned_object_type: type, assigned_object_id: after.id };
  return (stored ?? port.make(macs, ofPort)).id;
}

/** One that hung nowhere hangs there from now on. */
function assigned(mac: NetBoxRecord, type: string, to: NetBoxRecord): NetBoxRecord {
  if (relationId(mac['assigned_object_id']) !== null) return mac;
  return { ...mac, assigned_object_type: type, assigned_object_id: to.id, assigned_object: to };
}

function withId(row: NetBoxRecord): readonly [number, NetBoxRecord] {
  return [row.id, row];
}
