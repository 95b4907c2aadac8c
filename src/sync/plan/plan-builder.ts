import type { ObjectKind } from '../../netbox/records/kinds.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import { tagIds } from '../../netbox/records/compare.js';
import {
  objectKey,
  type Change,
  type Desired,
  type NameResolution,
  type Note,
  type ObjectKey,
  type Plan,
  type Reason,
  type SourceRef,
  type StageName,
  type Warning,
} from '../types.js';
import { diffObject, type KnownIds } from './diff-object.js';
import type { SyncMode } from './options.js';

export interface AddOptions {
  /** The sync mode of the resource the object belongs to; `always` when absent. */
  readonly mode?: SyncMode;
}

interface Subject {
  readonly kind: ObjectKind;
  readonly key: string;
  readonly label: string;
  readonly source?: SourceRef;
}

/**
 * Collects the changes of one stage in the order in which they depend on each other. It knows the ids of what exists,
 * so that later objects compare their relations by id, and refuses the same object twice.
 */
export class PlanBuilder {
  readonly #changes: Change[] = [];
  readonly #warnings: Warning[] = [];
  readonly #notes: Note[] = [];
  readonly #names: NameResolution[] = [];
  readonly #discovered = new Map<ObjectKind, number>();
  readonly #known = new Map<ObjectKey, number>();
  readonly #seen = new Set<ObjectKey>();
  /** NetBox objects that are changed already, by kind and id. */
  readonly #changed = new Set<ObjectKey>();
  /** Objects of this run that something could not be planned for; whoever refers to them fails with them. */
  readonly #bootstrapTag: number | undefined;

  constructor(options: { readonly known?: KnownIds; readonly bootstrapOnlyTag?: number | undefined } = {}) {
    for (const [key, id] of options.known ?? []) this.#known.set(key, id);
    this.#bootstrapTag = options.bootstrapOnlyTag;
  }

  get known(): KnownIds {
    return this.#known;
  }

  /** True when the object was planned or made known already. */
  has(kind: ObjectKind, key: string): boolean {
    return this.#seen.has(objectKey(kind, key)) || this.#known.has(objectKey(kind, key));
  }

  /** Counts objects found in Proxmox, where they were found. */
  discovered(kind: ObjectKind, count: number): void {
    this.#discovered.set(kind, (this.#discovered.get(kind) ?? 0) + count);
  }

  /** An object that exists and is only referred to. */
  know(kind: ObjectKind, key: string, id: number): void {
    this.#known.set(objectKey(kind, key), id);
  }

  /** Plans one object against what NetBox has. Returns what was decided. */
  add(desired: Desired, current: NetBoxRecord | undefined, options: AddOptions = {}): Change['action'] {
    const key = objectKey(desired.kind, desired.key);
    if (this.#seen.has(key)) {
      return this.skip(desired, {
        code: 'duplicate',
        message: `${desired.label} was found twice; the first one is kept.`,
      });
    }
    this.#seen.add(key);
    if (current === undefined)
      return this.#push({
        action: 'create',
        desired: options.mode === 'bootstrap_only' ? createdOnce(desired) : desired,
      });
    this.#known.set(key, current.id);
    if (options.mode === 'bootstrap_only' && this.isBootstrapOnly(current)) {
      return this.skip(desired, {
        code: 'bootstrap_only',
        message: `${desired.label} carries the tag bootstrap-only; remove the tag to let syncs change it again.`,
      });
    }
    const { patch, why } = diffObject(desired, current, this.#known);
    if (why.length === 0) return this.#push({ action: 'keep', desired, current });
    const changed = objectKey(desired.kind, `${current.id}`);
    if (this.#changed.has(changed)) {
      return this.refuse(desired, {
        code: 'duplicate',
        message: `"${desired.label}" was not written: the NetBox object it belongs to (id ${current.id}) is already written for another object of this run.`,
      });
    }
    this.#changed.add(changed);
    return this.#push({ action: 'update', desired, current, patch, why });
  }

  skip(subject: Subject, reason: Reason): 'skip' {
    this.#push({ action: 'skip', ...subjectOf(subject), reason });
    return 'skip';
  }

  refuse(subject: Subject, reason: Reason): 'refuse' {
    this.#push({ action: 'refuse', ...subjectOf(subject), reason });
    return 'refuse';
  }

  /** Plans the deletion of a row. Only for what plan/absence.ts let through. */
  remove(subject: Subject & { readonly current: NetBoxRecord }, reason: Reason): 'delete' {
    this.#push({ action: 'delete', ...subjectOf(subject), current: subject.current, reason });
    return 'delete';
  }

  /** True when a row carries the tag that keeps syncs in the mode `bootstrap_only` away from it. */
  isBootstrapOnly(current: NetBoxRecord): boolean {
    return this.#bootstrapTag !== undefined && tagIds(current['tags']).includes(this.#bootstrapTag);
  }

  warn(warning: Warning): void {
    this.#warnings.push(warning);
  }

  note(note: Note): void {
    this.#notes.push(note);
  }

  nameResolved(resolution: NameResolution): void {
    this.#names.push(resolution);
  }

  build(stage: StageName): Plan {
    return {
      stage,
      changes: this.#changes,
      known: this.#known,
      discovered: this.#discovered,
      warnings: this.#warnings,
      notes: this.#notes,
      nameResolutions: this.#names,
    };
  }

  #push(change: Change): Change['action'] {
    this.#changes.push(change);
    return change.action;
  }
}

/** In the mode `bootstrap_only` a new object gets the tag that keeps later syncs away from it. */
function createdOnce(desired: Desired): Desired {
  return { ...desired, createTags: [...(desired.createTags ?? []), { ref: objectKey('tag', 'bootstrap-only') }] };
}

function subjectOf(subject: Subject): Subject {
  return {
    kind: subject.kind,
    key: subject.key,
    label: subject.label,
    ...(subject.source === undefined ? {} : { source: subject.source }),
  };
}
