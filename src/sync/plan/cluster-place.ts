/** At which site a cluster of NetBox is, and where its devices are put. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { nameList } from '../../values/short-text.js';
import type { Ref, Reason } from '../types.js';
import { siteScope } from './netbox-cluster.js';

type Site = Ref<'site'> | number;

export interface ClusterPlace {
  /** Its scope, where that is a site or is to be one: NetBox wants its devices and machines there. null: it has another scope, or none. */
  readonly scope: Site | null;
  /** Where devices that are made for it are put. */
  readonly nodeSite: Site;
  /** Whether an operator has configured the scope. */
  readonly isConfigured: boolean;
  readonly warning?: Reason;
}

interface Given {
  /** As the cluster is called in Proxmox. */
  readonly name: string;
  /** Of the endpoint; null: none. */
  readonly configured: number | null;
  readonly current: RecordOf<'cluster'> | undefined;
  readonly devices: readonly RecordOf<'device'>[];
  /** A site of the cluster's own, made when it is asked for. */
  readonly own: () => Site;
}

/**
 * NetBox takes a cluster at a site only while all of its devices are there, and a device only at the site of its cluster; a
 * cluster that is in a region, a group of sites or nowhere may have devices at several sites (`Cluster.clean`, `Device.clean`).
 * One in a location wants its devices in that location, which is not written: those that stand there already are used.
 */
export function placeOfCluster({ name, configured, current, devices, own }: Given): ClusterPlace {
  if (current === undefined) return atSite(configured ?? own(), configured !== null);
  const standing = sitesByNumber(devices.filter(({ cluster }) => cluster === current.id));
  const stored = siteScope(current);
  if (configured !== null) {
    const elsewhere = standing.filter((site) => site !== configured);
    if (elsewhere.length === 0) return atSite(configured, true);
    return {
      scope: stored,
      nodeSite: stored ?? configured,
      isConfigured: false,
      warning: conflict(name, configured, elsewhere),
    };
  }
  if (stored !== null) return atSite(stored, false);
  const [most] = standing;
  if (current.scope_type === null && standing.length <= 1) return atSite(most ?? own(), false);
  return { scope: null, nodeSite: most ?? own(), isConfigured: false };
}

function atSite(site: Site, isConfigured: boolean): ClusterPlace {
  return { scope: site, nodeSite: site, isConfigured };
}

/** Those with most devices come first. */
function sitesByNumber(devices: readonly RecordOf<'device'>[]): readonly number[] {
  const counts = new Map<number, number>();
  for (const { site } of new Map(devices.map((device) => [device.id, device])).values())
    if (site !== null) counts.set(site, (counts.get(site) ?? 0) + 1);
  return [...counts].sort(([a, many], [b, few]) => few - many || a - b).map(([site]) => site);
}

function conflict(name: string, configured: number, elsewhere: readonly number[]): Reason {
  return {
    code: 'placement_conflict',
    message: `The endpoint of "${name}" is configured for the site with the id ${configured}, but devices of the cluster are at ${nameList(elsewhere.map((site) => `the site with the id ${site}`))}, and NetBox moves neither while the other stays: all stay where they are. To move them, take the devices out of the cluster in NetBox, give devices and cluster the new site, and put the devices back; or configure the endpoint for the site where they are.`,
  };
}
