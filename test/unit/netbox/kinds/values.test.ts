import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  choiceValue,
  equalValues,
  hasTag,
  hasTagNamed,
  isSet,
  relationId,
  tagIds,
  textOf,
  toNumber,
  unwrap,
} from '../../../../src/netbox/kinds/values.js';
import type { FieldType } from '../../../../src/netbox/kinds/fields.js';

type Case = readonly [type: FieldType, current: unknown, desired: unknown];

const equal: readonly Case[] = [
  ['text', 'web01', 'web01'],
  ['text', ' web01 ', 'web01'],
  ['text', null, ''],
  ['text', undefined, null],
  ['text', 8006, '8006'],
  ['number', 2048, '2048'],
  ['number', '2048.0', 2048],
  ['number', null, ''],
  ['decimal', '2.00', 2],
  ['decimal', 1.5, '1.50'],
  ['decimal', 1.501, 1.5],
  ['boolean', true, true],
  ['boolean', null, undefined],
  ['relation', { id: 7, name: 'x' }, 7],
  ['relation', '7', { id: 7 }],
  ['relation', null, undefined],
  ['relation', 0, null],
  ['choice', { value: 'active', label: 'Active' }, 'active'],
  ['choice', 'active', 'active'],
  ['choice', '', null],
  ['tags', [{ id: 2 }, { id: 1 }], [1, 2]],
  ['tags', [1, 1, 2], [2, 1]],
  ['tags', null, []],
  ['time', '2026-01-01T12:00:00+00:00', '2026-01-01T12:00:00Z'],
  ['time', '2026-01-01T13:00:00+01:00', '2026-01-01T12:00:00.000Z'],
  ['time', null, 'no time'],
  ['json', { a: 1, b: { d: 1, c: 2 } }, { b: { c: 2, d: 1 }, a: 1 }],
  ['json', null, undefined],
  ['content-type', 'dcim.site', { app_label: 'dcim', model: 'site' }],
  ['custom-fields', { a: 1, operator: 'x' }, { a: 1 }],
  ['custom-fields', null, {}],
  ['custom-fields', {}, { a: null }],
];

const different: readonly Case[] = [
  ['text', 'web01', 'Web01'],
  ['text', null, 'x'],
  ['number', 2048, 1024],
  ['number', null, 0],
  ['decimal', 1.5, 1.51],
  ['boolean', false, true],
  ['boolean', null, false],
  ['relation', { id: 7 }, 8],
  ['relation', null, 1],
  ['choice', { value: 'active', label: 'Active' }, 'offline'],
  ['tags', [{ id: 1 }], [1, 2]],
  ['time', '2026-01-01T12:00:00Z', '2026-01-01T12:00:01Z'],
  ['json', { a: 1 }, { a: '1' }],
  ['json', [1, 2], [2, 1]],
  ['content-type', 'dcim.site', 'dcim.region'],
  ['custom-fields', { a: 1 }, { a: 2 }],
];

describe('equality of stored and desired values', () => {
  it.each(equal)('takes %s %j and %j for the same', (type, current, desired) => {
    expect(equalValues(type, current, desired)).toBe(true);
  });

  it.each(different)('tells %s %j from %j', (type, current, desired) => {
    expect(equalValues(type, current, desired)).toBe(false);
  });
});

type Unwrapped = readonly [rendered: unknown, stored: unknown];

/** By type: what NetBox renders, and what a record holds of it. The last case of each is an absent value. */
const unwrapped: Readonly<Record<FieldType, readonly Unwrapped[]>> = {
  text: [
    ['web01', 'web01'],
    [' web01 ', ' web01 '],
    [8006, '8006'],
    [{ name: 'web01' }, ''],
    [null, ''],
  ],
  relations: [
    [
      [{ id: 7, name: 'a' }, { id: 3 }],
      [3, 7],
    ],
    [[7, 7], [7]],
    [null, []],
  ],
  number: [
    [2048, 2048],
    [0, 0],
    ['2048', 2048],
    ['much', null],
    ['', null],
    [null, null],
  ],
  decimal: [
    [2, 2],
    ['1.50', 1.5],
    [null, null],
  ],
  boolean: [
    [true, true],
    [false, false],
    ['true', null],
    [null, null],
  ],
  relation: [
    [{ id: 7, name: 'lab' }, 7],
    [7, 7],
    ['7', 7],
    [{ name: 'lab' }, null],
    [0, null],
    [null, null],
  ],
  choice: [
    [{ value: 'active', label: 'Active' }, 'active'],
    ['active', 'active'],
    [{ value: '', label: '' }, null],
    ['', null],
    [null, null],
  ],
  tags: [
    [
      [
        { id: 2, name: 'B', slug: 'b' },
        { id: 1, name: 'A', slug: 'a' },
      ],
      [
        { id: 2, slug: 'b' },
        { id: 1, slug: 'a' },
      ],
    ],
    [[3], [{ id: 3, slug: '' }]],
    [[{ slug: 'no-id' }], []],
    [[], []],
    [null, []],
  ],
  time: [
    ['2026-01-01T12:00:00+00:00', '2026-01-01T12:00:00+00:00'],
    [1_767_268_800, null],
    [null, null],
  ],
  json: [
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }],
    [
      [1, 2],
      [1, 2],
    ],
    ['text', 'text'],
    [null, null],
  ],
  'content-type': [
    ['dcim.site', 'dcim.site'],
    [{ app_label: 'dcim', model: 'site' }, 'dcim.site'],
    ['', null],
    [null, null],
  ],
  'assigned-object': [
    [
      { id: 5, name: 'eth0', display: 'eth0', virtual_machine: { id: 3, name: 'web', url: 'http://netbox' } },
      { id: 5, name: 'eth0', virtual_machine: { id: 3, name: 'web' } },
    ],
    [
      { id: 5, name: 'eno1', device: { id: 2, display: 'pve1' } },
      { id: 5, name: 'eno1', device: { id: 2, name: 'pve1' } },
    ],
    [
      { id: 5, display: 'VRRPv3: 7' },
      { id: 5, name: 'VRRPv3: 7' },
    ],
    [{ id: 5 }, { id: 5, name: '' }],
    [null, null],
  ],
  'custom-fields': [
    [
      { proxmox_vm_id: 100, owner: null },
      { proxmox_vm_id: 100, owner: null },
    ],
    [['no object'], {}],
    [null, {}],
  ],
  mac: [
    ['BC:24:11:00:00:01', 'BC:24:11:00:00:01'],
    ['bc-24-11-00-00-01', 'BC:24:11:00:00:01'],
    [null, ''],
  ],
  address: [
    ['10.0.0.5/24', '10.0.0.5/24'],
    ['2001:0DB8:0:0::5/64', '2001:db8::5/64'],
    [null, ''],
  ],
};

const types = Object.keys(unwrapped) as FieldType[];

describe('what a record holds of a field', () => {
  it.each(types.flatMap((type) => unwrapped[type].map((one) => [type, ...one] as const)))(
    'that is %s and rendered as %j: %j',
    (type, rendered, stored) => {
      expect(unwrap(type, rendered)).toEqual(stored);
    },
  );

  it.each(types)('that is %s and was not rendered is what an empty one holds', (type) => {
    expect(unwrap(type, undefined)).toEqual(unwrap(type, null));
  });

  it.each(types.flatMap((type) => unwrapped[type].map(([rendered]) => [type, rendered] as const)))(
    'that is %s is the same as its rendering %j, so that nothing is written for how it is kept',
    (type, rendered) => {
      expect(equalValues(type, unwrap(type, rendered), rendered)).toBe(true);
    },
  );
});

describe('tags of a record', () => {
  const record = { tags: [{ id: 5, slug: 'proxbox' }] };

  it('are recognised by id, and no record has a tag that is not known', () => {
    expect([hasTag(record, 5), hasTag(record, 6), hasTag(record, undefined)]).toEqual([true, false, false]);
  });

  it('are recognised by their slug', () => {
    expect([hasTagNamed(record, 'proxbox'), hasTagNamed(record, 'Proxbox')]).toEqual([true, false]);
  });
});

describe('whether somebody has set a value', () => {
  it.each<[FieldType, unknown, boolean]>([
    ['text', 'x', true],
    ['text', '  ', false],
    ['text', null, false],
    ['number', 0, true],
    ['number', null, false],
    ['relation', { id: 1 }, true],
    ['relation', null, false],
    ['choice', { value: 'active', label: 'Active' }, true],
    ['choice', null, false],
    ['tags', [{ id: 1 }], true],
    ['tags', [], false],
    ['content-type', 'dcim.site', true],
    ['content-type', null, false],
    ['boolean', false, true],
  ])('%s %j: %j', (type, value, expected) => {
    expect(isSet(type, value)).toBe(expected);
  });
});

describe('reading parts of records', () => {
  it.each([
    [{ id: 3 }, 3],
    [{ id: '3' }, 3],
    ['x', null],
    [-1, null],
    [{}, null],
    [null, null],
  ])('takes the id of the relation %j', (value, expected) => expect(relationId(value)).toBe(expected));

  it.each([
    [
      [{ id: 2 }, 1, { name: 'no id' }, null],
      [1, 2],
    ],
    ['text', []],
  ])('takes the tag ids of %j', (value, expected) => expect(tagIds(value)).toEqual(expected));

  it.each([
    ['4', 4],
    [' ', null],
    ['x', null],
    [Number.NaN, null],
    ['Infinity', null],
    [true, null],
  ])('takes the number of %j', (value, expected) => expect(toNumber(value)).toBe(expected));

  it('takes text of scalars only', () => {
    expect([textOf('a'), textOf(1), textOf(true), textOf(null), textOf({})]).toEqual(['a', '1', 'true', '', '']);
  });

  it('unwraps choices however deep they are rendered', () => {
    expect([choiceValue({ value: { value: 'a' } }), choiceValue(5), choiceValue({})]).toEqual(['a', null, null]);
  });

  it('writes JSON with sorted keys at every depth and keeps the order of lists', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: undefined })).toBe('{"b":[{"c":null,"d":1}]}');
  });
});
