/** The network devices of every guest against what NetBox has. Pure. */
import type { Steps } from '../../../config/breathe.js';
import { proxboxTagId } from '../../plan/support-objects.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { machineName } from '../../plan/roster.js';
import { type Plan } from '../../types.js';
import { planBridge } from './diff-bridges.js';
import { planGuestRows } from './diff-guest-rows.js';
import { macFields, planReplacedMacs, type MacInput } from './diff-macs.js';
import { toInterface } from './map.js';
import { letGoMacs, MacOwnership } from './map-mac-owners.js';
import type { NicMatch } from '../../plan/match-nics.js';
import type { CollectedGuest, CollectedInterfaces } from './types.js';
import { vlanFields } from './diff-vlans.js';

export interface InterfaceInput {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
  /** NetBox 4.7 and later. */
  readonly writableInterfaceMac: boolean;
}

/** Nothing is deleted but MAC addresses of ours that changed. */
export function* planInterfaces(
  builder: PlanBuilder,
  collected: CollectedInterfaces,
  input: InterfaceInput,
): Steps<Plan> {
  const { options, supportIds } = input;
  const { guests, macs: rows, guestRows, abandonedMacs } = collected;
  const letGo = new Map([...abandonedMacs, ...letGoMacs(guests, rows, input)]);
  const tag = proxboxTagId(supportIds);
  const macs: MacInput = {
    options,
    supportIds,
    macs: rows,
    maySeeMacs: collected.maySeeMacs,
    unread: collected.unread,
    ownership: new MacOwnership(rows, letGo, input),
    writable: input.writableInterfaceMac,
  };
  for (const warning of collected.warnings) builder.warn(warning);
  warnAboutStrategy(builder, options);
  for (const guest of guests) {
    yield;
    if (!hasConfig(builder, guest)) continue;
    builder.discovered('vm-interface', guest.matches.length);
    const isHidden = ({ current }: NicMatch): boolean =>
      current === undefined && collected.hidden.has(guest.virtualMachine.id);
    for (const match of guest.matches) {
      if (isHidden(match)) refuseHidden(builder, guest, match);
      else planInterface(builder, guest, match, { collected, macs });
    }
    if (guestRows !== undefined && !guest.matches.some(isHidden))
      planGuestRows(builder, guest, {
        rows: guestRows.get(guest.virtualMachine.id) ?? [],
        options,
        proxboxTag: tag,
      });
  }
  planReplacedMacs(builder, guests, macs);
  return builder.build('vm-interfaces');
}

function warnAboutStrategy(builder: PlanBuilder, { network }: SyncOptions): void {
  if (network.strategy !== 'legacy_rename') return;
  builder.warn({
    code: 'option_deprecated',
    message:
      'vm_interface_sync_strategy=legacy_rename is deprecated: interfaces are called what the guests call them, and guest interfaces are not recorded. Use guest_os_model.',
  });
}

function hasConfig(builder: PlanBuilder, guest: CollectedGuest): boolean {
  const { config, source } = guest;
  if (config.status !== 'read') builder.note({ ...config.reason, label: machineName(guest), source });
  return config.status === 'read';
}

/** It may be one of those; NetBox keeps interfaces of a machine apart by their names alone, which an operator may have changed. */
function refuseHidden(builder: PlanBuilder, guest: CollectedGuest, { nic, name }: NicMatch): void {
  const label = `${machineName(guest)} ${name}`;
  builder.refuse(
    { kind: 'vm-interface', key: `${guest.key}/${nic.device.key}`, label, source: guest.source },
    {
      code: 'identity_unreadable',
      message: `The interface ${label} was not written: NetBox has interfaces of "${machineName(guest)}" that the token may not view, and it may be one of them. Grant the view permission for VM interfaces without conditions.`,
    },
  );
}

interface InterfaceContext {
  readonly collected: CollectedInterfaces;
  readonly macs: MacInput;
}

function planInterface(
  builder: PlanBuilder,
  guest: CollectedGuest,
  match: NicMatch,
  { collected, macs }: InterfaceContext,
): void {
  const { options, supportIds } = macs;
  const mode = options.modes.vm_interface;
  const { current } = match;
  // What is left alone needs no VLAN, MAC address or bridge either.
  const isKept = mode === 'bootstrap_only' && current !== undefined && builder.isBootstrapOnly(current);
  const more = isKept
    ? {}
    : {
        ...macFields(builder, guest, match, macs),
        ...vlanFields(builder, guest, match, { vlans: collected.vlans, proxboxTag: proxboxTagId(supportIds) }),
      };
  const desired = toInterface(guest, match, more, options);
  const action = builder.add(desired, current, { mode });
  if (action === 'skip' || action === 'refuse' || collected.bridges === undefined) return;
  planBridge(builder, guest, { match, label: desired.label }, collected.bridges);
}
