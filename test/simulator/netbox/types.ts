/** The shapes the simulator is built from: a kind is one row of a table, an object is one frozen row of values. */

export type NetBoxRelease = '4.5.9' | '4.6.8' | '4.7.3';

/** One stored object. Relations hold ids, choices their value, tags a list of ids; times are ISO 8601 in UTC. */
export interface Row {
  readonly id: number;
  readonly created: string;
  readonly last_updated: string;
  readonly [field: string]: unknown;
}

/** Messages by field; `__all__` holds those that belong to no field. */
export type FieldErrors = Record<string, unknown>;

export type FieldType =
  | 'text'
  | 'slug'
  | 'url'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'flag'
  | 'choice'
  | 'relation'
  | 'relations'
  | 'object-type'
  | 'object-types'
  | 'json'
  | 'datetime'
  | 'date'
  | 'address'
  | 'prefix'
  | 'host'
  | 'mac'
  | 'count'
  | 'computed'
  | 'constant';

/** What a DELETE of the object a relation points at does to the row that holds the relation. */
export type OnDelete = 'cascade' | 'protect' | 'restrict' | 'set-null';

export interface FieldSpec {
  readonly type: FieldType;
  readonly required?: true;
  readonly nullable?: true;
  readonly blank?: true;
  /** Checked on its own, with the message "<noun> with this <label> already exists.". */
  readonly unique?: true;
  readonly writeOnly?: true;
  /** Relations: answered as a bare id instead of a nested object. Choices: as the value instead of value and label. */
  readonly bare?: true;
  readonly default?: unknown;
  /** Text: characters. Numbers: largest value. */
  readonly max?: number;
  readonly min?: number;
  readonly digits?: number;
  readonly places?: number;
  readonly choices?: Readonly<Record<string, string>>;
  /** Model a relation points at, or whose rows a count counts. */
  readonly to?: string;
  /** Count: the relation of `to` that points back here. */
  readonly via?: string;
  readonly onDelete?: OnDelete;
  /** Keys of the nested object; the brief keys of the target's kind when left out. */
  readonly show?: string;
  /** May be left out, but must not be empty when the object is saved. */
  readonly filled?: true;
  readonly pattern?: 'colour' | 'custom-field-name' | 'dns-name';
  /** Name used in messages when it is not the field's own with spaces. */
  readonly label?: string;
}

export interface Constraint {
  /** Fields that must not repeat together; `lower:name` compares without regard to case. */
  readonly fields: readonly string[];
  /** Nulls count as equal (NULLS NOT DISTINCT). */
  readonly nullsEqual?: true;
  /** Applies only while these are set, and those are not. */
  readonly whenSet?: readonly string[];
  readonly whenNull?: readonly string[];
  /** Message under `__all__`; without it Django's generic one that lists the fields. */
  readonly message?: string;
  /** Database name of the constraint, for the text of an IntegrityError. */
  readonly name: string;
}

/** Filters of a list, by the way they compare. A word is `name` or `name=path`, a path walks relations with dots. */
export interface FilterTable {
  readonly text?: string;
  readonly number?: string;
  readonly flag?: string;
  readonly choice?: string;
  readonly objectType?: string;
  readonly datetime?: string;
  /** Many values, each must exist: `site_id=site`, `site=site.slug`. */
  readonly relation?: string;
  /** One id, must exist (the plugin's plain relation filters). */
  readonly single?: string;
  /** Filters that need code of their own, see filters/special.ts. */
  readonly special?: string;
}

export interface KindSpec {
  /** Below `/api/`, without slashes at the ends. */
  readonly path: string;
  /** `app.model`. */
  readonly model: string;
  /** Class name, used in "No <name> matches the given query.". */
  readonly objectName: string;
  readonly noun: string;
  readonly ordering: readonly string[];
  readonly brief: string;
  readonly fields: Readonly<Record<string, FieldSpec>>;
  readonly constraints?: readonly Constraint[];
  readonly filters: FilterTable;
  /** First release that has it. */
  readonly since?: '4.6';
  readonly plugin?: true;
}
