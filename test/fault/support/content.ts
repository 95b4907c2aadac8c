/** What a NetBox holds, in a form in which two of them can be compared: relations by name, no ids, no times. */
import type { NetBoxSimulator } from '../../simulator/netbox/index.js';
import { kindsFor } from '../../simulator/netbox/kinds/index.js';
import type { KindSpec, Row } from '../../simulator/netbox/types.js';

/** Rows that tell who wrote when, and the rows of users and tokens. */
const notContent = /^(core|users|extras\/object-changes)/;
const volatile = new Set([
  'id',
  '_site',
  'created',
  'last_updated',
  'last_run_id',
  'proxmox_last_updated',
  'proxmox_uptime',
]);

const kinds = kindsFor('4.7.3', true).filter(({ path }) => !notContent.test(path));

type Labels = ReadonlyMap<string, string>;

const keyOf = (model: string, id: unknown): string => `${model}#${String(id)}`;

function labelOf(kind: KindSpec, row: Row): string {
  for (const field of ['slug', 'name', 'model', 'address', 'mac_address']) {
    const value = row[field];
    if (typeof value === 'string' && value !== '') return `${kind.noun} ${value}`;
  }
  return kind.noun;
}

/** A name is unique within its parent only, so the parents are part of the label. */
function labels(rows: ReadonlyMap<KindSpec, readonly Row[]>): Labels {
  const plain = new Map<string, string>();
  for (const [kind, list] of rows) for (const row of list) plain.set(keyOf(kind.model, row.id), labelOf(kind, row));
  const full = new Map(plain);
  for (const [kind, list] of rows) {
    for (const row of list) {
      const parents = ['cluster', 'site', 'virtual_machine', 'device', 'endpoint'].flatMap((field) => {
        const to = kind.fields[field]?.to;
        const parent = to === undefined ? undefined : plain.get(keyOf(to, row[field]));
        return parent === undefined ? [] : [parent];
      });
      full.set(keyOf(kind.model, row.id), [plain.get(keyOf(kind.model, row.id)), ...parents].join(' @ '));
    }
  }
  return full;
}

function shown(kind: KindSpec, row: Row, field: string, known: Labels): unknown {
  const value = row[field];
  const spec = kind.fields[field];
  const name = (model: string, id: unknown): unknown => known.get(keyOf(model, id)) ?? id;
  if (value === null || value === undefined) return null;
  if (spec?.type === 'relation' && spec.to !== undefined) return name(spec.to, value);
  if (spec?.type === 'relations' && spec.to !== undefined && Array.isArray(value)) {
    const { to } = spec;
    return value.map((id) => String(name(to, id))).sort();
  }
  const generic = /^(.*)_id$/.exec(field)?.[1];
  const model = generic === undefined ? undefined : row[`${generic}_type`];
  if (typeof model === 'string') return name(model, value);
  if (field === 'proxmox_last_synced_role_id') return name('dcim.devicerole', value);
  return value;
}

/** Sorted lines, one per object. `ports` are written as `<port n>`, because each simulator has its own. */
export function contentOf(netbox: NetBoxSimulator, ports: readonly number[] = []): readonly string[] {
  const rows = new Map(kinds.map((kind) => [kind, netbox.state.objects(kind.path)]));
  const known = labels(rows);
  const lines = [...rows].flatMap(([kind, list]) =>
    list.map((row) => {
      const fields = Object.keys(row)
        .filter((field) => !volatile.has(field) && !['computed', 'count'].includes(kind.fields[field]?.type ?? ''))
        .sort()
        .map((field) => [field, shown(kind, row, field, known)]);
      return `${kind.path} ${JSON.stringify(Object.fromEntries(fields))}`;
    }),
  );
  return lines.map((line) => withoutPorts(line, ports)).sort();
}

function withoutPorts(line: string, ports: readonly number[]): string {
  return ports.reduce((text, port, index) => text.replace(new RegExp(`\\b${port}\\b`, 'g'), `<port ${index}>`), line);
}
