import { describe, expect, it } from 'vitest';
import { fieldSpec, kindDefinition, objectKinds, storedKind } from '../../../../src/netbox/kinds/index.js';
import { diffObject, mergeTags } from '../../../../src/sync/plan/diff-object.js';
import { type Fields, type FieldRule, type ObjectKey, ref } from '../../../../src/sync/types.js';
import { stored, tagsOf } from '../../../support/factories/netbox-records.js';
import { aDesired } from '../../../support/factories/sync.js';

const known = new Map<ObjectKey, number>([
  ['cluster:a', 7],
  ['tag:proxbox', 1],
]);

function patchOf(fields: Fields, rule: FieldRule | undefined, rendered: Readonly<Record<string, unknown>>) {
  const rules = rule === undefined ? {} : Object.fromEntries(Object.keys(fields).map((field) => [field, rule]));
  return diffObject(aDesired({ fields, rules }), stored('virtual-machine', { id: 1, ...rendered }), known).patch;
}

const ours = { ours: /^Synced from Proxmox node \S+$/ };
const text = { description: 'Synced from Proxmox node pve2' };

describe('rules of a field', () => {
  it.each<[FieldRule | undefined, string | null, boolean]>([
    [undefined, 'other', true],
    ['always', 'other', true],
    ['always', '', true],
    ['always', 'Synced from Proxmox node pve2', false],
    ['if-unset', 'other', false],
    ['if-unset', '', true],
    ['if-unset', null, true],
    ['create-only', 'other', false],
    ['create-only', '', false],
    ['stamp', 'other', false],
    ['stamp', '', false],
    [ours, 'other', false],
    [ours, '', true],
    [ours, null, true],
    [ours, 'Synced from Proxmox node pve1', true],
    [ours, 'Synced from Proxmox node pve1, do not touch', false],
  ])('%j on the stored text %j: written %j', (rule, stored, written) => {
    expect(patchOf(text, rule, { description: stored })).toEqual(written ? text : {});
  });

  it.each([
    ['active', true],
    ['planned', false],
    ['staged', false],
    ['failed', false],
    ['decommissioning', false],
    ['paused', true],
  ])('leaves a status that only operators set: %s is rewritten %j', (value, written) => {
    const patch = patchOf({ status: 'offline' }, 'unless-operator', { status: { value, label: value } });
    expect(patch).toEqual(written ? { status: 'offline' } : {});
  });

  it('writes a status where NetBox has none', () => {
    expect(patchOf({ status: 'offline' }, 'unless-operator', { status: null })).toEqual({ status: 'offline' });
  });
});

describe('tags', () => {
  it.each(objectKinds.filter((kind) => fieldSpec(kind, 'tags') !== undefined))(
    'that mark what a sync made are not put on a %s that was there, unless pages find it by them',
    (kind) => {
      const desired = {
        ...aDesired(),
        kind,
        fields: { tags: [ref('tag', 'proxbox')] },
        rules: { tags: 'union' },
      } as const;
      const { patch } = diffObject(desired, stored(storedKind(kind), { id: 1, tags: tagsOf(5) }), known);
      const isFoundByIt = ['cluster', 'device', 'virtual-machine'].includes(kind);
      expect(patch).toEqual(isFoundByIt ? { tags: [1, 5] } : {});
    },
  );

  it.each<[FieldRule, readonly number[], readonly number[] | undefined]>([
    ['union', [77], [77, 99]],
    ['union', [], [99]],
    ['union', [99], undefined],
    ['union', [77, 99], undefined],
    ['union-if-unset', [77], undefined],
    ['union-if-unset', [], [99]],
    ['always', [77], [77, 99]],
    ['create-only', [], undefined],
  ])('%s on %j gives %j, and never removes one', (rule, stored, expected) => {
    const patch = patchOf({ tags: [99] }, rule, { tags: tagsOf(...stored) });
    expect(patch).toEqual(expected === undefined ? {} : { tags: expected });
  });

  it('compares known tags by id and keeps references to tags that do not exist yet', () => {
    const fields = { tags: [ref('tag', 'proxbox'), ref('tag', 'new')] };
    expect(patchOf(fields, 'union', { tags: tagsOf(1) })).toEqual({ tags: [1, ref('tag', 'new')] });
    expect(patchOf({ tags: [ref('tag', 'proxbox')] }, 'union', { tags: tagsOf(1, 5) })).toEqual({});
  });

  it('merges ids sorted and unique, references last and once', () => {
    expect(mergeTags([3, ref('tag', 'a'), 1, 3, ref('tag', 'a')])).toEqual([1, 3, ref('tag', 'a')]);
  });
});

describe('references', () => {
  it.each([
    [{ id: 7 }, {}],
    [{ id: 8 }, { cluster: 7 }],
    [null, { cluster: 7 }],
  ])('compares a known reference with the stored relation %j by id', (stored, expected) => {
    expect(patchOf({ cluster: ref('cluster', 'a') }, 'always', { cluster: stored })).toEqual(expected);
  });

  it('writes a reference to an object that does not exist yet, whatever is stored', () => {
    const fields = { cluster: ref('cluster', 'new') };
    expect(patchOf(fields, 'always', { cluster: { id: 7 } })).toEqual(fields);
    expect(patchOf(fields, 'if-unset', { cluster: { id: 7 } })).toEqual({});
    expect(patchOf(fields, 'if-unset', { cluster: null })).toEqual(fields);
  });
});

describe('a relation to objects of several types', () => {
  const types = objectKinds.flatMap((kind) =>
    Object.entries(kindDefinition(kind).fields).flatMap(([field, spec]) =>
      spec === 'content-type' ? [[kind, field, field.replace(/_type$/, '_id')] as const] : [],
    ),
  );
  const place = ['dcim.interface', 7] as const;

  it.each(types)('is written whole, whichever half of %s differs: %s, %s', (kind, type, id) => {
    const whole = { [type]: place[0], [id]: place[1] };
    const patch = (was: readonly [string | null, number | null]) => {
      const current = stored(storedKind(kind), { id: 1, [type]: was[0], [id]: was[1] });
      return diffObject({ ...aDesired(), kind, fields: whole }, current, known);
    };
    expect(patch([place[0], 8])).toEqual({ patch: whole, why: [{ field: id, from: 8, to: 7 }] });
    expect(patch(['virtualization.vminterface', 7]).patch).toEqual(whole);
    expect(patch([null, null]).patch).toEqual(whole);
    expect(patch(place)).toEqual({ patch: {}, why: [] });
  });

  it.each(types)('has two halves in every key of %s', (kind, type, id) => {
    const { natural, unique = [] } = kindDefinition(kind);
    for (const { fields } of [...(natural === null ? [] : [natural]), ...unique])
      expect(fields.includes(type)).toBe(fields.includes(id));
  });
});

describe('what is neither compared nor written', () => {
  it('is a field that NetBox did not render', () => {
    expect(patchOf({ memory: 5, virtual_machine_type: 2 }, 'always', { memory: 4 })).toEqual({ memory: 5 });
  });

  it('is a stored field that nobody desires', () => {
    expect(patchOf({ memory: 4 }, 'always', { memory: 4, tenant: { id: 3 }, comments: 'mine' })).toEqual({});
  });
});

describe('stamps', () => {
  const desired = (status: string) =>
    aDesired({
      kind: 'vm-state',
      fields: { proxmox_status: status, last_run_id: 'R2', proxmox_last_updated: '2026-01-02T00:00:00Z' },
      rules: { last_run_id: 'stamp', proxmox_last_updated: 'stamp' },
    });
  const current = stored('vm-state', {
    id: 1,
    proxmox_status: 'running',
    last_run_id: 'R1',
    proxmox_last_updated: '2026-01-01T00:00:00Z',
  });

  it('cause no write by themselves', () => {
    expect(diffObject(desired('running'), current, known)).toEqual({ patch: {}, why: [] });
  });

  it('go along with another change, which alone is given as the reason', () => {
    expect(diffObject(desired('stopped'), current, known)).toEqual({
      patch: { proxmox_status: 'stopped', last_run_id: 'R2', proxmox_last_updated: '2026-01-02T00:00:00Z' },
      why: [{ field: 'proxmox_status', from: 'running', to: 'stopped' }],
    });
  });

  it('are left out when NetBox does not have the field', () => {
    const older = stored('vm-state', { id: 1, proxmox_status: 'running' });
    expect(diffObject(desired('stopped'), older, known).patch).not.toHaveProperty('last_run_id');
  });
});

describe('custom fields', () => {
  it('are compared key by key, and only differing keys are sent', () => {
    const fields = { custom_fields: { proxmox_vm_id: 100, proxmox_node: 'pve2' } };
    const rendered = { custom_fields: { proxmox_vm_id: 100, proxmox_node: 'pve1', operator: 'x' } };
    expect(patchOf(fields, 'always', rendered)).toEqual({ custom_fields: { proxmox_node: 'pve2' } });
  });

  it('are left alone where NetBox has no such key', () => {
    expect(patchOf({ custom_fields: { proxmox_vm_id: 100 } }, 'always', { custom_fields: {} })).toEqual({});
  });

  it('write null over a value, and nothing over null', () => {
    expect(patchOf({ custom_fields: { a: null } }, 'always', { custom_fields: { a: 5 } })).toEqual({
      custom_fields: { a: null },
    });
    expect(patchOf({ custom_fields: { a: null } }, 'always', { custom_fields: { a: null } })).toEqual({});
  });

  it('stay when they are written at creation only', () => {
    expect(patchOf({ custom_fields: { a: 1 } }, 'create-only', { custom_fields: { a: 2 } })).toEqual({});
  });
});

describe('the reason of a change', () => {
  it('shows stored values as an operator reads them', () => {
    const { why } = diffObject(
      aDesired({
        fields: { cluster: 9, status: 'offline', tags: [2], memory: 5 },
        rules: { tags: 'union' },
      }),
      stored('virtual-machine', {
        id: 1,
        cluster: { id: 7, name: 'x' },
        status: { value: 'active', label: 'A' },
        tags: tagsOf(1),
        memory: null,
      }),
      known,
    );
    expect(why).toEqual([
      { field: 'cluster', from: 7, to: 9 },
      { field: 'status', from: 'active', to: 'offline' },
      { field: 'tags', from: [1], to: [1, 2] },
      { field: 'memory', from: null, to: 5 },
    ]);
  });
});
