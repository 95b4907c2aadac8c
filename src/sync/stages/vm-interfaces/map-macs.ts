import { isObject, isSet, relationId, tagIds, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { planDeletes, type AbsentRow } from '../../plan/absence.js';
import type { SyncOptions } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { proxboxTag, ref } from '../../plan/support-objects.js';
import type { Fields } from '../../types.js';
import { hasMac, isOurs, type NicMatch } from './map-match.js';
import type { CollectedGuest, CollectedInterfaces } from './types.js';

export interface MacInput extends Pick<CollectedInterfaces, 'replacedMacs' | 'freeMacs'> {
  readonly options: SyncOptions;
  readonly proxboxTag: number | undefined;
  /** NetBox 4.7: the interface takes the address; before, an object has to be made for it. */
  readonly writable: boolean;
  /** Free objects that this plan gave away. */
  readonly taken: Set<number>;
}

export function wantsMac({ modes, network }: SyncOptions): boolean {
  return network.syncMacs && modes.mac !== 'disabled';
}

/** Whether the stored interface has another MAC address than the device, and may get it. */
export function changesMac({ nic, current }: NicMatch, { modes }: SyncOptions): boolean {
  const { mac } = nic.device;
  if (mac === null || current === undefined || hasMac(current, mac)) return false;
  return modes.mac !== 'bootstrap_only' || !isSet('mac', current['mac_address']);
}

/** The fields that give an interface the MAC address of its device. */
export function macFields(builder: PlanBuilder, guest: CollectedGuest, match: NicMatch, input: MacInput): Fields {
  const { nic, current } = match;
  if (!wantsMac(input.options)) return {};
  warnAboutMac(builder, guest, match);
  if (nic.device.mac === null) return {};
  if (input.writable) return { mac_address: toNetBox(nic.device.mac) };
  if (current !== undefined && !changesMac(match, input.options)) return {};
  return { primary_mac_address: { ...planMac(builder, guest, match, input), otherwise: 'dependency_failed' } };
}

/** As NetBox writes it. */
function toNetBox(mac: string): string {
  return mac.toUpperCase();
}

function warnAboutMac(builder: PlanBuilder, { resource, source }: CollectedGuest, { nic }: NicMatch): void {
  const { device } = nic;
  if (device.mac === null)
    builder.warn({
      code: 'mac_missing',
      message: `${device.key} of ${resource.type} ${resource.vmid} "${resource.name}" has no MAC address in Proxmox; its interface is written without one.`,
      source,
    });
  if (device.duplicateMacOf !== null)
    builder.warn({
      code: 'duplicate_mac',
      message: `${device.key} of ${resource.type} ${resource.vmid} "${resource.name}" has the MAC address of ${device.duplicateMacOf} (${device.mac ?? ''}); what the guest says of that address is taken for ${device.duplicateMacOf}.`,
      source,
    });
}

/** Before NetBox 4.7: the object that holds the address. One that is there already is used. */
function planMac(builder: PlanBuilder, guest: CollectedGuest, { nic, current }: NicMatch, input: MacInput) {
  const key = `${guest.key}/${nic.device.key}`;
  const mac = nic.device.mac ?? '';
  const attached = attachedMacs(current).find((row) => hasMac(row, mac));
  const free =
    current === undefined ? input.freeMacs.find((row) => !input.taken.has(row.id) && hasMac(row, mac)) : undefined;
  const existing = attached ?? free;
  if (existing !== undefined) {
    input.taken.add(existing.id);
    builder.know('mac-address', key, existing.id);
    return ref('mac-address', key);
  }
  const assigned = { assigned_object_type: 'virtualization.vminterface', assigned_object_id: current?.id ?? null };
  builder.add(
    {
      kind: 'mac-address',
      key,
      label: toNetBox(mac),
      fields: { mac_address: toNetBox(mac), ...(current === undefined ? {} : assigned), tags: [proxboxTag] },
      rules: { tags: 'union' },
      source: guest.source,
    },
    undefined,
  );
  return ref('mac-address', key);
}

function attachedMacs(current: NetBoxRecord | undefined): readonly NetBoxRecord[] {
  const rows: unknown = current?.['mac_addresses'];
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown) => {
    const id = relationId(row);
    return id === null || !isObject(row) ? [] : [{ ...row, id }];
  });
}

/**
 * The objects of MAC addresses that this run replaces: NetBox keeps them attached, as further addresses of the interface.
 * Only those are deleted that we made: with our tag, or made by NetBox for an interface of ours and never touched since.
 */
export function planReplacedMacs(builder: PlanBuilder, guests: readonly CollectedGuest[], input: MacInput): void {
  if (!wantsMac(input.options)) return;
  const clusters = new Map(guests.map(({ cluster }) => [cluster.view.key, cluster.view]));
  for (const [viewKey, view] of clusters) {
    const own = guests.filter(({ cluster }) => cluster.view.key === viewKey);
    planDeletes(
      builder,
      {
        kind: 'mac-address',
        noun: 'MAC address',
        endpointId: view.owner.endpointId,
        cluster: view.name,
        stored: own.flatMap(({ matches }) => matches).filter(({ current }) => current !== undefined).length,
        rows: own.flatMap((guest) => replacedMacs(builder, guest, input)),
        limit: input.options.deleteLimit,
        mode: input.options.modes.mac,
      },
      ({ label }) => ({
        code: 'gone_from_proxmox',
        message: `The MAC address ${label} was replaced in Proxmox.`,
      }),
    );
  }
}

function replacedMacs(builder: PlanBuilder, guest: CollectedGuest, input: MacInput): readonly AbsentRow[] {
  return guest.matches.flatMap((match) => {
    const { current, nic } = match;
    if (current === undefined || !changesMac(match, input.options) || isKept(builder, current, input)) return [];
    const id = relationId(current['primary_mac_address']);
    const row = input.replacedMacs.find((one) => one.id === id);
    if (row === undefined || !isMadeByUs(row, current, input)) return [];
    return [
      {
        key: `${guest.key}/${nic.device.key}/${row.id}`,
        label: textOf(row['mac_address']),
        current: row,
        source: guest.source,
      },
    ];
  });
}

function isKept(builder: PlanBuilder, current: NetBoxRecord, { options }: MacInput): boolean {
  return options.modes.vm_interface === 'bootstrap_only' && builder.isBootstrapOnly(current);
}

function isMadeByUs(row: NetBoxRecord, current: NetBoxRecord, { proxboxTag: tag, writable }: MacInput): boolean {
  if (relationId(row['assigned_object_id']) !== current.id) return false;
  if (isOurs(row, tag)) return true;
  const isPlain =
    tagIds(row['tags']).length === 0 && textOf(row['description']) === '' && textOf(row['comments']) === '';
  return writable && isPlain && isOurs(current, tag);
}
