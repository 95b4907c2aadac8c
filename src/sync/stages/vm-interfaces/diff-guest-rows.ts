/** The plugin's rows about the interfaces that the QEMU guest agent reports, beside the core interfaces. Pure. */
import { hasTag } from '../../../netbox/kinds/values.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { GuestInterface } from '../../../proxmox/parse/guest-interfaces.js';
import { guestRowName } from '../../plan/guest-nics.js';
import type { SyncOptions } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { type Ref, type RulesOf, ref } from '../../types.js';
import type { CollectedGuest } from './types.js';
import { machineName } from '../../plan/roster.js';

export interface GuestRowInput {
  /** Of the machine. */
  readonly rows: readonly RecordOf<'guest-vm-interface'>[];
  readonly options: SyncOptions;
  readonly proxboxTag: number | undefined;
}

/** The core interface of a row; null: none. */
type Core = Ref<'vm-interface'> | null;

/** What the plugin is to hold about one core interface: which guest interface is it. */
interface Claim {
  /** Key of the core interface in the plan. */
  readonly interfaceKey: string;
  /** undefined: the row that has it keeps it, whatever is reported. */
  readonly claimant: string | undefined;
  /** A row of ours that has it and must let go first: the plugin takes one row per core interface. */
  readonly released: RecordOf<'guest-vm-interface'> | undefined;
}

/** Every interface that the guest reports becomes a row; rows of interfaces that are gone stay, without their core interface. */
export function planGuestRows(builder: PlanBuilder, guest: CollectedGuest, input: GuestRowInput): void {
  const { network } = guest;
  if (network?.status !== 'told') return;
  const stored = input.rows;
  const names = new Set(network.interfaces.map(({ name }) => guestRowName(name)));
  const mayChange = (row: RecordOf<'guest-vm-interface'>): boolean =>
    input.options.modes.vm_interface !== 'bootstrap_only' || !builder.isBootstrapOnly(row);
  const claims = planClaims(guest, stored, { names, input, mayChange });
  builder.discovered('guest-vm-interface', network.interfaces.length);
  for (const one of network.interfaces) {
    const current = stored.find((row) => row.name === guestRowName(one.name));
    const claim = claims.find(({ claimant }) => claimant === guestRowName(one.name));
    // Without a MAC address it may be behind the device that it was behind.
    const isKept = one.mac === null && current !== undefined && claims.every(({ released }) => released !== current);
    planRow(builder, guest, { one, current, core: isKept ? undefined : coreOf(claim) }, input.options);
  }
  for (const { released } of claims) {
    if (released !== undefined && !names.has(released.name)) release(builder, guest, released);
  }
}

function planClaims(
  guest: CollectedGuest,
  stored: readonly RecordOf<'guest-vm-interface'>[],
  {
    names,
    input,
    mayChange,
  }: {
    readonly names: ReadonlySet<string>;
    readonly input: GuestRowInput;
    readonly mayChange: (row: RecordOf<'guest-vm-interface'>) => boolean;
  },
): readonly Claim[] {
  return guest.matches.map(({ nic, current }): Claim => {
    const matching = nic.inside
      .filter(({ mac }) => mac !== null && mac === nic.device.mac)
      .map(({ name }) => guestRowName(name));
    const [first] = matching;
    const interfaceKey = `${guest.key}/${nic.device.key}`;
    const owner = current === undefined ? undefined : stored.find((row) => row.vm_interface === current.id);
    if (owner === undefined) return { interfaceKey, claimant: first, released: undefined };
    const ownerName = owner.name;
    // The first in the guest's order takes it; the one that has it keeps it as long as it is one of them.
    if (matching.includes(ownerName)) return { interfaceKey, claimant: ownerName, released: undefined };
    const isForeign = !names.has(ownerName) && !hasTag(owner, input.proxboxTag);
    if (isForeign || first === undefined || !mayChange(owner))
      return { interfaceKey, claimant: undefined, released: undefined };
    return { interfaceKey, claimant: first, released: owner };
  });
}

/** Of a guest interface that is behind no network device: none. */
function coreOf(claim: Claim | undefined): Core {
  return claim === undefined ? null : { ...ref('vm-interface', claim.interfaceKey), otherwise: 'dependency_failed' };
}

function planRow(
  builder: PlanBuilder,
  guest: CollectedGuest,
  row: {
    readonly one: GuestInterface;
    readonly current: RecordOf<'guest-vm-interface'> | undefined;
    /** undefined: as it is. */
    readonly core: Core | undefined;
  },
  options: SyncOptions,
): void {
  const { one, current, core } = row;
  const name = guestRowName(one.name);
  builder.add(
    {
      kind: 'guest-vm-interface',
      key: `${guest.key}/${name}`,
      label: `${machineName(guest)} ${name}`,
      fields: {
        virtual_machine: ref('virtual-machine', guest.key),
        ...(core === undefined ? {} : { vm_interface: core }),
        name,
        // One that is not told is not one that is gone.
        ...(one.mac === null && current !== undefined ? {} : { mac_address: one.mac ?? '' }),
        enabled: true,
        tags: [proxboxTag],
      },
      rules: rules(options),
      source: guest.source,
    },
    current,
    { mode: options.modes.vm_interface },
  );
}

function rules({ overwrite }: SyncOptions): RulesOf<'guest-vm-interface'> {
  return {
    virtual_machine: 'create-only',
    name: 'create-only',
    // The agent does not say: the operator's value stays.
    enabled: 'create-only',
    tags: overwrite.overwrite_vm_interface_tags ? 'union' : 'union-if-unset',
  };
}

function release(builder: PlanBuilder, guest: CollectedGuest, row: RecordOf<'guest-vm-interface'>): void {
  const name = row.name;
  builder.discovered('guest-vm-interface', 1);
  builder.add(
    {
      kind: 'guest-vm-interface',
      key: `${guest.key}/${name}`,
      label: `${machineName(guest)} ${name}`,
      fields: { vm_interface: null },
      rules: {},
      source: guest.source,
    },
    row,
  );
}
