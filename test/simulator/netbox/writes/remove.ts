import { recordChange } from './changelog.js';
import { displayOfRow } from '../display.js';
import { Dependents } from '../failures.js';
import { ruleOf } from '../rules/index.js';
import { hangingOn } from '../store/store.js';
import type { KindSpec, OnDelete, Row } from '../types.js';
import { asIds } from '../values.js';
import type { World } from '../world.js';

interface Pointer {
  readonly kind: KindSpec;
  readonly field: string;
  readonly onDelete: OnDelete | 'unlink';
}

interface Doomed {
  readonly kind: KindSpec;
  readonly row: Row;
}

/** Every relation of any kind that points at this model. */
const pointersAt = (world: World, model: string): readonly Pointer[] =>
  world.store.kinds.flatMap((kind) =>
    Object.entries(kind.fields).flatMap(([field, spec]): readonly Pointer[] => {
      if (spec.to !== model) return [];
      if (spec.type === 'relations') return [{ kind, field, onDelete: 'unlink' }];
      return spec.type === 'relation' ? [{ kind, field, onDelete: spec.onDelete ?? 'set-null' }] : [];
    }),
  );

/** Kinds whose rows hang on any object by type and id, and go with it; and the relation they hang by. */
const hangers = [
  ['ipam.ipaddress', 'assigned_object'],
  ['dcim.macaddress', 'assigned_object'],
  ['extras.journalentry', 'assigned_object'],
  ['ipam.fhrpgroupassignment', 'interface'],
  ['ipam.service', 'parent_object'],
  ['tenancy.contactassignment', 'object'],
  ['extras.imageattachment', 'object'],
  ['vpn.tunneltermination', 'termination'],
  ['vpn.l2vpntermination', 'assigned_object'],
  ['ipam.vlangroup', 'scope'],
] as const;

const hangersOn = (world: World, doomed: Doomed): readonly Doomed[] => {
  const target = { model: doomed.kind.model, id: doomed.row.id };
  const hanging = hangers.flatMap(([model, relation]) =>
    hangingOn(world.store, model, relation, target).map((row) => ({ kind: world.store.need(model).kind, row })),
  );
  if (doomed.kind.model !== 'dcim.site') return hanging;
  const clusters = world.store.need('virtualization.cluster');
  return [...hanging, ...clusters.where('_site', doomed.row.id).map((row) => ({ kind: clusters.kind, row }))];
};

interface Plan {
  readonly doomed: Map<string, Doomed>;
  /** Rows that hold the deletion back, whatever else happens to them. */
  readonly protectors: Map<string, Doomed>;
  /** Rows that hold it back unless they go as well. */
  readonly restrictors: Map<string, Doomed>;
  readonly loosened: { readonly pointer: Pointer; readonly row: Row; readonly target: number }[];
}

const keyFor = (item: Doomed): string => `${item.kind.model}:${item.row.id}`;

/** Sorts the rows that point at a doomed one into those that go, those that protect it and those that let go. */
const follow = (plan: Plan, pointer: Pointer, target: Row, rows: readonly Row[]): readonly Doomed[] => {
  const items = rows.map((row) => ({ kind: pointer.kind, row }));
  if (pointer.onDelete === 'cascade') return items;
  for (const item of items)
    if (pointer.onDelete === 'protect') plan.protectors.set(keyFor(item), item);
    else if (pointer.onDelete === 'restrict') plan.restrictors.set(keyFor(item), item);
    else plan.loosened.push({ pointer, row: item.row, target: target.id });
  return [];
};

const planRemoval = (world: World, first: Doomed): Plan => {
  const plan: Plan = { doomed: new Map(), protectors: new Map(), restrictors: new Map(), loosened: [] };
  const queue: Doomed[] = [first];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    if (plan.doomed.has(keyFor(item))) continue;
    plan.doomed.set(keyFor(item), item);
    queue.push(...hangersOn(world, item));
    for (const pointer of pointersAt(world, item.kind.model))
      queue.push(
        ...follow(plan, pointer, item.row, world.store.need(pointer.kind.model).where(pointer.field, item.row.id)),
      );
  }
  return plan;
};

const loosen = (world: World, plan: Plan): void => {
  for (const { pointer, row, target } of plan.loosened) {
    const current = world.store.get(pointer.kind.model, row.id);
    if (current === undefined) continue;
    const value = pointer.onDelete === 'unlink' ? asIds(current[pointer.field]).filter((id) => id !== target) : null;
    const loose = { ...current, [pointer.field]: value };
    world.store.put(pointer.kind.model, row.id, loose);
    // Tags hang on objects by rows of their own, which are not in the change log.
    if (pointer.kind.fields[pointer.field]?.to !== 'extras.tag')
      recordChange(world, pointer.kind.model, { action: 'update', row: loose, before: current });
  }
};

/**
 * Deletes one object and everything that goes with it. Throws `Dependents` when something protects it; run it in a
 * transaction.
 */
export const remove = (world: World, kind: KindSpec, row: Row, message = ''): void => {
  const plan = planRemoval(world, { kind, row });
  const staying = [...plan.restrictors.values()].filter((item) => !plan.doomed.has(keyFor(item)));
  const inTheWay = plan.protectors.size > 0 ? [...plan.protectors.values()] : staying;
  if (inTheWay.length > 0)
    throw new Dependents(
      inTheWay.map((item) => ({ row: item.row, display: displayOfRow(world.store, item.kind.model, item.row) })),
    );
  for (const item of [...plan.doomed.values()].reverse())
    recordChange(world, item.kind.model, { action: 'delete', row: item.row, message });
  for (const item of plan.doomed.values()) world.store.put(item.kind.model, item.row.id, undefined);
  loosen(world, plan);
  for (const item of plan.doomed.values()) ruleOf(item.kind.model).afterDelete?.(world, item.row);
};
