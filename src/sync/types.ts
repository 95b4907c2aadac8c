import type { ObjectKind } from '../netbox/records/kinds.js';
import type { JsonObject, NetBoxRecord } from '../netbox/types.js';
import type { GuestType } from '../proxmox/types.js';
import type { ReasonCode } from './reasons.js';

/** Stage names as they appear on the wire (phases, `/sync/active`, step frames). */
export type StageName =
  | 'support-objects'
  | 'devices'
  | 'storage'
  | 'virtual-machines'
  | 'virtual-machine'
  | 'task-history'
  | 'virtual-disks'
  | 'backups'
  | 'snapshots'
  | 'node-interfaces'
  | 'vm-interfaces'
  | 'vm-ip-addresses'
  | 'replications'
  | 'backup-routines'
  | 'sweep-orphans';

/** Where an object comes from in Proxmox: stable across renames, unique across endpoints. */
export interface SourceRef {
  readonly endpointId: number;
  readonly cluster: string;
  readonly node?: string;
  readonly vmid?: number;
  readonly type?: GuestType;
  readonly name?: string;
}

/** Identifies an object inside plans of one run: `<kind>:<key>`. */
export type ObjectKey = `${ObjectKind}:${string}`;

export function objectKey(kind: ObjectKind, key: string): ObjectKey {
  return `${kind}:${key}`;
}

/** In a field: the id of another object of the run, which may not exist yet. */
export interface Ref {
  readonly ref: ObjectKey;
  /**
   * The object can do without: where the other one could not be written the field is left out, and a warning with this code
   * says so. Absent = whoever refers to a failed object fails with it.
   */
  readonly otherwise?: ReasonCode;
}

/** In the `tags` field: ids that are known and objects of this plan that will be. */
export type TagRef = number | Ref;

export type FieldValue = string | number | boolean | null | Ref | readonly TagRef[] | JsonObject;
export type Fields = Readonly<Record<string, FieldValue>>;

export function isRef(value: unknown): value is Ref {
  return typeof value === 'object' && value !== null && 'ref' in value && typeof value.ref === 'string';
}

/**
 * How a field of an existing object is treated. Creation always writes every field.
 * - `always`: written when it differs.
 * - `if-unset`: written only where the stored value is empty (the operator's value stays).
 * - `create-only`: never written on an existing object.
 * - `union`: tags; missing ones are added, none is removed.
 * - `union-if-unset`: tags; left alone as soon as there is any.
 * - `stamp`: written only along with another change (a time or run id must not cause a write by itself).
 * - `unless-operator`: status; values that only operators set (planned, staged, failed, decommissioning) stay.
 */
export type FieldRule =
  'always' | 'if-unset' | 'create-only' | 'union' | 'union-if-unset' | 'stamp' | 'unless-operator' | OwnText;

/** Text that we generate: rewritten where the stored text is empty or matches, left alone where an operator wrote another. */
export interface OwnText {
  readonly ours: RegExp;
}

export type FieldRules = Readonly<Record<string, FieldRule>>;

/** What NetBox should hold for one object. Only managed fields are present. */
export interface Desired {
  readonly kind: ObjectKind;
  /** Unique within the kind and the run; how the object is recognised again. */
  readonly key: string;
  /** For people. */
  readonly label: string;
  readonly fields: Fields;
  /** Only in the payload of a creation (first-discovery tags). Merged into `tags`. */
  readonly createTags?: readonly TagRef[];
  readonly rules: FieldRules;
  /** An address: where NetBox refuses to create it because another object has it, it is skipped for this reason. */
  readonly ifDuplicate?: Reason;
  readonly source?: SourceRef;
  /** Another object of the plan that must have been written before; when that fails, so does this one. */
  readonly after?: ObjectKey;
}

export interface FieldDiff {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface Reason {
  readonly code: ReasonCode;
  /** One sentence: what happened to which object, and what to do. */
  readonly message: string;
}

export type Change =
  | { readonly action: 'create'; readonly desired: Desired }
  | {
      readonly action: 'update';
      readonly desired: Desired;
      readonly current: NetBoxRecord;
      readonly patch: Fields;
      readonly why: readonly FieldDiff[];
    }
  | { readonly action: 'keep'; readonly desired: Desired; readonly current: NetBoxRecord }
  /** Gone from Proxmox as far as a complete read tells, and ours: see plan/absence.ts. */
  | {
      readonly action: 'delete';
      readonly kind: ObjectKind;
      readonly key: string;
      readonly label: string;
      readonly current: NetBoxRecord;
      readonly reason: Reason;
      readonly source?: SourceRef;
    }
  | {
      readonly action: 'skip';
      readonly kind: ObjectKind;
      readonly key: string;
      readonly label: string;
      readonly reason: Reason;
      readonly source?: SourceRef;
    }
  /** Discovered, but could not be planned (its configuration could not be read, its identity is ambiguous). */
  | {
      readonly action: 'refuse';
      readonly kind: ObjectKind;
      readonly key: string;
      readonly label: string;
      readonly reason: Reason;
      readonly source?: SourceRef;
    };

/** Something worth telling that is not the fate of one object. */
export interface Warning extends Reason {
  readonly source?: SourceRef;
}

/**
 * What a stage found out about something that is not an object of its own: why the addresses of a guest are not known, why
 * a guest is left out. It is told and counted by reason, and is nobody's outcome.
 */
export interface Note extends Reason {
  /** Whom it is about. */
  readonly label: string;
  readonly source?: SourceRef;
  /** A dry run: what would have been done. */
  readonly operation?: 'would_delete';
}

export interface NameResolution {
  readonly cluster: string;
  readonly originalName: string;
  readonly resolvedName: string;
  readonly vmid: number;
  /** 1 = no suffix. */
  readonly suffixIndex: number;
  readonly operatorRenamed: boolean;
}

/** Computed by pure code, applied by the executor, printable and countable. */
export interface Plan {
  readonly stage: StageName;
  readonly changes: readonly Change[];
  /** Ids of everything that exists already and may be referred to. */
  readonly known: ReadonlyMap<ObjectKey, number>;
  /** How many objects of each kind were found in Proxmox: counted where they were read, checked against the outcomes. */
  readonly discovered: ReadonlyMap<ObjectKind, number>;
  readonly warnings: readonly Warning[];
  readonly notes: readonly Note[];
  readonly nameResolutions: readonly NameResolution[];
}

/** `deleted` objects were not discovered: they are counted beside the others, not among them. */
export type OutcomeStatus = 'created' | 'updated' | 'unchanged' | 'skipped' | 'failed' | 'deleted';

export interface Outcome {
  readonly kind: ObjectKind;
  readonly key: string;
  readonly label: string;
  readonly status: OutcomeStatus;
  readonly record?: NetBoxRecord;
  /** Always present for `skipped`, `failed` and `deleted`. */
  readonly reason?: Reason;
  readonly why?: readonly FieldDiff[];
  readonly source?: SourceRef;
}
