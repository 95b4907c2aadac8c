/** The guests of a run with the NetBox machines they are: what every stage below the machines starts from. */
import type { NetBoxRecord } from '../../netbox/types.js';
import { buildIdentityIndex } from '../plan/identity.js';
import { guestSubject, type KnownGuest, type OmittedGuest, type Roster } from '../plan/roster.js';
import type { RunContext } from '../run-context.js';
import type { Reason } from '../types.js';
import { collectGuestList, loadVirtualMachines } from './guest-list.js';
import type { ConnectedCluster, ListedGuest } from '../guests.js';

/** Recognises the guests of the run (or of its selection) in NetBox. Costs no request that another stage made before. */
export async function collectRoster(run: RunContext): Promise<Roster> {
  const list = await collectGuestList(run);
  const states = list.states === 'unreadable' ? [] : list.states;
  const views = list.clusters.map(({ view }) => view);
  const names = [...new Set(views.map((view) => view.name))].sort();
  const netboxClusters = await run.collections.load('cluster', {}, { filter: 'name', of: names });
  const virtualMachines = await loadMachines(run, { views, netboxClusters, states });
  const identities = buildIdentityIndex(
    states,
    new Map(virtualMachines.map((record) => [record.id, record])),
    new Set(run.endpoints.keys()),
  );
  const guests: KnownGuest[] = [];
  const omitted: OmittedGuest[] = [];
  for (const guest of list.guests) {
    const subject = { ...guestSubject(guest.cluster.view, guest.resource), label: guest.resource.name };
    const left = omissionOf(run, guest);
    if (left !== undefined) {
      omitted.push({ ...subject, reason: left, outcome: 'skip' });
      continue;
    }
    const { view } = guest.cluster;
    const resolution = identities.resolve({
      endpointIds: view.endpointIds,
      unverifiedEndpointIds: view.unverifiedEndpointIds,
      cluster: view.name,
      vmid: guest.resource.vmid,
      type: guest.resource.type,
    });
    if (resolution.status === 'found')
      guests.push({
        ...guest,
        key: subject.key,
        source: subject.source,
        virtualMachine: resolution.virtualMachine,
        state: resolution.state,
      });
    else if (resolution.status === 'refused')
      omitted.push({ ...subject, reason: resolution.reason, outcome: 'refuse' });
    else omitted.push({ ...subject, reason: missing(subject.label), outcome: 'skip' });
  }
  const { clusters, listedClusters, warnings } = list;
  return { guests, omitted, clusters, listedClusters, states, virtualMachines, netboxClusters, warnings };
}

interface MachineScope {
  readonly views: readonly ConnectedCluster['view'][];
  readonly netboxClusters: readonly NetBoxRecord[];
  readonly states: readonly NetBoxRecord[];
}

/** Of a selection only the selected ones: they were read to check it. */
async function loadMachines(
  run: RunContext,
  { views, netboxClusters, states }: MachineScope,
): Promise<readonly NetBoxRecord[]> {
  const ids = run.options.netboxVmIds;
  if (ids !== null) return run.collections.load('virtual-machine', {}, { filter: 'id', of: ids });
  return loadVirtualMachines(run, views, netboxClusters, states);
}

/** Guests of a class that is switched off are left out of everything. */
function omissionOf({ options }: RunContext, { resource }: ListedGuest): Reason | undefined {
  const resourceName = resource.template ? 'vm_template' : 'vm';
  if (options.modes[resourceName] !== 'disabled') return undefined;
  return {
    code: 'mode_disabled',
    message: `"${resource.name}" is left alone (sync_mode_${resourceName}=disabled).`,
  };
}

function missing(name: string): Reason {
  return {
    code: 'vm_missing',
    message: `"${name}" has no virtual machine in NetBox yet; sync the virtual machines first.`,
  };
}
