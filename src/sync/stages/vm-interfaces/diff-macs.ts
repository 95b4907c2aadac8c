/** Which MAC address an interface gets, and what becomes of the one it had. Pure. */
import { nameList } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { SyncOptions } from '../../plan/options.js';
import { isOurs } from '../../plan/ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { proxboxTag, proxboxTagId } from '../../plan/support-objects.js';
import { objectKey, type FieldsOf, type Ref, ref } from '../../types.js';
import { macsByPort, replacedMacs, type MacDecision, type MacMarks, type MacOwnership } from './map-mac-owners.js';
import { getsMac, type NicMatch } from '../../plan/match-nics.js';
import { machineName } from '../../plan/roster.js';
import type { CollectedGuest, CollectedInterfaces } from './types.js';

export interface MacInput extends MacMarks, Pick<CollectedInterfaces, 'macs' | 'maySeeMacs' | 'unread'> {
  readonly ownership: MacOwnership;
  /** NetBox 4.7: the interface takes the address; before, an object has to be made for it. */
  readonly writable: boolean;
}

export function wantsMac({ modes, network }: SyncOptions): boolean {
  return network.syncMacs && modes.mac !== 'disabled';
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
  if (wouldLoseSight(match, input)) {
    hold(builder, guest, { match, mac }, input);
    return {};
  }
  const written = input.writable ? { mac_address: toNetBox(mac) } : {};
  if (!getsMac(match, input.options)) return written;
  const decision = input.ownership.decide(mac, match.current);
  const isNetBoxes = input.writable && (decision.action === 'create' || decision.action === 'reuse');
  if (!isNetBoxes) return { primary_mac_address: planMac(builder, guest, match, { decision, ...input }) };
  if (decision.action === 'reuse') {
    const removeTags = marksOf(builder, match, { decision, ...input });
    planTags(builder, { guest, match, row: decision.record, removeTags });
  }
  return written;
}

/** NetBox keeps a replaced row on the interface. Unseen it could not be marked, and no later run would know it as ours. */
function wouldLoseSight(match: NicMatch, { maySeeMacs, macs, options }: MacInput): boolean {
  const primary = match.current?.primary_mac_address ?? null;
  if (primary === null) return false;
  return !maySeeMacs || (getsMac(match, options) && !macs.some(({ id }) => id === primary));
}

/** The interface keeps the one that it has; a row with the new one, which another interface lets go of, waits for it. */
function hold(
  builder: PlanBuilder,
  guest: CollectedGuest,
  { match: { current, nic }, mac }: { readonly match: NicMatch; readonly mac: string },
  input: MacInput,
): void {
  input.ownership.decide(mac, current);
  // Where none may be viewed, that is told once.
  if (!input.maySeeMacs) return;
  const label = `${machineName(guest)} ${current?.name ?? nic.name}`;
  const message = `The interface ${label} keeps its MAC address, though ${nic.device.key} has ${mac} in Proxmox: the NetBox token may not view the row of the stored one. Grant it the view permission for MAC addresses without conditions.`;
  builder.note({ code: 'identity_unreadable', message, label, source: guest.source });
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
  match: NicMatch,
  input: MacInput & { readonly decision: MacDecision },
): Ref<'mac-address'> {
  const { nic, current } = match;
  const { decision, ownership } = input;
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
      rules: { mac_address: 'create-only', tags: 'union' },
      removeTags: marksOf(builder, match, input),
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
 * The tag by which a replaced row is told from what an operator added to an interface. One that is used again gives it up where
 * NetBox makes such rows itself, without it; on an interface that is not ours nothing else says whose the row is.
 */
function marksOf(
  builder: PlanBuilder,
  { current }: NicMatch,
  { decision, ownership, writable }: MacInput & { readonly decision: MacDecision },
): readonly number[] {
  const isOurPort = current === undefined || isOurs('vm-interface', current, { supportIds: builder.known });
  const tag = proxboxTagId(builder.known);
  if (!writable || !isOurPort || tag === undefined) return [];
  const isReplaced =
    decision.action === 'reuse' || (decision.action === 'move' && ownership.holderOf(decision.record) === undefined);
  return isReplaced ? [tag] : [];
}

interface Tagging {
  readonly guest: CollectedGuest;
  readonly match: NicMatch;
  readonly row: RecordOf<'mac-address'>;
  readonly tags?: FieldsOf<'mac-address'>['tags'];
  readonly removeTags?: readonly number[];
}

function planTags(builder: PlanBuilder, { guest, match, row, tags = [], removeTags = [] }: Tagging): void {
  const key = `${guest.key}/${match.nic.device.key}/mark-${row.id}`;
  const { source } = guest;
  const rules = { tags: 'union' } as const;
  builder.add({ kind: 'mac-address', key, label: row.mac_address, fields: { tags }, rules, removeTags, source }, row);
}

/**
 * The rows of MAC addresses that were replaced and no other interface takes: NetBox keeps them attached, as further addresses
 * of the interface. Only those are deleted that we made: with our tag, or made by NetBox for an interface of ours, and nothing
 * of an operator on them. Where another guest may have one, as nobody read it, it stays, marked as ours, until it was read:
 * then it moves, or goes. Each absence is proven and needs no limit.
 */
export function planReplacedMacs(builder: PlanBuilder, guests: readonly CollectedGuest[], input: MacInput): void {
  if (!wantsMac(input.options)) return;
  const byPort = macsByPort(input.macs);
  for (const guest of guests)
    for (const match of guest.matches) {
      const left = replacedMacs(match, byPort, input).filter((row) => !input.ownership.isTaken(row));
      for (const row of left) planReplacedMac(builder, guest, { match, row }, input);
    }
}

function planReplacedMac(
  builder: PlanBuilder,
  guest: CollectedGuest,
  { match, row }: Pick<Tagging, 'match' | 'row'>,
  input: MacInput,
): void {
  const { key, source } = guest;
  const { mac_address: label } = row;
  const name = match.current?.name ?? match.name;
  const message = `The MAC address ${label} of "${name}" of "${machineName(guest)}" was replaced in Proxmox.`;
  const note = (why: string): void => {
    const text = `${message} Its row in NetBox stays, because ${why}.`;
    builder.note({ code: 'gone_from_proxmox', message: text, label, source });
  };
  const tag = proxboxTagId(builder.known);
  const isMarked = isOurs('mac-address', row, input);
  const { why, isDoubt } = whyKept(builder, { match, row }, input);
  const markAsOurs = (): void => {
    if (tag !== undefined && !isMarked) planTags(builder, { guest, match, row, tags: [tag] });
  };
  if (isDoubt) {
    markAsOurs();
    note(why);
    return;
  }
  if (why !== undefined) {
    // What stays for good is told of once, and is no row of ours that a later run has to look at.
    if (row.id === match.current?.primary_mac_address) note(why);
    if (isMarked && tag !== undefined && isMadeByNetBox(match, input))
      planTags(builder, { guest, match, row, removeTags: [tag] });
    return;
  }
  const unread = input.unread.get(guest.cluster.view.key);
  if (unread !== undefined) {
    markAsOurs();
    note(`a guest that was not read may have it (${unread})`);
    return;
  }
  const subject = { kind: 'mac-address' as const, key: `${key}/${match.nic.device.key}/${row.id}`, label, source };
  builder.remove({ ...subject, current: row }, { code: 'gone_from_proxmox', message });
}

type Kept =
  { readonly isDoubt: true; readonly why: string } | { readonly isDoubt: false; readonly why: string | undefined };

/** What keeps a row from being deleted, in words; undefined: nothing. In doubt it stays ours: a later run judges again. */
function whyKept(builder: PlanBuilder, { match, row }: Pick<Tagging, 'match' | 'row'>, input: MacInput): Kept {
  const found = builder.operatorDataOf('mac-address', row);
  const isNetBoxes = row.tags.length === 0 && isMadeByNetBox(match, input);
  const isOurRow = isNetBoxes || isOurs('mac-address', row, input);
  if (found.length > 0)
    return { why: `it has ${nameList(found)}`, isDoubt: isOurRow && builder.isInDoubt('mac-address', row, found) };
  return { why: isOurRow ? undefined : 'it was there before', isDoubt: false };
}

/** NetBox makes the rows of an interface of ours by itself, without our tag. */
function isMadeByNetBox({ current }: NicMatch, { supportIds, writable }: MacInput): boolean {
  return writable && current !== undefined && isOurs('vm-interface', current, { supportIds });
}
