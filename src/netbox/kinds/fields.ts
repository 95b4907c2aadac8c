/** The types of NetBox fields: how a field is declared in the table of kinds, and which values it has when read. */

/** How two values of a field are compared; see values.ts. */
export type FieldType =
  | 'text'
  | 'number'
  | 'decimal'
  | 'boolean'
  | 'relation'
  | 'relations'
  | 'choice'
  | 'tags'
  | 'time'
  | 'json'
  | 'content-type'
  | 'assigned-object'
  | 'custom-fields'
  | 'mac'
  | 'address';

/** The id of another object. `to` names the kinds it may be of; the write order follows from it. */
export interface Relation<To extends string = string> {
  readonly type: 'relation';
  readonly to: readonly To[];
}

/** The ids of other objects, of which one object has many. */
export interface Relations<To extends string = string> {
  readonly type: 'relations';
  readonly to: readonly To[];
}

/** Read from inside the rendering of another field, which NetBox nests: the number of an interface's VLAN. */
export interface Nested {
  readonly type: FieldType;
  readonly of: string;
  readonly key: string;
}

/** A field of which no sync knows anything: whatever stands there, people put there. `words` say so in a sentence. */
export interface Theirs {
  readonly type: FieldType;
  readonly words: string;
}

/** A field that is compared and written. */
export type FieldSpec = Exclude<FieldType, 'relation' | 'relations'> | Relation | Relations;
/** A field that is only read. */
export type ReadSpec = FieldType | Nested | Theirs;

/** The id of an object of one of these kinds; without any: an id that we know, of an object that we never make. */
export function to(): Relation<never>;
export function to<const To extends string>(...kinds: readonly [To, ...To[]]): Relation<To>;
export function to(...kinds: readonly string[]): Relation {
  return { type: 'relation', to: kinds };
}

export function toMany<const To extends string>(...kinds: readonly [To, ...To[]]): Relations<To> {
  return { type: 'relations', to: kinds };
}

export function inside<const Type extends FieldType>(
  of: string,
  key: string,
  type: Type,
): Nested & { readonly type: Type } {
  return { of, key, type };
}

export function theirs<const Type extends FieldType>(type: Type, words: string): Theirs & { readonly type: Type } {
  return { type, words };
}

/** The halves of a relation to objects of several types, by NetBox's convention: `scope_type` is a content type, `scope_id` its id. */
export type PairedIn<Specs> = {
  [Field in keyof Specs]: Field extends `${infer Base}_type`
    ? Specs[Field] extends 'content-type'
      ? Extract<keyof Specs, Field | `${Base}_id`>
      : never
    : never;
}[keyof Specs];

/** A tag as it hangs on an object. */
export interface StoredTag {
  readonly id: number;
  readonly slug: string;
}

interface Named {
  readonly id: number | null;
  /** "" where NetBox does not name it. */
  readonly name: string;
}

/** What an address is assigned to, and what that is a part of: of all that NetBox nests, what anybody looks at. */
export interface AssignedObject extends Named {
  readonly device?: Named;
  readonly virtual_machine?: Named;
  readonly group?: Named;
}

/**
 * What is read of a field, unwrapped: relations are ids, choices their values. Absent text is "", every other absent value
 * null. `time` is text as NetBox renders it (ISO 8601), `mac` and `address` are in one spelling (see values.ts).
 */
export interface StoredValues {
  readonly text: string;
  readonly number: number | null;
  readonly decimal: number | null;
  readonly boolean: boolean | null;
  readonly relation: number | null;
  /** Sorted. */
  readonly relations: readonly number[];
  readonly choice: string | null;
  readonly tags: readonly StoredTag[];
  readonly time: string | null;
  readonly json: unknown;
  readonly 'content-type': string | null;
  readonly 'assigned-object': AssignedObject | null;
  readonly 'custom-fields': Readonly<Record<string, unknown>>;
  readonly mac: string;
  readonly address: string;
}

export type TypeOf<Spec> = Spec extends FieldType ? Spec : Spec extends { readonly type: infer Type } ? Type : never;
export type StoredOf<Spec> = TypeOf<Spec> extends keyof StoredValues ? StoredValues[TypeOf<Spec>] : never;

export function typeOf(spec: FieldSpec | ReadSpec): FieldType {
  return typeof spec === 'string' ? spec : spec.type;
}
