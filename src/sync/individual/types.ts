/** What is asked, stated and answered about a single object. */
import type { ObjectKind } from '../../netbox/kinds/index.js';
import type { GuestType } from '../../proxmox/types.js';
import type { PlannedObject } from '../plan/single-object.js';
import type { RunContext } from '../run-context.js';
import type { Stage } from '../stage.js';

/** What callers say about the object, under the names of the query. */
export interface ObjectParams {
  readonly cluster_name: string;
  readonly node_name: string;
  readonly node: string;
  readonly type: GuestType | '';
  readonly vmid: number;
  readonly storage_name: string;
  readonly storage: string;
  readonly volid: string;
  readonly snapshot_name: string;
  readonly upid: string;
  readonly interface_name: string;
  readonly ip_address: string;
  readonly disk_name: string;
  readonly replication_id: string;
  readonly job_id: string;
}

export type ParamName = keyof ObjectParams;

/** Checked: what a row requires is there. What is not given is "" (or 0). */
export interface ObjectQuery extends ObjectParams {
  /** A missing virtual machine is created first. */
  readonly auto_create_vm: boolean;
  /** A missing row of the storage that the object lies on is created first. */
  readonly auto_create_storage: boolean;
}

/** An object as Proxmox has it. */
export interface FoundObject {
  /** As the answer shows it. */
  readonly resource: object;
  /** What the caller left open, or knew less exactly. */
  readonly params?: Partial<ObjectParams>;
  /** Name of the storage that its row refers to. */
  readonly storage?: string | null;
}

export type ObjectType =
  | 'cluster'
  | 'node'
  | 'vm'
  | 'interface'
  | 'ip_address'
  | 'virtual_disk'
  | 'storage'
  | 'backup'
  | 'snapshot'
  | 'task_history'
  | 'replication'
  | 'backup_routine';

/** One row per kind of object: a stage, and which of the objects it plans is the one. */
export interface IndividualEntry {
  readonly objectType: ObjectType;
  /** Below /sync/individual. */
  readonly path: string;
  readonly methods: readonly ('GET' | 'POST')[];
  readonly required: readonly ParamName[];
  /** May be left out; given, it must be valid. */
  readonly optional?: readonly ParamName[];
  readonly stage: Stage;
  /** The kind of the object in plans. */
  readonly kind: ObjectKind;
  /**
   * `cluster`: the stage looks at the whole cluster. `guest`: at one guest. `machine`: at one guest that must have its
   * NetBox virtual machine; it is made first where it is missing and may be made.
   */
  readonly scope: 'cluster' | 'guest' | 'machine';
  /** Whether a planned object is the one that was asked for. */
  readonly matches: (object: PlannedObject, query: ObjectQuery) => boolean;
  /** Kinds that go along whole: no field of them refers to the object. */
  readonly also?: readonly ObjectKind[];
  /**
   * Looks for the object in Proxmox, so that nothing is made for one that is not there; null when there is none. Throws when
   * nobody can tell.
   */
  readonly find: (run: RunContext, query: ObjectQuery) => Promise<FoundObject | null>;
  /** True when the query may name no object and means all of the cluster. */
  readonly isWhole?: (query: ObjectQuery) => boolean;
  /** The sentence for an object that Proxmox does not have. */
  readonly notFound: (query: ObjectQuery) => string;
  /** True when it is no error that there is none: the answer is `noop`. */
  readonly mayBeAbsent?: (query: ObjectQuery) => boolean;
}

export type IndividualAction = 'created' | 'updated' | 'unchanged' | 'noop' | 'dry_run' | 'error';

/** Another object that was written along, with what is needed to ask for it. */
export interface SyncedDependency {
  readonly object_type: string;
  readonly action: string;
  readonly name: string;
  readonly [param: string]: string | number;
}

/** One of several objects that were asked for together. */
export interface IndividualItem {
  readonly name: string;
  readonly action: IndividualAction;
  readonly netbox_object: object | null;
  readonly error: string | null;
  readonly reason?: string;
}

/** The answer of every single-object route, also of a failed one. */
export interface IndividualAnswer {
  readonly object_type: ObjectType;
  readonly action: IndividualAction;
  readonly proxmox_resource: object | null;
  readonly netbox_object: object | null;
  readonly dry_run: boolean;
  readonly dependencies_synced: readonly SyncedDependency[];
  readonly error: string | null;
  /** Why nothing was done, where that is no error. */
  readonly reason?: string;
  /** The same text as `error`: clients read either. */
  readonly detail?: string;
  /** Where all objects of a cluster were asked for. */
  readonly items?: readonly IndividualItem[];
}

export interface IndividualResult {
  readonly status: number;
  readonly retryAfterS?: number;
  readonly answer: IndividualAnswer;
}
