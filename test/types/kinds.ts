/**
 * What must not compile, checked by `npm run typecheck`: every line below a `@ts-expect-error` is a mistake that was
 * possible while kinds were untyped. A line that begins to compile fails the type check ("unused directive").
 */
import { to } from '../../src/netbox/kinds/fields.js';
import type { ObjectKind, RecordOf, SpecsOf } from '../../src/netbox/kinds/index.js';
import { kind } from '../../src/netbox/kinds/kind.js';
import type { Collections } from '../../src/sync/collections.js';
import type { PlanBuilder } from '../../src/sync/plan/plan-builder.js';
import { isOutcomeOf, ref, type Desired, type FieldsOf, type Outcome, type RulesOf } from '../../src/sync/types.js';

declare const builder: PlanBuilder;
declare const collections: Collections;
declare const device: RecordOf<'device'>;
declare const machine: RecordOf<'virtual-machine'>;
declare const outcome: Outcome;

// Fields.
const fields: FieldsOf<'virtual-machine'> = {
  name: 'web',
  memory: 2048,
  cluster: ref('cluster', '1'),
  tags: [ref('tag', 'a')],
};
// @ts-expect-error A field that the kind does not have.
const misspeltField: FieldsOf<'virtual-machine'> = { descripton: 'x' };
// @ts-expect-error A field of another kind.
const foreignField: FieldsOf<'virtual-machine'> = { vid: 5 };
// @ts-expect-error Text in a number.
const wrongValue: FieldsOf<'virtual-machine'> = { memory: '2048' };
// @ts-expect-error A reference to a device where a cluster belongs.
const wrongTarget: FieldsOf<'virtual-machine'> = { cluster: ref('device', '1') };
// @ts-expect-error A tag that is no tag.
const wrongTag: FieldsOf<'virtual-machine'> = { tags: [ref('cluster', '1')] };
// @ts-expect-error The plugin's endpoints are not made by us: only their ids are written.
const madeEndpoint: FieldsOf<'vm-state'> = { endpoint: ref('cluster', '1') };
// @ts-expect-error Primary addresses are written by a kind of their own.
const writtenLater: FieldsOf<'virtual-machine'> = { primary_ip4: 1 };
// @ts-expect-error Half a relation to objects of several types: NetBox reads neither half alone.
const halfRelation: FieldsOf<'ip-address'> = { address: '10.0.0.1/24', assigned_object_id: 5 };
// @ts-expect-error The other half.
const otherHalf: FieldsOf<'cluster'> = { scope_type: 'dcim.site' };

// Rules.
const rules: RulesOf<'virtual-machine'> = { description: { ours: /^x$/ }, status: 'unless-operator', tags: 'union' };
// @ts-expect-error A rule for a field that the kind does not have would silently be `always`, and overwrite operators' text.
const misspeltRule: RulesOf<'virtual-machine'> = { descripton: 'if-unset' };
// @ts-expect-error A rule that does not exist.
const unknownRule: RulesOf<'virtual-machine'> = { description: 'if-empty' };
// @ts-expect-error Only tags are united.
const wrongRule: RulesOf<'virtual-machine'> = { name: 'union' };
// @ts-expect-error Tags are only ever added.
const replacedTags: RulesOf<'virtual-machine'> = { tags: 'always' };
// @ts-expect-error Only choices have values that operators alone set.
const operatorName: RulesOf<'virtual-machine'> = { name: 'unless-operator' };
// @ts-expect-error Only text is recognised as ours.
const ownNumber: RulesOf<'virtual-machine'> = { memory: { ours: /x/ } };

// Planning.
const subject = { key: '1', label: 'web' } as const;
builder.add({ kind: 'virtual-machine', ...subject, fields, rules }, machine);
// @ts-expect-error The stored object is of another kind.
builder.add({ kind: 'virtual-machine', ...subject, fields, rules }, device);
// @ts-expect-error Fields of another kind.
builder.add({ kind: 'vlan', ...subject, fields: { memory: 1 }, rules: {} }, undefined);
// @ts-expect-error Rules of another kind.
builder.add({ kind: 'vlan', ...subject, fields: { vid: 1 }, rules: { memory: 'always' } }, undefined);
// @ts-expect-error A kind that does not exist.
builder.add({ kind: 'virtual-machin', ...subject, fields: {}, rules: {} }, undefined);
// @ts-expect-error What is desired of one kind is not what is desired of another.
const otherKind: Desired<'device'> = { kind: 'virtual-machine', ...subject, fields, rules };

// Reading.
export const read: { name: string; cluster: number | null; status: string | null } = machine;
// @ts-expect-error A field that is not read.
export const unread: unknown = machine.parent_device;
// @ts-expect-error Relations are ids, not what NetBox nests.
export const nested: unknown = device.cluster?.id;
export const loaded: Promise<readonly RecordOf<'vlan'>[]> = collections.load('vlan', {});
// @ts-expect-error Rows of one kind are not rows of another.
export const mixed: Promise<readonly RecordOf<'vlan'>[]> = collections.load('device', {});
if (isOutcomeOf(outcome, 'ip-address')) console.log(outcome.record?.address);
// @ts-expect-error Of an outcome of any kind only what all kinds have is known.
console.log(outcome.record?.address);

// Rows of the table.
const path = '/api/x/';
export const row = kind({
  path,
  noun: 'x',
  fields: { name: 'text', cluster: to('cluster') },
  natural: { fields: ['name'] },
});
// @ts-expect-error A kind without a statement of its natural key could never be found again.
export const withoutKey = kind({ path, noun: 'x', fields: { name: 'text' } });
// @ts-expect-error A natural key over a field that is not declared.
export const strayKey = kind({ path, noun: 'x', fields: { name: 'text' }, natural: { fields: ['nme'] } });
// @ts-expect-error A type of field that does not exist.
export const strayType = kind({ path, noun: 'x', fields: { name: 'string' }, natural: null });

/** Relations, views and companions name kinds. */
type Named = Extract<{ readonly [K in ObjectKind]: TargetsOf<RecordSpecs<K>> }[ObjectKind], string>;
type RecordSpecs<K extends ObjectKind> = SpecsOf<K>;
type TargetsOf<Specs> = {
  readonly [F in keyof Specs]: Specs[F] extends { readonly to: readonly (infer To)[] } ? To : never;
}[keyof Specs];
export const everyTargetIsAKind: Named extends ObjectKind ? true : false = true;

export const checked = [
  misspeltField,
  foreignField,
  wrongValue,
  wrongTarget,
  wrongTag,
  madeEndpoint,
  writtenLater,
  misspeltRule,
  unknownRule,
  wrongRule,
  replacedTags,
  operatorName,
  ownNumber,
  otherKind,
  halfRelation,
  otherHalf,
];
