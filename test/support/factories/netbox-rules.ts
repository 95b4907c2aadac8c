import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { choiceValue, relationId, textOf } from '../../../src/netbox/kinds/values.js';
import type { JsonObject, NetBoxRecord } from '../../../src/netbox/types.js';

export type Tables = Map<string, Map<number, NetBoxRecord>>;

type Keys = (record: JsonObject) => string;

const lower = (value: unknown): string => textOf(value).toLowerCase();
const related = (record: JsonObject, field: string): string => `${relationId(record[field]) ?? ''}`;

/** What NetBox keeps unique, per table. */
const uniqueKeys: Readonly<Record<string, readonly Keys[]>> = {
  '/api/extras/tags/': [(tag) => textOf(tag.name), (tag) => textOf(tag.slug)],
  '/api/dcim/sites/': [(site) => textOf(site.slug)],
  '/api/virtualization/cluster-types/': [(type) => textOf(type.slug)],
  '/api/virtualization/clusters/': [(cluster) => `${textOf(cluster.name)}@${textOf(cluster.scope_id)}`],
  '/api/dcim/devices/': [(device) => `${lower(device.name)}@${related(device, 'site')}`],
  '/api/virtualization/virtual-machines/': [
    (machine) => `${lower(machine.name)}@${related(machine, 'cluster')}/${related(machine, 'tenant')}`,
  ],
  '/api/plugins/proxbox/storage/': [(storage) => `${textOf(storage.name)}@${related(storage, 'cluster')}`],
  '/api/plugins/proxbox/sync-state/virtual-machines/': [(row) => related(row, 'virtual_machine')],
  '/api/plugins/proxbox/sync-state/clusters/': [(row) => related(row, 'cluster')],
  '/api/plugins/proxbox/sync-state/devices/': [(row) => related(row, 'device')],
};

export function refusal(body: unknown, status = 400): ProxboxError {
  const text = JSON.stringify(body);
  return new ProxboxError(status === 403 || status === 401 ? 'netbox_forbidden' : 'netbox_rejected', 'NetBox refused', {
    detail: `netbox_rejected: ${text}`,
    upstream: { status, body },
  });
}

/** What NetBox would say about an object in the form that it would have after the write; undefined = it takes it. */
export function refusalOf(
  tables: Tables,
  path: string,
  record: JsonObject,
  ownId: number | undefined,
): ProxboxError | undefined {
  const others = [...(tables.get(path)?.values() ?? [])].filter((other) => other.id !== ownId);
  const clash = (uniqueKeys[path] ?? []).some((key) => others.some((other) => key(other) === key(record)));
  if (clash) return refusal({ __all__: [uniqueText(path)] });
  const incoherent = incoherence(tables, path, record);
  return incoherent === undefined ? undefined : refusal({ __all__: [incoherent] });
}

function uniqueText(path: string): string {
  return path.endsWith('virtual-machines/') && !path.includes('plugins')
    ? 'Virtual machine name must be unique per cluster.'
    : 'The fields must make a unique set.';
}

function incoherence(tables: Tables, path: string, record: JsonObject): string | undefined {
  const cluster = tables.get('/api/virtualization/clusters/')?.get(relationId(record.cluster) ?? 0);
  const clusterSite = cluster?.scope_type === 'dcim.site' ? relationId(cluster.scope_id) : null;
  const site = relationId(record.site);
  if (path === '/api/dcim/devices/') {
    if (site === null) return 'site: This field is required.';
    return clusterSite !== null && site !== clusterSite
      ? 'The assigned cluster belongs to a different site.'
      : undefined;
  }
  if (path !== '/api/virtualization/virtual-machines/') return undefined;
  if (textOf(record.name).length > 64) return 'name: Ensure this field has no more than 64 characters.';
  if (choiceValue(record.status) === null) return 'status: This field is required.';
  if (clusterSite !== null && site !== null && site !== clusterSite) return 'The cluster is not in the site.';
  const device = tables.get('/api/dcim/devices/')?.get(relationId(record.device) ?? 0);
  return device !== undefined && relationId(device.cluster) !== relationId(record.cluster)
    ? 'The device is not in the cluster.'
    : undefined;
}
