/** One row of the table of kinds: everything that is true of a kind of NetBox objects, stated once. */
import type { JsonObject, NetBoxRecord, Query } from '../types.js';
import type { FieldSpec, ReadSpec } from './fields.js';

/** How an object of a kind is recognised again in NetBox: two objects with the same values are one. */
export interface NaturalKey<Field extends string = string> {
  /** NetBox is asked for the first one; the others decide among the answers. */
  readonly fields: readonly [Field, ...Field[]];
  /** The one of them that NetBox keeps unique without regard to case. */
  readonly anyCase?: Field;
  /** The filter to ask with, where it is not the field's own (`name`, `cluster_id`). */
  readonly filter?: string;
  /** False: the row that was found is somebody else's, and never taken. Both are as NetBox takes and renders them. */
  readonly isOurs?: (body: JsonObject, row: NetBoxRecord) => boolean;
}

/** What NetBox keeps unique among the objects of a kind. A key is free as long as one of its values is empty. */
export interface UniqueKey<Field extends string = string> {
  readonly fields: readonly [Field, ...Field[]];
  /** The one of them that is compared without regard to case. */
  readonly anyCase?: Field;
  /** The one of them that may be empty, and then is equal to any other empty one. */
  readonly mayBeEmpty?: Field;
  /**
   * The one that holds another value for a moment where two objects swap their keys: a text, or a relation that may be
   * empty. Absent: nothing of the key is ever changed.
   */
  readonly parks?: Field;
}

/** Names under which clients of the single-object routes know a kind. */
export interface AskedAs {
  readonly type: string;
  /** The parameter that takes the object's name. */
  readonly nameParam?: string;
}

export interface KindDefinition {
  readonly path: string;
  /** In messages: singular, NetBox's word. */
  readonly noun: string;
  /** What we compare and write. A field that is not named here is never written. */
  readonly fields: Readonly<Record<string, FieldSpec>>;
  /** What we read besides. */
  readonly reads?: Readonly<Record<string, ReadSpec>>;
  /**
   * Fields that say something only together (a status and the tag that says who gave it): where NetBox refuses a part of one of
   * them, the object is not written at all, instead of without that part.
   */
  readonly together?: readonly string[];
  /** null: objects of this kind are never looked up before they are created, or never created by us. */
  readonly natural: NaturalKey | null;
  /** Absent: nothing, or only the one object that a row is about, which never changes. */
  readonly unique?: readonly UniqueKey[];
  /** Sent along with every list of the kind. */
  readonly query?: Query;
  /** Kinds that must be written before, where no relation tells it. */
  readonly after?: readonly string[];
  /** Rows that say more about an object of that kind, and are written along with it. */
  readonly companionOf?: string;
  /** Rows that are deleted along with a change of an object of that kind; their keys begin with that of the object. */
  readonly replacedWith?: string;
  /** Written in batches of their own size and pause. */
  readonly batch?: 'backups' | 'interfaces';
  readonly askedAs?: AskedAs;
  /**
   * The plugin makes the rows itself. Those that it makes in a branch are in no change log, so NetBox refuses to change them
   * there, and a merge leaves them behind and fails over whatever points at them.
   */
  readonly madeByPlugin?: boolean;
  /**
   * Pages of the plugin find objects of the kind, and what hangs on them, by the Proxbox tag (netbox-proxbox 0.0.29: its
   * nodes, machines, containers and clusters; its disks, interfaces and addresses by the tag of the machine or device). So
   * an object that was there before carries it as well, and it does not tell who made the object.
   */
  readonly foundByTag?: boolean;
  /**
   * A note about an object of one of the kinds that its relations name: written only along with that, when it was created or
   * updated, and its failure is nobody's.
   */
  readonly isNote?: boolean;
  /**
   * The same NetBox objects as this kind, of which another part is written later (the primary address of a machine, once
   * its addresses exist). What is read and remembered is the other kind's.
   */
  readonly viewOf?: string;
  /** A view that is written before the objects themselves, as it makes room for what they take. */
  readonly makesRoom?: boolean;
}

type Checked<Row extends KindDefinition> = Row & {
  readonly together?: readonly NamedBy<Row['fields']>[];
  readonly natural: NaturalKey<keyof Row['fields'] & string> | null;
  readonly unique?: readonly UniqueKey<NamedBy<Row['fields']> | NamedBy<Row['reads']>>[];
};

type NamedBy<Specs> = Specs extends object ? keyof Specs & string : never;

/** Declares a kind; a key over a field that the kind does not have does not compile. */
export function kind<const Row extends KindDefinition>(row: Checked<Row>): Row {
  return row;
}
