/** Names of machines: of the guests of the run, and of machines that give theirs up because their guest is gone. Pure. */
import type { Steps } from '../../../config/breathe.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { hasTag } from '../../../netbox/kinds/values.js';
import { parseGuestName } from '../../../proxmox/parse/guest-name.js';
import type { PlannedCluster } from '../../plan/infrastructure-types.js';
import { goneName, resolveNames, type NameRequest, type ResolvedName } from '../../plan/names.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { proxboxTagId } from '../../plan/support-objects.js';
import { storedName } from './map.js';
import type { CollectedGuests, Prepared } from './types.js';

/** The names of the guests, by key. */
export function* nameGuests(
  builder: PlanBuilder,
  prepared: readonly Prepared[],
  collected: CollectedGuests,
  homes: ReadonlyMap<string, PlannedCluster>,
): Steps<ReadonlyMap<string, ResolvedName>> {
  const names = new Map<string, ResolvedName>();
  const owned = new Set(prepared.map(({ current }) => current?.id));
  for (const group of groupByCluster(prepared, homes)) {
    yield;
    const others = collected.virtualMachines.filter(
      (record) => group.netboxId !== null && record.cluster === group.netboxId && !owned.has(record.id),
    );
    const taken = others.filter(({ id }) => !collected.gone.has(id)).map(storedName);
    const resolved = resolveNames(group.members.map(toRequest), taken);
    freeNames(builder, [...resolved.values()], { others, gone: collected.gone });
    for (const member of group.members) {
      const name = resolved.get(member.key);
      if (name === undefined) continue;
      names.set(member.key, name);
      reportName(builder, member, name);
      if (name.suffixIndex > 1) tellOfNamesake(builder, member, { name: name.name, others });
    }
  }
  return names;
}

interface Namesakes {
  /** Machines of the cluster that belong to no guest of the run. */
  readonly others: readonly RecordOf<'virtual-machine'>[];
  readonly gone: CollectedGuests['gone'];
}

/** Machines whose guest is gone are called differently where a living guest bears their name. */
function freeNames(builder: PlanBuilder, given: readonly ResolvedName[], { others, gone }: Namesakes): void {
  const living = new Set(given.map(({ name }) => name.toLowerCase()));
  const taken = new Set([...living, ...others.map(({ name }) => name.toLowerCase())]);
  for (const machine of others) {
    const vmid = gone.get(machine.id);
    if (vmid === undefined || !living.has(machine.name.toLowerCase())) continue;
    const name = goneName(machine.name, vmid, taken);
    taken.add(name.toLowerCase());
    builder.add(
      { kind: 'freed-name', key: `${machine.id}`, label: machine.name, fields: { name }, rules: {} },
      machine,
    );
  }
}

function groupByCluster(prepared: readonly Prepared[], homes: ReadonlyMap<string, PlannedCluster>) {
  const groups = new Map<string, { netboxId: number | null; members: Prepared[] }>();
  for (const member of prepared) {
    const netboxId = homes.get(member.guest.view.key)?.current?.id ?? null;
    const key = netboxId === null ? `new ${member.guest.view.name}` : `${netboxId}`;
    const group = groups.get(key) ?? { netboxId, members: [] };
    group.members.push(member);
    groups.set(key, group);
  }
  return groups.values();
}

function toRequest({ key, guest, candidate, current, state }: Prepared): NameRequest {
  const lastSynced = state?.proxmox_vm_name ?? '';
  return {
    key,
    cluster: guest.view.name,
    vmid: guest.resource.vmid,
    candidate: candidate.name,
    ...(current === undefined ? {} : { stored: storedName(current) }),
    // A guest without a name got one from us; an empty record says so.
    ...(state === undefined ? {} : { lastSynced: parseGuestName(lastSynced, guest.resource.vmid).name }),
  };
}

/** Told when a name is new or changes, not on every run. */
function reportName(builder: PlanBuilder, { guest, candidate, current }: Prepared, name: ResolvedName): void {
  const changes = current === undefined || storedName(current) !== name.name;
  if (!changes || (name.suffixIndex === 1 && !name.operatorRenamed)) return;
  builder.nameResolved({
    cluster: guest.view.name,
    originalName: candidate.name,
    resolvedName: name.name,
    vmid: guest.resource.vmid,
    suffixIndex: name.suffixIndex,
    operatorRenamed: name.operatorRenamed,
  });
}

/** A new guest whose name a machine has that no sync knows: how to have that one adopted. */
function tellOfNamesake(
  builder: PlanBuilder,
  { candidate, current, guest, subject: { source } }: Prepared,
  { name, others }: { readonly name: string; readonly others: readonly RecordOf<'virtual-machine'>[] },
): void {
  const tag = proxboxTagId(builder.known);
  const namesake = others.find((record) => storedName(record).toLowerCase() === candidate.name.toLowerCase());
  if (current !== undefined || namesake === undefined || hasTag(namesake, tag)) return;
  const { type, vmid } = guest.resource;
  builder.warn({
    code: 'machine_not_ours',
    message: `NetBox has a machine "${namesake.name}" (id ${namesake.id}) in the cluster that no sync made; ${type} ${vmid} is written beside it, as "${name}". If both are one, delete "${name}" and give the other the tag "Proxbox": the next sync adopts it, and what is written by hand stays.`,
    source,
  });
}
