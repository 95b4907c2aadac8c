/** What a plan is made of: objects as NetBox should hold them, the changes that bring them there, and what came of these. */
import type { FieldType, PairedIn, Relation, Relations, TypeOf } from '../netbox/kinds/fields.js';
import type { AnyRecord, ObjectKind, RecordOf, SpecsOf } from '../netbox/kinds/index.js';
import type { JsonObject } from '../netbox/types.js';
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
  | 'sdn'
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
export type ObjectKey<K extends ObjectKind = ObjectKind> = `${K}:${string}`;

export function objectKey<K extends ObjectKind>(kind: K, key: string): ObjectKey<K> {
  return `${kind}:${key}`;
}

/** In a field: the id of another object of the run, which may not exist yet. */
export interface Ref<K extends ObjectKind = ObjectKind> {
  readonly ref: ObjectKey<K>;
  /**
   * The object can do without: where the other one could not be written the field is left out, and a warning with this code
   * says so. Absent = whoever refers to a failed object fails with it.
   */
  readonly otherwise?: ReasonCode;
  /** Where the other one was left out, so is this one: why is told there. Where that failed, this one fails with it. */
  readonly along?: true;
  /**
   * Choices: of the object and these the first one that was written is taken, in this order. Where none was, the field is
   * left out: what became of the others is told at them.
   */
  readonly or?: readonly ObjectKey<K>[];
}

export function ref<K extends ObjectKind>(kind: K, key: string): Ref<K> {
  return { ref: objectKey(kind, key) };
}

/** In the `tags` field: ids that are known and objects of this plan that will be. */
export type TagRef = number | Ref<'tag'>;

/** What may be written into a field, by its type. null empties it. */
interface WrittenValues extends Record<Exclude<FieldType, 'relation' | 'relations'>, unknown> {
  readonly text: string | null;
  readonly number: number | null;
  readonly decimal: number | null;
  readonly boolean: boolean | null;
  readonly choice: string | null;
  readonly tags: readonly TagRef[];
  readonly time: string | null;
  readonly json: JsonObject | readonly number[] | readonly string[] | null;
  readonly 'content-type': string | null;
  readonly 'custom-fields': JsonObject;
  readonly mac: string | null;
  readonly address: string;
}

type WrittenOf<Spec> =
  Spec extends Relation<infer To>
    ? number | null | (To extends ObjectKind ? Ref<To> : never)
    : Spec extends Relations<infer Many>
      ? readonly (number | (Many extends ObjectKind ? Ref<Many> : never))[]
      : TypeOf<Spec> extends keyof WrittenValues
        ? WrittenValues[TypeOf<Spec>]
        : never;

type Fieldwise<Specs> = { readonly [Field in keyof Specs]?: WrittenOf<Specs[Field]> };

/** Both halves of a relation to objects of several types (`scope_type` and `scope_id`), or neither. */
type WholePairs<Specs, Halves extends keyof Specs = PairedIn<Specs>> = [Halves] extends [never]
  ? unknown
  : Required<Fieldwise<Pick<Specs, Halves>>> | { readonly [Half in Halves]?: undefined };

type FieldsTable = {
  readonly [K in ObjectKind]: Fieldwise<SpecsOf<K>> & WholePairs<SpecsOf<K>>;
};

/** Values for the fields of a kind; absent = not managed. */
export type FieldsOf<K extends ObjectKind> = FieldsTable[K];

export type FieldValue =
  string | number | boolean | null | Ref | readonly (number | Ref)[] | readonly string[] | JsonObject;
/** Fields of some kind, where the code is the same for all: what `fieldEntries` gives. */
export type Fields = Readonly<Record<string, FieldValue>>;

export function fieldEntries(fields: FieldsOf<ObjectKind>): readonly (readonly [string, FieldValue])[] {
  return Object.entries<FieldValue | undefined>(fields).flatMap(([field, value]) =>
    value === undefined ? [] : [[field, value] as const],
  );
}

export function isRef(value: unknown): value is Ref {
  return typeof value === 'object' && value !== null && 'ref' in value && typeof value.ref === 'string';
}

/**
 * How a field of an existing object is treated. Creation always writes every field.
 * - `always`: written when it differs.
 * - `if-unset`: written only where the stored value is empty (the operator's value stays).
 * - `create-only`: never written on an existing object.
 * - `union`: tags; missing ones are added, none is removed. The Proxbox tag only where pages of the plugin find by it.
 * - `union-if-unset`: tags; left alone as soon as there is any.
 * - `stamp`: written only along with another change (a time or run id must not cause a write by itself).
 * - `unless-operator`: status; values that only operators set (planned, staged, failed, decommissioning) stay.
 */
export type FieldRule = 'always' | 'if-unset' | 'create-only' | 'stamp' | 'unless-operator' | OwnText | TagRule;
type TagRule = 'union' | 'union-if-unset' | 'create-only';

/** Text that we generate: rewritten where the stored text is empty or matches, left alone where an operator wrote another. */
export interface OwnText {
  readonly ours: RegExp;
}

type RuleOf<Type> = Type extends 'tags'
  ? TagRule
  : | 'always'
    | 'if-unset'
    | 'create-only'
    | 'stamp'
    | (Type extends 'choice' ? 'unless-operator' : never)
    | (Type extends 'text' ? OwnText : never);

type RulesTable = {
  readonly [K in ObjectKind]: { readonly [Field in keyof SpecsOf<K>]?: RuleOf<TypeOf<SpecsOf<K>[Field]>> };
};

/** Rules for the fields of a kind; absent = `always`, of tags `union`. */
export type RulesOf<K extends ObjectKind> = RulesTable[K];

/** What NetBox should hold for one object. Only managed fields are present. */
export interface Desired<K extends ObjectKind = ObjectKind> {
  readonly kind: K;
  /** Unique within the kind and the run; how the object is recognised again. */
  readonly key: string;
  /** For people. */
  readonly label: string;
  readonly fields: FieldsOf<K>;
  /** Only in the payload of a creation, besides `tags`: what says that a sync made the object. */
  readonly createTags?: readonly TagRef[];
  /** Tags of ours that are taken off an existing object, whatever the rule of `tags`. */
  readonly removeTags?: readonly number[];
  readonly rules: RulesOf<K>;
  /** An address: where NetBox refuses to create it because another object has it, it is skipped for this reason. */
  readonly ifDuplicate?: Reason;
  readonly source?: SourceRef;
  /** Another object of the plan that must have been written before; when that fails, so does this one. */
  readonly after?: ObjectKey;
  /** Rows that must have been deleted before; where one stays this is left as it is, and why is told there. */
  readonly afterDeleted?: { readonly kind: ObjectKind; readonly ids: readonly number[] };
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
      readonly current: AnyRecord;
      readonly patch: Fields;
      readonly why: readonly FieldDiff[];
    }
  /** `current` is absent where nothing of it had to be read. */
  | { readonly action: 'keep'; readonly desired: Desired; readonly current?: AnyRecord }
  /** Gone from Proxmox as far as a complete read tells, and ours: see plan/absence.ts. */
  | {
      readonly action: 'delete';
      readonly kind: ObjectKind;
      readonly key: string;
      readonly label: string;
      readonly current: AnyRecord;
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
  readonly operation?: 'would_delete' | 'skipped';
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

/** Kinds of which operator data is known: all that a sync ever deletes, for itself or along with a machine. */
export type JudgedKind =
  'ip-address' | 'mac-address' | 'vm-interface' | 'virtual-disk' | 'virtual-machine' | 'snapshot' | 'backup';

export interface Asks {
  /** What NetBox gives custom fields by itself: nothing but values of such keeps a row. */
  readonly fieldDefaults: boolean;
  /** What people hung on rows, by kind and id: nothing else keeps them. */
  readonly attachedTo: ReadonlyMap<JudgedKind, ReadonlySet<number>>;
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
  /** What is not known of rows that are to go: it is to be read, and planned again with it, before anything is deleted. */
  readonly asks?: Asks;
}

/** `deleted` objects were not discovered: they are counted beside the others, not among them. */
export type OutcomeStatus = 'created' | 'updated' | 'unchanged' | 'skipped' | 'failed' | 'deleted';

export interface Outcome<K extends ObjectKind = ObjectKind> {
  readonly kind: K;
  readonly key: string;
  readonly label: string;
  readonly status: OutcomeStatus;
  /** In NetBox; absent of what is not there. */
  readonly id?: number;
  /** Of the API and of the page; of objects that were written, as NetBox renders them only then. */
  readonly url?: string;
  readonly displayUrl?: string;
  /** The object itself, where the answer shows it. Outcomes last as long as the run, and there may be very many. */
  readonly record?: RecordOf<K>;
  /** Always present for `skipped`, `failed` and `deleted`. */
  readonly reason?: Reason;
  readonly why?: readonly FieldDiff[];
  readonly source?: SourceRef;
}

export function isOutcomeOf<K extends ObjectKind>(outcome: Outcome, kind: K): outcome is Outcome<K> {
  return outcome.kind === kind;
}
