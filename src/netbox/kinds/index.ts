/**
 * The NetBox objects we manage, as one table: a kind is one row, and everything else about it follows (what is read, how
 * it is compared, found again, ordered, and which values its fields take). Adding a kind is adding its row.
 */
import { attached } from './attached.js';
import { dcim } from './dcim.js';
import { extras } from './extras.js';
import type { FieldSpec, StoredOf } from './fields.js';
import { ipam } from './ipam.js';
import type { KindDefinition } from './kind.js';
import { plugin } from './plugin.js';
import { pluginSdn } from './plugin-sdn.js';
import { vpn } from './vpn.js';
import { virtualization } from './virtualization.js';

export const kinds = {
  ...extras,
  ...dcim,
  ...virtualization,
  ...ipam,
  ...attached,
  ...plugin,
  ...vpn,
  ...pluginSdn,
} as const satisfies Record<string, KindDefinition>;

type Kinds = typeof kinds;
export type ObjectKind = keyof Kinds;

/** The declared fields of a kind by name. */
export type SpecsOf<K extends ObjectKind> = Kinds[K]['fields'];

/** The kind under which objects are read and remembered. */
export type StoredKind<K extends ObjectKind> = Kinds[K] extends { readonly viewOf: infer V extends ObjectKind } ? V : K;

type ReadsOf<Row> = Row extends { readonly reads: infer Reads } ? Reads : unknown;

interface Stored {
  readonly id: number;
  /** Fields that this NetBox or plugin version did not render; they hold what an empty field holds. */
  readonly missing?: readonly string[];
  /** Of the API and of the page; "" where NetBox did not render them, as it does only after a write or when asked. */
  readonly url: string;
  readonly display_url: string;
}

type Unwrapped<Specs> = { readonly [Field in keyof Specs]: StoredOf<Specs[Field]> };

type Flat<T> = { readonly [Key in keyof T]: T[Key] };

type RecordTable = {
  readonly [K in ObjectKind]: Flat<
    Stored & Unwrapped<Kinds[StoredKind<K>]['fields']> & Unwrapped<ReadsOf<Kinds[StoredKind<K>]>>
  >;
};

/** An object of a kind as it is stored in NetBox, its fields unwrapped (see fields.ts). */
export type RecordOf<K extends ObjectKind> = RecordTable[K];
/** An object of any kind. */
export type AnyRecord = RecordOf<ObjectKind>;

export function kindDefinition(kind: ObjectKind): KindDefinition {
  return kinds[kind];
}

/** How a field is declared; undefined for one that the kind does not have. */
export function fieldSpec(kind: ObjectKind, field: string): FieldSpec | undefined {
  const { fields } = kindDefinition(kind);
  return Object.hasOwn(fields, field) ? fields[field] : undefined;
}

/** The fields of a kind of which no sync knows anything, with the words for what stands there. */
export function theirFields(kind: ObjectKind): readonly { readonly field: string; readonly words: string }[] {
  const { reads = {} } = kindDefinition(kind);
  return Object.entries(reads).flatMap(([field, spec]) =>
    typeof spec === 'object' && 'words' in spec ? [{ field, words: spec.words }] : [],
  );
}

/** The other half of a relation to objects of several types (see `PairedIn`); undefined: the field is none. */
export function otherHalf(kind: ObjectKind, field: string): string | undefined {
  const [, base = '', half] = /^(.+)_(type|id)$/.exec(field) ?? [];
  if (fieldSpec(kind, `${base}_type`) !== 'content-type') return undefined;
  return half === 'type' ? `${base}_id` : `${base}_type`;
}

export function isKind(name: string): name is ObjectKind {
  return Object.hasOwn(kinds, name);
}

export const objectKinds: readonly ObjectKind[] = Object.keys(kinds).filter(isKind);

/** The kind under which objects are read and remembered: itself, or the kind it is a view of. */
export function storedKind(kind: ObjectKind): ObjectKind {
  const { viewOf } = kindDefinition(kind);
  return viewOf !== undefined && isKind(viewOf) ? viewOf : kind;
}

/** A table of the plugin, which may be missing and whose refusals are nobody's failure. */
export function isPluginKind(kind: ObjectKind): boolean {
  return kindDefinition(kind).path.startsWith('/api/plugins/');
}

/** Kinds of rows that say more about an object of this kind, and are written along with it. */
export function companionsOf(kind: ObjectKind): readonly ObjectKind[] {
  return objectKinds.filter((one) => kindDefinition(one).companionOf === kind);
}
