import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { machineName } from '../../plan/roster.js';
import { objectKey, type Plan } from '../../types.js';
import { planBridge } from './diff-bridges.js';
import { planGuestRows } from './map-guest-rows.js';
import { macFields, planReplacedMacs, type MacInput } from './map-macs.js';
import { toInterface } from './map.js';
import type { NicMatch } from './map-match.js';
import type { CollectedGuest, CollectedInterfaces } from './types.js';
import { vlanFields } from './map-vlans.js';

export interface InterfaceInput {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
  /** NetBox 4.7 and later. */
  readonly writableInterfaceMac: boolean;
}

/** The network devices of every guest against what NetBox has. Nothing is deleted but MAC addresses of ours that changed. */
export function planInterfaces(builder: PlanBuilder, collected: CollectedInterfaces, input: InterfaceInput): Plan {
  const { options, supportIds } = input;
  const { guests, replacedMacs, freeMacs, guestRows } = collected;
  const tag = supportIds.get(objectKey('tag', 'proxbox'));
  const macs: MacInput = {
    options,
    replacedMacs,
    freeMacs,
    proxboxTag: tag,
    writable: input.writableInterfaceMac,
    taken: new Set(),
  };
  for (const warning of collected.warnings) builder.warn(warning);
  warnAboutStrategy(builder, options);
  planReplacedMacs(builder, guests, macs);
  for (const guest of guests) {
    if (!hasConfig(builder, guest)) continue;
    builder.discovered('vm-interface', guest.matches.length);
    for (const match of guest.matches) planInterface(builder, guest, match, { collected, macs });
    if (guestRows !== undefined)
      planGuestRows(builder, guest, {
        rows: guestRows.get(guest.virtualMachine.id) ?? [],
        options,
        proxboxTag: tag,
      });
  }
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
  const { options, proxboxTag } = macs;
  const mode = options.modes.vm_interface;
  const { current } = match;
  // What is left alone needs no VLAN, MAC address or bridge either.
  const isKept = mode === 'bootstrap_only' && current !== undefined && builder.isBootstrapOnly(current);
  const more = isKept
    ? {}
    : {
        ...macFields(builder, guest, match, macs),
        ...vlanFields(builder, guest, match, { vlans: collected.vlans, proxboxTag }),
      };
  const desired = toInterface(guest, match, more, options);
  const action = builder.add(desired, current, { mode });
  if (action === 'skip' || action === 'refuse' || collected.bridges === undefined) return;
  planBridge(builder, guest, { match, label: desired.label }, collected.bridges);
}
