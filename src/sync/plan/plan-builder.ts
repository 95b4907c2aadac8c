/** Collects the changes of one stage. Pure. */
import type { AnyRecord, ObjectKind, RecordOf } from '../../netbox/kinds/index.js';
import { hasTag } from '../../netbox/kinds/values.js';
import {
  objectKey,
  ref,
  type Change,
  type Desired,
  type JudgedKind,
  type NameResolution,
  type Note,
  type ObjectKey,
  type Plan,
  type Reason,
  type SourceRef,
  type StageName,
  type Warning,
} from '../types.js';
import { askedFor } from './asked-for.js';
import { diffObject, type KnownIds } from './diff-object.js';
import { operatorDataOf, type Learnt, type OwnValues } from './ownership.js';
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
  readonly #offered = new Set<Change>();
  readonly #warnings: Warning[] = [];
  readonly #notes: Note[] = [];
  readonly #names: NameResolution[] = [];
  readonly #discovered = new Map<ObjectKind, number>();
  readonly #known = new Map<ObjectKey, number>();
  readonly #seen = new Set<ObjectKey>();
  /** NetBox objects that are changed already, by kind and id. */
  readonly #changed = new Set<ObjectKey>();
  readonly #bootstrapTag: number | undefined;
  readonly #learnt: Learnt;
  #asksFieldDefaults = false;
  readonly #asksAttachedTo = new Map<JudgedKind, Set<number>>();

  constructor(
    options: {
      readonly known?: KnownIds;
      readonly bootstrapOnlyTag?: number | undefined;
      readonly learnt?: Learnt | undefined;
    } = {},
  ) {
    this.#learnt = options.learnt ?? {};
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
  add<K extends ObjectKind>(
    desired: Desired<K>,
    current: RecordOf<K> | undefined,
    options: AddOptions = {},
  ): Change['action'] {
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

  /** Plans an object that others hang on: it is made only where something that is written refers to it. */
  offer<K extends ObjectKind>(desired: Desired<K>, current: RecordOf<K> | undefined): void {
    const from = this.#changes.length;
    this.add(desired, current);
    for (const change of this.#changes.slice(from)) if (change.action === 'create') this.#offered.add(change);
  }

  /** An object that is known to be as it should be, of which nothing but the id was read. */
  keep(subject: Subject, id: number): void {
    const key = objectKey(subject.kind, subject.key);
    this.#seen.add(key);
    this.#known.set(key, id);
    this.#push({ action: 'keep', desired: { ...subjectOf(subject), fields: {}, rules: {} } });
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
  remove(subject: Subject & { readonly current: AnyRecord }, reason: Reason): 'delete' {
    this.#push({ action: 'delete', ...subjectOf(subject), current: subject.current, reason });
    return 'delete';
  }

  /**
   * What an operator put on a row that is to go. Where nothing but values of custom fields keeps it, the plan asks which of
   * them NetBox gives by itself, where nothing does, what hangs on it, and is made again.
   */
  operatorDataOf<K extends JudgedKind>(
    kind: K,
    row: RecordOf<K>,
    own: Omit<OwnValues, 'supportIds' | 'customFieldDefaults' | 'attached'> = {},
  ): readonly string[] {
    const { customFieldDefaults } = this.#learnt;
    const attached = this.#learnt.attached?.get(objectKey(kind, `${row.id}`));
    const marks = { ...own, supportIds: this.#known, customFieldDefaults, attached };
    const found = operatorDataOf(kind, row, marks);
    const isOnlyFields = found.length > 0 && operatorDataOf(kind, { ...row, custom_fields: {} }, marks).length === 0;
    if (isOnlyFields && customFieldDefaults === undefined) this.#asksFieldDefaults = true;
    if (found.length === 0 && attached === undefined) this.#askAttachedTo(kind, row.id);
    return found;
  }

  /**
   * Whether nothing but what cannot be read speaks for an operator's data on a row: then nobody knows, and the row is neither
   * deleted nor given up as ours. `found`: what `operatorDataOf` has answered.
   */
  isInDoubt(kind: JudgedKind, { id }: AnyRecord, found: readonly string[]): boolean {
    const doubts = this.#learnt.inDoubt?.get(objectKey(kind, `${id}`)) ?? [];
    return found.length > 0 && found.every((word) => doubts.includes(word));
  }

  #askAttachedTo(kind: JudgedKind, id: number): void {
    const asked = this.#asksAttachedTo.get(kind);
    if (asked === undefined) this.#asksAttachedTo.set(kind, new Set([id]));
    else asked.add(id);
  }

  /** True when a row carries the tag that keeps syncs in the mode `bootstrap_only` away from it. */
  isBootstrapOnly(current: AnyRecord): boolean {
    return 'tags' in current && hasTag(current, this.#bootstrapTag);
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
    const changes = askedFor(this.#changes, this.#offered);
    return {
      stage,
      changes,
      known: this.#known,
      discovered: this.#discoveredOf(changes),
      warnings: this.#warnings,
      notes: this.#notes,
      nameResolutions: this.#names,
      ...(this.#asksFieldDefaults || this.#asksAttachedTo.size > 0
        ? { asks: { fieldDefaults: this.#asksFieldDefaults, attachedTo: this.#asksAttachedTo } }
        : {}),
    };
  }

  /** Without what was offered and is not asked for, where objects of the kind are counted. */
  #discoveredOf(changes: readonly Change[]): Plan['discovered'] {
    const kept = new Set(changes);
    for (const change of this.#offered) {
      if (change.action !== 'create' || kept.has(change)) continue;
      const { kind } = change.desired;
      const count = this.#discovered.get(kind);
      if (count !== undefined) this.#discovered.set(kind, count - 1);
    }
    this.#offered.clear();
    return this.#discovered;
  }

  #push(change: Change): Change['action'] {
    this.#changes.push(change);
    return change.action;
  }
}

/** In the mode `bootstrap_only` a new object gets the tag that keeps later syncs away from it. */
function createdOnce<K extends ObjectKind>(desired: Desired<K>): Desired<K> {
  return { ...desired, createTags: [...(desired.createTags ?? []), ref('tag', 'bootstrap-only')] };
}

function subjectOf(subject: Subject): Subject {
  return {
    kind: subject.kind,
    key: subject.key,
    label: subject.label,
    ...(subject.source === undefined ? {} : { source: subject.source }),
  };
}
