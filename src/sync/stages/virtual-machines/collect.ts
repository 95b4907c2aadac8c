/** Reads both sides: guests with their configurations, and everything NetBox has about them, in a few list requests. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { MetadataKey } from '../../../proxmox/parse/description-metadata.js';
import { parseGuestName } from '../../../proxmox/parse/guest-name.js';
import { parseTagColours } from '../../../proxmox/parse/tags.js';
import { readConfigs } from '../../collect/guest-config.js';
import { collectGuestList, loadVirtualMachines } from '../../collect/guest-list.js';
import { collectInfrastructure } from '../../collect/infrastructure.js';
import { loadIfAllowed, loadPluginTable } from '../../collect/machine-rows.js';
import { readFromCluster } from '../../collect/proxmox.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import { possibleSlugs, type TagColours } from '../../plan/guest-tags.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import { collectGone } from './collect-gone.js';
import { rememberOrigins } from './collect-origins.js';
import { collectUnseen } from './collect-unseen.js';
import { guestTagNames } from './map.js';
import { lackPlatforms } from './map-platform.js';
import { askedIds } from './map-metadata.js';
import type { CollectedGuest, CollectedGuests, MetadataIds } from './types.js';

export async function collectGuests(run: RunContext): Promise<CollectedGuests> {
  const list = await collectGuestList(run);
  const known = list.states === 'unreadable' ? [] : list.states;
  const read = await readConfigs(run, list.guests, 'virtual-machines');
  const guests = read.map(({ cluster, resource, config }) => ({ view: cluster.view, resource, config }));
  const wanted = list.clusters
    .map(({ view }) => view)
    .filter((view) => guests.some((guest) => guest.view.key === view.key));
  const { views, records } = await collectInfrastructure(run, wanted, { asItIs: run.options.netboxVmIds !== null });
  const warnings: Warning[] = [...list.warnings];
  // Where no machine is known yet, whoever names a platform needs it: it is read beside the rest.
  const isFirst = known.length === 0 && lackPlatforms(guests, { states: [], virtualMachines: [] }, run.options);
  const [virtualMachines, early, tags, colours, cloudInits, metadataIds] = await Promise.all([
    loadMachines(run, guests, { views, clusters: records.clusters, states: known }),
    isFirst ? loadPlatforms(run, warnings) : undefined,
    loadTags(run, guests),
    loadColours(run, guests),
    loadCloudInits(run, warnings),
    loadMetadataIds(run, guests, warnings),
  ]);
  const located = guests.map((guest) => ({
    ...guest,
    view: views.find(({ key }) => key === guest.view.key) ?? guest.view,
  }));
  const needPlatforms = !isFirst && lackPlatforms(located, { states: known, virtualMachines }, run.options);
  const origins = await rememberOrigins(run, { guests, states: known, virtualMachines });
  return {
    guests: located,
    views,
    infrastructure: records,
    states: list.states,
    virtualMachines,
    gone: await collectGone(run, list, { states: known, virtualMachines }),
    unseen: await collectUnseen(run, { ...list, ...origins, guests: located, views, virtualMachines }),
    tags,
    platforms: needPlatforms ? await loadPlatforms(run, warnings) : early,
    metadataIds,
    colours,
    remembered: origins.remembered,
    cloudInits,
    warnings: [...warnings, ...origins.warnings],
  };
}

interface MachineScope {
  readonly views: readonly ClusterView[];
  readonly clusters: readonly RecordOf<'cluster'>[];
  readonly states: readonly RecordOf<'vm-state'>[];
}

async function loadMachines(
  run: RunContext,
  guests: readonly CollectedGuest[],
  { views, clusters, states }: MachineScope,
): Promise<readonly RecordOf<'virtual-machine'>[]> {
  return (await selectedAsNamed(run, guests)) ?? loadVirtualMachines(run, views, clusters, states);
}

/** The selected machines, where none of them needs a name that the others of its cluster would have to be asked about. */
async function selectedAsNamed(
  run: RunContext,
  guests: readonly CollectedGuest[],
): Promise<readonly RecordOf<'virtual-machine'>[] | undefined> {
  const { netboxVmIds } = run.options;
  if (netboxVmIds === null) return undefined;
  const selected = await run.collections.load('virtual-machine', {}, { filter: 'id', of: netboxVmIds });
  const names = new Set(selected.map((record) => record.name));
  const areNamed = guests.every(
    ({ resource }) => !resource.isDescribed || names.has(parseGuestName(resource.name, resource.vmid).name),
  );
  return areNamed ? selected : undefined;
}

function tagNames(guest: CollectedGuest): readonly string[] {
  return guest.config.status === 'read' ? guestTagNames(guest.config.config) : [];
}

/** By slug in one request; names that an operator gave another slug are asked for by name. */
async function loadTags(run: RunContext, guests: readonly CollectedGuest[]): Promise<readonly RecordOf<'tag'>[]> {
  if (!run.options.overwrite.overwrite_vm_proxmox_tags) return [];
  const names = [...new Set(guests.flatMap(tagNames))].sort();
  const bySlug = await run.collections.load('tag', {}, { filter: 'slug', of: [...possibleSlugs(names)].sort() });
  const knownNames = new Set(bySlug.map((record) => record.name.toLowerCase()));
  const byName = await run.collections.load(
    'tag',
    {},
    { filter: 'name__ie', of: names.filter((name) => !knownNames.has(name)) },
  );
  return [...bySlug, ...byName];
}

/** All of them, since an operator may have given one another slug. */
function loadPlatforms(run: RunContext, warnings: Warning[]): Promise<readonly RecordOf<'platform'>[] | undefined> {
  const without = 'No machine gets a platform.';
  return loadIfAllowed(run, warnings, { kind: 'platform', without, code: 'platform_unavailable' }, () =>
    run.collections.load('platform', {}),
  );
}

const metadataKinds = { role: 'device-role', site: 'site', platform: 'platform' } as const;

/** One list of each kind that some notes name; none while nobody does. */
async function loadMetadataIds(
  run: RunContext,
  guests: readonly CollectedGuest[],
  warnings: Warning[],
): Promise<MetadataIds> {
  const asked = askedIds(guests, run.options);
  const load = async (key: MetadataKey): Promise<ReadonlySet<number>> => {
    const ids = asked[key];
    if (ids.length === 0) return new Set();
    const kind = metadataKinds[key];
    const without = `What notes of guests say of their ${key} is not used.`;
    const rows = await loadIfAllowed(run, warnings, { kind, without }, () =>
      run.collections.load(kind, {}, { filter: 'id', of: ids }),
    );
    return new Set((rows ?? []).map(({ id }) => id));
  };
  const [role, site, platform] = await Promise.all([load('role'), load('site'), load('platform')]);
  return { role, site, platform };
}

/** The rows of the selected machines, or all. The plugin ignores every other filter than this one. */
function loadCloudInits(run: RunContext, warnings: Warning[]): Promise<readonly RecordOf<'cloud-init'>[] | undefined> {
  const { netboxVmIds } = run.options;
  if (netboxVmIds === null) return loadPluginTable(run, warnings, 'cloud-init');
  return loadPluginTable(run, warnings, 'cloud-init', { filter: 'virtual_machine', of: netboxVmIds });
}

/** The colours of a cluster's tags, asked for only where some guest has tags. */
async function loadColours(
  run: RunContext,
  guests: readonly CollectedGuest[],
): Promise<ReadonlyMap<string, TagColours>> {
  const colours = new Map<string, TagColours>();
  if (!run.options.overwrite.overwrite_vm_proxmox_tags) return colours;
  for (const cluster of run.clusters) {
    if (!guests.some((guest) => guest.view.key === cluster.view.key && tagNames(guest).length > 0)) continue;
    colours.set(
      cluster.view.key,
      parseTagColours(await readFromCluster(run, cluster, (session) => session.clusterOptions({ signal: run.signal }))),
    );
  }
  return colours;
}
