/** The guests of a run with the NetBox machines they are: what every stage below the machines starts from. */
import { breathe } from '../../config/breathe.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import { buildIdentityIndex } from '../plan/identity.js';
import { isSoftDeleted, softDeletedReason } from '../plan/soft-delete.js';
import {
  guestLabel,
  guestSubject,
  whyUndescribed,
  type KnownGuest,
  type OmittedGuest,
  type Roster,
} from '../plan/roster.js';
import type { RunContext } from '../run-context.js';
import type { Reason } from '../types.js';
import { collectGuestList, loadVirtualMachines } from './guest-list.js';
import { findNetBoxClusters, type NetBoxClusters } from './netbox-clusters.js';
import type { ConnectedCluster, ListedGuest } from '../guests.js';

/** Recognises the guests of the run (or of its selection) in NetBox. Costs no request that another stage made before. */
export async function collectRoster(run: RunContext): Promise<Roster> {
  const list = await collectGuestList(run);
  const states = list.states === 'unreadable' ? [] : list.states;
  const views = list.clusters.map(({ view }) => view);
  const netboxClusters = await findNetBoxClusters(run, views);
  const virtualMachines = await loadMachines(run, { views, netboxClusters, states });
  await breathe();
  const identities = buildIdentityIndex(states, new Map(virtualMachines.map((record) => [record.id, record])));
  const guests: KnownGuest[] = [];
  const omitted: OmittedGuest[] = [];
  for (const guest of list.guests) {
    await breathe();
    const subject = { ...guestSubject(guest.cluster.view, guest.resource), label: guestLabel(guest.resource) };
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
    if (resolution.status === 'found' && isSoftDeleted(resolution.virtualMachine, run.supportIds))
      omitted.push({ ...subject, reason: softDeletedReason(resolution.virtualMachine), outcome: 'skip' });
    else if (resolution.status === 'found')
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
  readonly netboxClusters: NetBoxClusters;
  readonly states: readonly RecordOf<'vm-state'>[];
}

/** Of a selection only the selected ones: they were read to check it. */
async function loadMachines(
  run: RunContext,
  { views, netboxClusters, states }: MachineScope,
): Promise<readonly RecordOf<'virtual-machine'>[]> {
  const ids = run.options.netboxVmIds;
  if (ids !== null) return run.collections.load('virtual-machine', {}, { filter: 'id', of: ids });
  return loadVirtualMachines(run, views, [...netboxClusters.values()], states);
}

/** Guests of a class that is switched off are left out of everything; so are those that may be of it. */
function omissionOf({ options: { modes } }: RunContext, { cluster, resource }: ListedGuest): Reason | undefined {
  if (!resource.isDescribed) {
    const isAnyOff = modes.vm === 'disabled' || modes.vm_template === 'disabled';
    return isAnyOff ? whyUndescribed(cluster.view, resource) : undefined;
  }
  const resourceName = resource.template ? 'vm_template' : 'vm';
  if (modes[resourceName] !== 'disabled') return undefined;
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
