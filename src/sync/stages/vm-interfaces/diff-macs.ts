/** Which MAC address an interface gets, and what becomes of the one it had. Pure. */
import { nameList } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { SyncOptions } from '../../plan/options.js';
import { isOurs } from '../../plan/ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { objectKey, type FieldsOf, type Ref, ref } from '../../types.js';
import { isLeftAlone, type MacDecision, type MacMarks, type MacOwnership } from './map-mac-owners.js';
import { hasMac, type NicMatch } from './map-match.js';
import { machineName } from '../../plan/roster.js';
import type { CollectedGuest, CollectedInterfaces } from './types.js';

export interface MacInput extends MacMarks, Pick<CollectedInterfaces, 'macs'> {
  readonly ownership: MacOwnership;
  /** NetBox 4.7: the interface takes the address; before, an object has to be made for it. */
  readonly writable: boolean;
}

export function wantsMac({ modes, network }: SyncOptions): boolean {
  return network.syncMacs && modes.mac !== 'disabled';
}

/** Whether an interface gets its first MAC address, or another one than it has. */
export function getsMac({ nic, current }: NicMatch, { modes }: SyncOptions): boolean {
  const { mac } = nic.device;
  if (mac === null || current === undefined) return mac !== null;
  return !hasMac(current, mac) && (modes.mac !== 'bootstrap_only' || current.mac_address === '');
}

/** The fields that give an interface the MAC address of its device: that of a row where one is used, else its text. */
export function macFields(
  builder: PlanBuilder,
  guest: CollectedGuest,
  match: NicMatch,
  input: MacInput,
): FieldsOf<'vm-interface'> {
  const { mac } = match.nic.device;
  if (!wantsMac(input.options)) return {};
  warnAboutMac(builder, guest, match);
  if (mac === null) return {};
  const written = input.writable ? { mac_address: toNetBox(mac) } : {};
  if (!getsMac(match, input.options)) return written;
  const decision = input.ownership.decide(mac, match.current);
  const isNetBoxes = input.writable && (decision.action === 'create' || decision.action === 'reuse');
  return isNetBoxes ? written : { primary_mac_address: planMac(builder, guest, match, { decision, ...input }) };
}

/** As NetBox writes it. */
export function toNetBox(mac: string): string {
  return mac.toUpperCase();
}

function warnAboutMac(builder: PlanBuilder, guest: CollectedGuest, { nic }: NicMatch): void {
  const { resource, source } = guest;
  const { device } = nic;
  if (device.mac === null)
    builder.warn({
      code: 'mac_missing',
      message: `${device.key} of ${resource.type} ${resource.vmid} "${machineName(guest)}" has no MAC address in Proxmox; its interface is written without one.`,
      source,
    });
  if (device.duplicateMacOf !== null)
    builder.warn({
      code: 'duplicate_mac',
      message: `${device.key} of ${resource.type} ${resource.vmid} "${machineName(guest)}" has the MAC address of ${device.duplicateMacOf} (${device.mac ?? ''}); what the guest says of that address is taken for ${device.duplicateMacOf}.`,
      source,
    });
}

/**
 * The row that holds the address. To an interface that exists it is assigned before; a new one takes over what is its primary
 * one and belongs to nothing, so that a row which moves there is unassigned before. An interface whose row could not be had
 * is written without.
 */
function planMac(
  builder: PlanBuilder,
  guest: CollectedGuest,
  { nic, current }: NicMatch,
  { decision, ownership }: MacInput & { readonly decision: MacDecision },
): Ref<'mac-address'> {
  const key = `${guest.key}/${nic.device.key}`;
  const mac: Ref<'mac-address'> = { ...ref('mac-address', key), or: [] };
  const record = 'record' in decision ? decision.record : undefined;
  const isReady = decision.action === 'reuse' || (decision.action === 'adopt' && current === undefined);
  if (record !== undefined && isReady) {
    builder.know('mac-address', key, record.id);
    return mac;
  }
  const holder = record === undefined ? undefined : ownership.holderOf(record);
  const label = toNetBox(nic.device.mac ?? '');
  const isNew = current === undefined && record === undefined;
  builder.add(
    {
      kind: 'mac-address',
      key,
      label,
      fields: { mac_address: label, ...(isNew ? {} : assignedTo(current)), tags: [proxboxTag] },
      rules: { mac_address: 'create-only', tags: 'create-only' },
      source: guest.source,
      ...(holder === undefined ? {} : { after: objectKey('released-mac', `${holder.id}`) }),
    },
    record,
  );
  if (holder !== undefined)
    builder.add(
      {
        kind: 'released-mac',
        key: `${holder.id}`,
        label: holder.name,
        fields: { primary_mac_address: null },
        rules: {},
        source: guest.source,
      },
      holder,
    );
  return mac;
}

function assignedTo(port: RecordOf<'vm-interface'> | undefined): FieldsOf<'mac-address'> {
  return port === undefined
    ? { assigned_object_type: null, assigned_object_id: null }
    : { assigned_object_type: 'virtualization.vminterface', assigned_object_id: port.id };
}

/**
 * The rows of MAC addresses that this run replaces and no other interface takes: NetBox keeps them attached, as further
 * addresses of the interface. Only those are deleted that we made: with our tag, or made by NetBox for an interface of ours,
 * and nothing of an operator on them. The configuration was read, so each absence is proven and needs no limit.
 */
export function planReplacedMacs(builder: PlanBuilder, guests: readonly CollectedGuest[], input: MacInput): void {
  if (!wantsMac(input.options)) return;
  for (const guest of guests) for (const match of guest.matches) planReplacedMac(builder, guest, match, input);
}

function planReplacedMac(builder: PlanBuilder, guest: CollectedGuest, match: NicMatch, input: MacInput): void {
  const { current, nic } = match;
  if (current === undefined || !getsMac(match, input.options) || isLeftAlone(current, input)) return;
  const row = input.macs.find((one) => one.id === current.primary_mac_address);
  if (row === undefined || row.assigned_object_id !== current.id || input.ownership.isTaken(row)) return;
  const label = row.mac_address;
  const { key, source } = guest;
  const message = `The MAC address ${label} of "${current.name}" of "${machineName(guest)}" was replaced in Proxmox.`;
  const why = whyKept(builder, row, current, input);
  if (why !== undefined) {
    const text = `${message} Its row in NetBox stays, because ${why}.`;
    builder.note({ code: 'gone_from_proxmox', message: text, label, source });
    return;
  }
  const subject = { kind: 'mac-address' as const, key: `${key}/${nic.device.key}/${row.id}`, label, source };
  builder.remove({ ...subject, current: row }, { code: 'gone_from_proxmox', message });
}

/** What keeps a row from being deleted, in words; undefined: nothing. */
function whyKept(
  builder: PlanBuilder,
  row: RecordOf<'mac-address'>,
  current: RecordOf<'vm-interface'>,
  { supportIds, writable }: MacInput,
): string | undefined {
  const found = builder.operatorDataOf('mac-address', row);
  if (found.length > 0) return `it has ${nameList(found)}`;
  const isNetBoxes = writable && row.tags.length === 0 && isOurs('vm-interface', current, { supportIds });
  return isNetBoxes || isOurs('mac-address', row, { supportIds }) ? undefined : 'it was there before';
}
