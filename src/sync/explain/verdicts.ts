/** Why a field of an object in NetBox is as it is: what Proxmox says, what NetBox has, the rule, and what that comes to. Pure. */
import { fieldSpec, type AnyRecord, type ObjectKind } from '../../netbox/kinds/index.js';
import { isImagined, tagIds } from '../../netbox/kinds/values.js';
import { isObject } from '../../values/plain-object.js';
import { overwriteFlags, type OverwriteFlag } from '../plan/options.js';
import { reasonCodes } from '../reasons.js';
import { fieldEntries, isRef, type Change, type Desired, type FieldRule, type Reason } from '../types.js';

export interface FieldVerdict {
  readonly field: string;
  /** As it would stand in NetBox. */
  readonly proxmox: unknown;
  readonly netbox: unknown;
  readonly rule: string;
  /** The setting that chose the rule. */
  readonly setting: OverwriteFlag | null;
  readonly verdict: string;
}

export interface ObjectVerdict {
  readonly kind: ObjectKind;
  readonly label: string;
  readonly netbox_id: number | null;
  readonly action: Change['action'];
  readonly verdict: string;
  readonly reason: string | null;
  /** What to do about it; null: nothing. */
  readonly suggestion: string | null;
  readonly fields: readonly FieldVerdict[];
}

export interface ReasonVerdict {
  readonly reason: string;
  readonly message: string;
  readonly suggestion: string | null;
}

export function reasonVerdict({ code, message }: Reason): ReasonVerdict {
  const { remedy, concern } = reasonCodes[code];
  return { reason: code, message, suggestion: concern === 'mendable' ? remedy : null };
}

const actions = {
  create: 'It is not in NetBox, and the next sync makes it.',
  update: 'The next sync writes the fields that differ.',
  keep: 'It is as it should be.',
} as const satisfies { readonly [action in Change['action']]?: string };

export function objectVerdict(change: Change): ObjectVerdict {
  if (change.action === 'skip' || change.action === 'refuse' || change.action === 'delete') {
    const { kind, label, action, reason } = change;
    const { message, ...told } = reasonVerdict(reason);
    const id = change.action === 'delete' ? change.current.id : null;
    return { kind, label, netbox_id: id, action, verdict: message, ...told, fields: [] };
  }
  const { action, desired } = change;
  const current = change.action === 'create' ? undefined : change.current;
  return {
    kind: desired.kind,
    label: desired.label,
    netbox_id: current === undefined || isImagined(current.id) ? null : current.id,
    action,
    verdict: actions[action],
    reason: null,
    suggestion: null,
    fields: fieldVerdicts(change, desired, current),
  };
}

function fieldVerdicts(change: Change, desired: Desired, current: AnyRecord | undefined): readonly FieldVerdict[] {
  const written = new Set(change.action === 'update' ? change.why.map(({ field }) => field) : []);
  return fieldEntries(desired.fields).flatMap(([field, value]) => {
    const rules: Readonly<Record<string, FieldRule | undefined>> = desired.rules;
    const rule = rules[field] ?? (field === 'tags' ? 'union' : 'always');
    // What tells of the run is new in every run.
    if (fieldSpec(desired.kind, field) === undefined || rule === 'stamp') return [];
    const stored: unknown = current === undefined ? undefined : Reflect.get(current, field);
    return [
      {
        field,
        proxmox: readable(value),
        netbox: current === undefined ? null : field === 'tags' ? tagIds(stored) : readable(stored ?? null),
        rule: typeof rule === 'object' ? 'ours' : rule,
        setting: settingOf(desired.kind, field),
        verdict: sentence({ rule, current, field, isWritten: written.has(field), isNew: change.action === 'create' }),
      },
    ];
  });
}

interface Judged {
  readonly rule: Exclude<FieldRule, 'stamp'>;
  readonly field: string;
  readonly current: AnyRecord | undefined;
  readonly isWritten: boolean;
  readonly isNew: boolean;
}

/** In the order in which they say most: what is done comes before the rule by which nothing is done. */
function sentence({ rule, field, current, isWritten, isNew }: Judged): string {
  if (isNew) return 'Written when the object is made.';
  if (isWritten) return 'Differs: the next sync writes it.';
  const { missing } = current ?? {};
  if (missing?.includes(field) === true) return 'This NetBox or plugin does not have the field.';
  if (typeof rule === 'object')
    return 'Kept: it is as Proxmox has it, or an operator wrote it, which no sync overwrites.';
  return kept[rule];
}

const kept = {
  always: 'As Proxmox has it.',
  'if-unset': 'Kept: it has a value, and is filled only where it has none.',
  'create-only': 'Kept: it is written when the object is made, and never again.',
  'unless-operator': 'As Proxmox has it, or a status that only operators give, which stays.',
  union: 'No tag is missing; those of operators stay.',
  'union-if-unset': 'Kept: tags are given only where there are none.',
} as const satisfies Record<Exclude<FieldRule, object | 'stamp'>, string>;

const prefixes: { readonly [K in ObjectKind]?: string } = {
  'virtual-machine': 'vm',
  'vm-interface': 'vm_interface',
  'ip-address': 'ip',
};
const suffixes: Readonly<Record<string, string>> = { virtual_machine_type: 'type', dns_name: 'address_dns_name' };

/** The flags are called after the kind and the field. */
export function settingOf(kind: ObjectKind, field: string): OverwriteFlag | null {
  const name = `overwrite_${prefixes[kind] ?? ''}_${suffixes[field] ?? field}`;
  return overwriteFlags.find((flag) => flag === name) ?? null;
}

/** Another object by its key, as it may not have an id yet. */
function readable(value: unknown): unknown {
  if (isRef(value)) return value.ref;
  if (Array.isArray(value)) return value.map(readable);
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, readable(inner)]))
    : value;
}
