/**
 * What changes are called where they are told before they are made: what new objects would hold, and objects that are new in
 * the run by their keys, as no id is theirs yet. So what a preview tells and what the run then does can be compared.
 */
import { typeOf } from '../netbox/kinds/fields.js';
import { fieldSpec, isKind, otherHalf, storedKind, type ObjectKind } from '../netbox/kinds/index.js';
import { contentType, isSet } from '../netbox/kinds/values.js';
import { creationFields } from './executor/resolve-body.js';
import {
  fieldEntries,
  isRef,
  objectKey,
  type Change,
  type Desired,
  type FieldDiff,
  type ObjectKey,
  type Outcome,
  type Plan,
} from './types.js';

const ofTypes: Readonly<Record<string, ObjectKind>> = {
  'virtualization.vminterface': 'vm-interface',
  'dcim.interface': 'node-interface',
  'dcim.site': 'site',
};

/** Keys that name another object by its id, and of which kind that is. */
const idsInKeys: { readonly [K in ObjectKind]?: { readonly at: RegExp; readonly of: ObjectKind } } = {
  storage: { at: /^-?\d+(?=\/)/, of: 'cluster' },
  vlan: { at: /(?<=\/)-?\d+$/, of: 'site' },
  'guest-vm-interface-address': { at: /^-?\d+(?= )/, of: 'guest-vm-interface' },
};

export class ChangeBook {
  readonly #runId: string;
  /** Of objects that the run has made, by kind and id. */
  readonly #made = new Map<string, ObjectKey>();

  /** @param runId notes in NetBox name the run that wrote them: no two runs write the same */
  constructor(runId: string) {
    this.#runId = runId;
  }

  /** Objects that are new from now on. */
  note(outcomes: readonly Outcome[]): void {
    for (const { kind, key, status, id } of outcomes)
      if (status === 'created' && id !== undefined)
        this.#made.set(nameOf(kind, id), objectKey(kind, this.keyOf({ kind, key })));
  }

  /** The key of an object, in which others that are new are not named by id. */
  keyOf({ kind, key }: Pick<Outcome, 'kind' | 'key'>): string {
    const ownId = /^netbox-(-?\d+)$/.exec(key)?.[1];
    const made = ownId === undefined ? undefined : this.#made.get(nameOf(kind, Number(ownId)));
    if (made !== undefined) return refParts(made)?.key ?? key;
    const named = idsInKeys[kind];
    if (named === undefined) return key;
    return key.replace(named.at, (id) => this.#made.get(nameOf(named.of, Number(id))) ?? id);
  }

  /** The outcomes of a plan, with what its new objects hold. */
  told({ changes }: Plan, outcomes: readonly Outcome[]): readonly Outcome[] {
    this.note(outcomes);
    const byKey = new Map(changes.map((change) => [objectKeyOf(change), change]));
    return outcomes.map((outcome) => {
      const change = byKey.get(objectKey(outcome.kind, outcome.key));
      const isWritten = outcome.status === 'created' || outcome.status === 'updated';
      const why = isWritten && change !== undefined ? { why: this.fieldsOf(change) } : {};
      return { ...outcome, key: this.keyOf(outcome), ...why };
    });
  }

  /** What a change writes: of a new object all that it would hold but for stamps, which tell the run. */
  fieldsOf(change: Change): readonly FieldDiff[] {
    if (change.action !== 'create' && change.action !== 'update') return [];
    const { desired } = change;
    const diffs = change.action === 'update' ? change.why : newFields(desired);
    return diffs.map(({ field, from, to }) => ({
      field,
      from: this.#named(desired, field, from),
      to: this.#named(desired, field, to),
    }));
  }

  #nameOfRef(ref: ObjectKey): string {
    const parts = refParts(ref);
    return parts === undefined ? ref : objectKey(parts.kind, this.keyOf(parts));
  }

  #named(desired: Desired, field: string, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#named(desired, field, one));
    if (isRef(value)) return this.#nameOfRef(value.ref);
    if (typeof value === 'string') return value.replaceAll(this.#runId, '(the run)');
    if (typeof value !== 'number') return value;
    const made = kindsBehind(desired, field).map((kind) => this.#made.get(nameOf(kind, value)));
    return made.find((key) => key !== undefined) ?? value;
  }
}

function refParts(ref: ObjectKey): Pick<Outcome, 'kind' | 'key'> | undefined {
  const [, kind = '', key = ''] = /^([^:]+):(.*)$/s.exec(ref) ?? [];
  return isKind(kind) ? { kind, key } : undefined;
}

function nameOf(kind: ObjectKind, id: number): string {
  return `${storedKind(kind)}#${id}`;
}

function objectKeyOf(change: Change): ObjectKey {
  const { kind, key } = 'desired' in change ? change.desired : change;
  return objectKey(kind, key);
}

/** Of which kinds the objects may be that a field names. */
function kindsBehind({ kind, fields }: Desired, field: string): readonly ObjectKind[] {
  const spec = fieldSpec(kind, field);
  if (spec === 'tags') return ['tag'];
  const half = otherHalf(kind, field);
  if (half !== undefined) {
    const type = fieldEntries(fields).find(([name]) => name === half)?.[1];
    const behind = ofTypes[contentType(type) ?? ''];
    return behind === undefined ? [] : [behind];
  }
  return typeof spec === 'object' ? spec.to.filter(isKind) : [];
}

function newFields(desired: Desired): readonly FieldDiff[] {
  const rules = new Map(Object.entries(desired.rules));
  return Object.entries(creationFields(desired)).flatMap(([field, to]) => {
    const spec = fieldSpec(desired.kind, field);
    const isThere = isRef(to) || (Array.isArray(to) ? to.length > 0 : isSet(typeOf(spec ?? 'text'), to));
    return isThere && rules.get(field) !== 'stamp' ? [{ field, from: null, to }] : [];
  });
}
