import { relationId, textOf, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { errorText, toProxboxError, type ProxboxError } from '../../../errors/proxbox-error.js';
import { parseTagColours, parseTags } from '../../../proxmox/parse/tags.js';
import type { GuestConfig, GuestResource } from '../../../proxmox/types.js';
import { collectInfrastructure } from '../../collect/infrastructure.js';
import { readFromCluster } from '../../collect/proxmox.js';
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
  const listed = await listGuests(run, states === 'unreadable' ? [] : states, warnings);
  const selected = await selectGuests(run, listed, states === 'unreadable' ? [] : states);
  const guests = await readConfigs(run, selected);
  const views = run.clusters
    .map(({ view }) => view)
    .filter((view) => guests.some((guest) => guest.view.key === view.key));
  const infrastructure = await collectInfrastructure(run, views);
  const known = states === 'unreadable' ? [] : states;
  const virtualMachines = await loadVirtualMachines(run, views, infrastructure.clusters, known);
  return {
    guests,
    views,
    infrastructure,
    states,
    virtualMachines,
    tags: await loadTags(run, guests),
    colours: await loadColours(run, guests),
    warnings,
  };
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
  const lists = await Promise.all(
    run.clusters.map(async (cluster) => {
      const guests = await readFromCluster(run, cluster, (session) =>
        session.guests({ signal: run.signal, fresh: true }),
      );
      const known = states.filter((state) =>
        cluster.view.endpointIds.includes(toNumber(state['proxmox_endpoint_raw_id']) ?? -1),
      ).length;
      if (guests.length === 0 && known > 0) warnings.push(noGuests(cluster, known));
      return guests.map((resource) => ({ cluster, resource }));
    }),
  );
  return lists.flat();
}

async function readConfigs(run: RunContext, listed: readonly ListedGuest[]): Promise<readonly CollectedGuest[]> {
  let done = 0;
  return Promise.all(
    listed.map(async ({ cluster, resource }) => {
      const config = await readConfig(run, cluster, resource);
      done += 1;
      if (done % 100 === 0)
        run.events.emit(
          substep('virtual-machines', 'read_configs', `Read ${done} of ${listed.length} guest configurations.`),
        );
      return { view: cluster.view, resource, config };
    }),
  );
}

async function readConfig(run: RunContext, cluster: ConnectedCluster, guest: GuestResource): Promise<ConfigRead> {
  const subject = `${guest.type} ${guest.vmid} "${guest.name}" on node "${guest.node}" of "${cluster.view.name}"`;
  const node = cluster.view.nodes.find(({ name }) => name === guest.node);
  if (node?.online === false) {
    return {
      status: 'skip',
      reason: {
        code: 'node_offline',
        message: `${subject} cannot be read while its node is offline; it stays as it is.`,
      },
    };
  }
  try {
    return {
      status: 'read',
      config: await readFromCluster(run, cluster, (session): Promise<GuestConfig> =>
        session.guestConfig(guest, { signal: run.signal }),
      ),
    };
  } catch (error) {
    run.signal.throwIfAborted();
    return explain(subject, toProxboxError(error));
  }
}

function explain(subject: string, error: ProxboxError): ConfigRead {
  if (/does not exist/i.test(errorText(error))) {
    return {
      status: 'skip',
      reason: {
        code: 'guest_gone',
        message: `${subject} disappeared between listing and reading; the next run looks again.`,
      },
    };
  }
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

function noGuests({ view }: ConnectedCluster, known: number): Warning {
  return {
    code: 'no_guests_reported',
    message: `Proxmox reports no guests for cluster "${view.name}", but NetBox has ${known} of them. They are left alone. If the cluster is not really empty, check the permissions of the Proxmox user (VM.Audit on /vms).`,
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  };
}
