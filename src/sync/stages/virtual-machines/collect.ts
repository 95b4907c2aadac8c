import { relationId, textOf, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { errorText, toProxboxError, type ProxboxError } from '../../../errors/proxbox-error.js';
import { parseTagColours, parseTags } from '../../../proxmox/parse/tags.js';
import { isGuestGone } from '../../../proxmox/failures.js';
import { readGuestConfig } from '../../../proxmox/reads/guests.js';
import type { GuestResource } from '../../../proxmox/types.js';
import { withAliases } from '../../collect/aliases.js';
import { collectInfrastructure } from '../../collect/infrastructure.js';
import { readFromCluster, readFromEachCluster } from '../../collect/proxmox.js';
import { substep } from '../../events.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import { possibleSlugs, type TagColours } from '../../plan/guest-tags.js';
import type { ConnectedCluster, RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import { selectGuests } from './selection.js';
import type { CollectedGuest, CollectedGuests, ConfigRead } from './types.js';

interface ListedGuest {
  readonly cluster: ConnectedCluster;
  readonly resource: GuestResource;
}

/** Reads both sides: guests with their configurations, and everything NetBox has about them, in a few list requests. */
export async function collectGuests(run: RunContext): Promise<CollectedGuests> {
  const warnings: Warning[] = [];
  const states = await loadStates(run, warnings);
  const known = states === 'unreadable' ? [] : states;
  const clusters = await completeClusters(run, known);
  const listed = await listGuests({ ...run, clusters }, known, warnings);
  const guests = await readConfigs(run, await selectGuests(run, listed, known));
  const wanted = clusters.map(({ view }) => view).filter((view) => guests.some((guest) => guest.view.key === view.key));
  const { views, records } = await collectInfrastructure(run, wanted);
  const virtualMachines = await loadVirtualMachines(run, views, records.clusters, known);
  return {
    guests: guests.map((guest) => ({ ...guest, view: views.find(({ key }) => key === guest.view.key) ?? guest.view })),
    views,
    infrastructure: records,
    states,
    virtualMachines,
    tags: await loadTags(run, guests),
    colours: await loadColours(run, guests),
    warnings,
  };
}

/** The clusters of the run, each with every endpoint that leads to it. */
async function completeClusters(
  run: RunContext,
  states: readonly NetBoxRecord[],
): Promise<readonly ConnectedCluster[]> {
  const views = await withAliases(
    run,
    run.clusters.map(({ view }) => view),
    states,
  );
  return run.clusters.map((cluster, index) => ({ ...cluster, view: views[index] ?? cluster.view }));
}

/** A failed read must not look like "no guest is known": then nothing may be created. A missing table is another thing. */
async function loadStates(run: RunContext, warnings: Warning[]): Promise<readonly NetBoxRecord[] | 'unreadable'> {
  if (!run.capabilities.proxboxPlugin) {
    warnings.push({
      code: 'plugin_route_missing',
      message:
        'The netbox-proxbox plugin is not installed in NetBox: guests are recognised by name and Proxbox tag only, and storages are not written.',
    });
    return [];
  }
  try {
    return await run.collections.load('vm-state', {});
  } catch (error) {
    run.signal.throwIfAborted();
    const cause = toProxboxError(error);
    if (cause.code !== 'netbox_forbidden' && cause.upstream?.status !== 404) throw error;
    warnings.push({
      code: cause.upstream?.status === 404 ? 'plugin_route_missing' : 'identity_unreadable',
      message: `The sync-state rows of virtual machines cannot be read: ${errorText(cause)}.`,
    });
    return cause.upstream?.status === 404 ? [] : 'unreadable';
  }
}

async function listGuests(
  run: RunContext,
  states: readonly NetBoxRecord[],
  warnings: Warning[],
): Promise<readonly ListedGuest[]> {
  const lists = await readFromEachCluster(run, 'guests', async (session) => {
    let unreadable = 0;
    const onUnreadable = (count: number): void => void (unreadable = count);
    return { guests: await session.guests({ signal: run.signal, fresh: true, onUnreadable }), unreadable };
  });
  warnings.push(...lists.warnings);
  return lists.answers.flatMap(({ cluster, answer: { guests, unreadable } }) => {
    if (unreadable > 0) warnings.push(unreadableRows(cluster, unreadable));
    const known = states.filter((state) =>
      cluster.view.endpointIds.includes(toNumber(state['proxmox_endpoint_raw_id']) ?? -1),
    ).length;
    if (guests.length === 0 && known > 0) warnings.push(noGuests(cluster, known));
    return guests.map((resource) => ({ cluster, resource }));
  });
}

async function readConfigs(run: RunContext, listed: readonly ListedGuest[]): Promise<readonly CollectedGuest[]> {
  let done = 0;
  return Promise.all(
    listed.map(async ({ cluster, resource }) => {
      const { config, node } = await readConfig(run, cluster, resource);
      done += 1;
      if (done % 100 === 0)
        run.events.emit(
          substep('virtual-machines', 'read_configs', `Read ${done} of ${listed.length} guest configurations.`),
        );
      return { view: cluster.view, resource: { ...resource, node }, config };
    }),
  );
}

/** The configuration and the node it was read from: a guest may have migrated since it was listed. */
async function readConfig(
  run: RunContext,
  cluster: ConnectedCluster,
  guest: GuestResource,
): Promise<{ readonly config: ConfigRead; readonly node: string }> {
  const subject = `${guest.type} ${guest.vmid} "${guest.name}" on node "${guest.node}" of "${cluster.view.name}"`;
  const node = cluster.view.nodes.find(({ name }) => name === guest.node);
  if (node?.online === false) {
    const message = `${subject} cannot be read while its node is offline; it stays as it is.`;
    return { config: { status: 'skip', reason: { code: 'node_offline', message } }, node: guest.node };
  }
  try {
    const read = await readFromCluster(run, cluster, (session) =>
      readGuestConfig(session, guest, { signal: run.signal }),
    );
    if (read.status === 'gone') return { config: gone(subject), node: guest.node };
    return { config: { status: 'read', config: read.config }, node: read.node };
  } catch (error) {
    run.signal.throwIfAborted();
    return { config: explain(subject, toProxboxError(error)), node: guest.node };
  }
}

function gone(subject: string): ConfigRead {
  const message = `${subject} disappeared between listing and reading; the next run looks again.`;
  return { status: 'skip', reason: { code: 'guest_gone', message } };
}

function explain(subject: string, error: ProxboxError): ConfigRead {
  if (isGuestGone(error)) return gone(subject);
  if (error.code === 'proxmox_forbidden') {
    return {
      status: 'failed',
      reason: {
        code: 'privilege_missing',
        message: `${subject} cannot be read: ${errorText(error)}. Grant VM.Audit to the Proxmox user or token.`,
      },
    };
  }
  return {
    status: 'failed',
    reason: {
      code: 'config_unreadable',
      message: `${subject} was left alone because its configuration cannot be read: ${errorText(error)}`,
    },
  };
}

/** The machines of our clusters, and those that a sidecar of this scope names, wherever they are. */
async function loadVirtualMachines(
  run: RunContext,
  views: readonly ClusterView[],
  clusters: readonly NetBoxRecord[],
  states: readonly NetBoxRecord[],
): Promise<readonly NetBoxRecord[]> {
  const inClusters = await run.collections.load(
    'virtual-machine',
    {},
    { filter: 'cluster_id', of: clusters.map((cluster) => cluster.id).sort((a, b) => a - b) },
  );
  const seen = new Set(inClusters.map((record) => record.id));
  const endpointIds = new Set(views.flatMap((view) => view.endpointIds));
  const names = new Set(views.map((view) => view.name));
  const elsewhere = states
    .filter(
      (state) =>
        endpointIds.has(toNumber(state['proxmox_endpoint_raw_id']) ?? -1) ||
        names.has(textOf(state['proxmox_cluster_name'])),
    )
    .map((state) => relationId(state['virtual_machine']))
    .filter((id) => id !== null && !seen.has(id));
  const wanted = [...new Set(elsewhere)].filter((id) => id !== null).sort((a, b) => a - b);
  return [...inClusters, ...(await run.collections.load('virtual-machine', {}, { filter: 'id', of: wanted }))];
}

function tagNames(guest: CollectedGuest): readonly string[] {
  return guest.config.status === 'read' ? parseTags(guest.config.config['tags']) : [];
}

/** By slug in one request; names that an operator gave another slug are asked for by name. */
async function loadTags(run: RunContext, guests: readonly CollectedGuest[]): Promise<readonly NetBoxRecord[]> {
  if (!run.options.overwrite.overwrite_vm_proxmox_tags) return [];
  const names = [...new Set(guests.flatMap(tagNames))].sort();
  const bySlug = await run.collections.load('tag', {}, { filter: 'slug', of: [...possibleSlugs(names)].sort() });
  const found = new Set(bySlug.map((record) => textOf(record['name']).toLowerCase()));
  const byName = await run.collections.load(
    'tag',
    {},
    { filter: 'name__ie', of: names.filter((name) => !found.has(name)) },
  );
  return [...bySlug, ...byName];
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

function unreadableRows({ view }: ConnectedCluster, count: number): Warning {
  return {
    code: 'resource_unreadable',
    message: `Proxmox lists ${count} guest(s) of cluster "${view.name}" without a usable VMID, type or node. They are left out; what NetBox has of them is left alone.`,
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  };
}

function noGuests({ view }: ConnectedCluster, known: number): Warning {
  return {
    code: 'no_guests_reported',
    message: `Proxmox reports no guests for cluster "${view.name}", but NetBox has ${known} of them. They are left alone. If the cluster is not really empty, check the permissions of the Proxmox user (VM.Audit on /vms).`,
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  };
}
