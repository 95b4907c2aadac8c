/** Which guest a machine stood for when it was last seen: remembered, as NetBox has no place for it, and as the guest may go. */
import { parseGuestOrigin, type GuestOrigin } from '../../../proxmox/parse/guest-config.js';
import type { RememberedMachine } from '../../machine-memory.js';
import type { GuestType } from '../../../proxmox/types.js';
import { isTagLeftOut } from '../../executor/unwanted.js';
import { guestSubject } from '../../plan/roster.js';
import { isSoftDeleted } from '../../plan/soft-delete.js';
import { discoveryTag } from '../../plan/support-objects.js';
import type { RunContext } from '../../run-context.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { Outcome, SourceRef, Warning } from '../../types.js';
import type { CollectedGuest } from './types.js';

interface Known {
  readonly guests: readonly CollectedGuest[];
  readonly states: readonly RecordOf<'vm-state'>[];
  readonly virtualMachines: readonly RecordOf<'virtual-machine'>[];
}

export interface Remembered {
  /** By machine, from earlier runs. */
  readonly remembered: ReadonlyMap<number, RememberedMachine>;
  /** Of machines that stand for another guest now. */
  readonly warnings: readonly Warning[];
}

/**
 * What this run reads of guests whose machine is not marked as gone is remembered in place of what earlier runs did; of machines
 * that NetBox has no more, nothing is.
 */
export async function rememberOrigins(run: RunContext, known: Known): Promise<Remembered> {
  const remembered = run.memory.recall();
  if (remembered === undefined) return { remembered: new Map(), warnings: [] };
  const changes = new Map<number, RememberedMachine | null>();
  const stated = known.states.map((state) => state.virtual_machine);
  const isWhole = run.options.netboxVmIds === null && stated.length > 0;
  // Also a machine whose sidecar may not be viewed: what is remembered is then what tells whose it is.
  const stored = new Set([...stated, ...known.virtualMachines.map(({ id }) => id)]);
  for (const id of remembered.keys()) if (isWhole && !stored.has(id)) changes.set(id, null);
  const warnings: Warning[] = [];
  for (const { id, origin, source } of originsOf(run, known)) {
    const before = remembered.get(id);
    if (!isSame(before, origin)) changes.set(id, { missedRuns: 0, ...before, ...origin });
    if (isAnother(before, origin))
      warnings.push(
        vmidReused(
          source,
          known.virtualMachines.find((one) => one.id === id),
        ),
      );
  }
  await run.memory.remember(changes);
  return { remembered, warnings };
}

/** Neither mark of its making is what it was: a restored or cloned configuration keeps one of them. */
function isAnother(before: GuestOrigin | undefined, origin: GuestOrigin): boolean {
  if (before === undefined || ![before, origin].every(hasBoth)) return false;
  return before.smbiosUuid !== origin.smbiosUuid && before.createdAt !== origin.createdAt;
}

function hasBoth({ smbiosUuid, createdAt }: GuestOrigin): boolean {
  return smbiosUuid !== '' && createdAt !== '';
}

function vmidReused(source: SourceRef, machine: RecordOf<'virtual-machine'> | undefined): Warning {
  return {
    code: 'vmid_reused',
    message: `${source.vmid ?? '?'} of "${source.cluster}" is another guest than before ("${source.name ?? ''}"): the machine "${machine?.name ?? '?'}" in NetBox stands for it now, with everything that was written on it by hand.`,
    source,
  };
}

/** The guests of machines that were made just now, and which machines lack their discovery tag, or have it by now. */
export async function rememberWritten(
  run: RunContext,
  guests: readonly CollectedGuest[],
  outcomes: readonly Outcome[],
): Promise<void> {
  const written = new Map(
    outcomes.flatMap(({ kind, status, key, id }) =>
      kind === 'virtual-machine' && id !== undefined ? [[key, { id, isNew: status === 'created' }] as const] : [],
    ),
  );
  const remembered = run.memory.recall() ?? new Map<number, RememberedMachine>();
  const changes = guests.flatMap(
    ({ view, resource, config }): readonly (readonly [number, RememberedMachine | null])[] => {
      const machine = written.get(guestSubject(view, resource).key);
      if (machine === undefined || config.status !== 'read') return [];
      const { id, isNew } = machine;
      const isTagged = canTag(run, resource.type);
      if (isNew) {
        const origin = parseGuestOrigin(config.config);
        const made = { missedRuns: 0, ...origin, ...(isTagged ? {} : { lacksDiscoveryTag: true as const }) };
        if (isTelling(origin) || !isTagged) return [[id, made]];
        // A NetBox that was set up anew or restored has given the id of a machine that is gone with it.
        return remembered.has(id) ? [[id, null]] : [];
      }
      const { lacksDiscoveryTag = false, ...before } = remembered.get(id) ?? unknown;
      return lacksDiscoveryTag && isTagged ? [[id, before]] : [];
    },
  );
  await run.memory.remember(new Map(changes));
}

const unknown: RememberedMachine = { smbiosUuid: '', createdAt: '', missedRuns: 0 };

/** Whether NetBox has the discovery tag, and takes it on machines. */
function canTag({ supportIds, collections }: RunContext, type: GuestType): boolean {
  const id = supportIds.get(discoveryTag(type).ref);
  return id !== undefined && !isTagLeftOut(collections.leftOut(), 'virtual-machine', id);
}

function isTelling({ smbiosUuid, createdAt }: GuestOrigin): boolean {
  return smbiosUuid !== '' || createdAt !== '';
}

function isSame(before: GuestOrigin | undefined, { smbiosUuid, createdAt }: GuestOrigin): boolean {
  return before?.smbiosUuid === smbiosUuid && before.createdAt === createdAt;
}

function originsOf(
  { supportIds }: RunContext,
  { guests, states, virtualMachines }: Known,
): readonly { readonly id: number; readonly origin: GuestOrigin; readonly source: SourceRef }[] {
  const marked = new Set(virtualMachines.flatMap((one) => (isSoftDeleted(one, supportIds) ? [one.id] : [])));
  const machineOf = new Map(
    states.map((row) => [keyOf(row.proxmox_endpoint_raw_id, row.proxmox_vm_type, row.proxmox_vm_id), row]),
  );
  return guests.flatMap(({ view, resource, config }) => {
    if (config.status !== 'read') return [];
    const { vmid, type } = resource;
    const [state] = view.endpointIds.flatMap((endpointId) => machineOf.get(keyOf(endpointId, type, vmid)) ?? []);
    const origin = parseGuestOrigin(config.config);
    const id = state?.virtual_machine ?? null;
    const { source } = guestSubject(view, resource);
    return id === null || marked.has(id) || !isTelling(origin) ? [] : [{ id, origin, source }];
  });
}

function keyOf(endpointId: number | null, type: string, vmid: number | null): string {
  return `${endpointId ?? ''}/${type}/${vmid ?? ''}`;
}
