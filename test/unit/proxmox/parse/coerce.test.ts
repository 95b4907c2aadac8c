import { describe, expect, it } from 'vitest';
import {
  epochToIso,
  field,
  rowsOf,
  toBool,
  toInt,
  toNumber,
  toPlainText,
  toText,
} from '../../../../src/proxmox/parse/coerce.js';
import { parsePropertyString } from '../../../../src/proxmox/parse/property-string.js';
import { propertyText } from '../../../../src/proxmox/parse/sets.js';

describe('coercions of Proxmox values', () => {
  it.each([
    [1, true],
    [0, false],
    [2.5, true],
    [Number.NaN, null],
    ['1', true],
    [' Yes ', true],
    ['ON', true],
    ['enabled', true],
    ['0', false],
    ['no', false],
    ['Disabled', false],
    [true, true],
    [false, false],
    ['maybe', null],
    ['', null],
    [null, null],
    [undefined, null],
    [{}, null],
  ])('reads %j as flag %j', (value, expected) => expect(toBool(value)).toBe(expected));

  it.each([
    ['4096', 4096],
    [' 12 ', 12],
    ['-3', -3],
    [12.9, 12],
    [-0.5, 0],
    [true, 1],
    ['12.5', null],
    ['12 GB', null],
    ['', null],
    ['9'.repeat(40), null],
    [Number.POSITIVE_INFINITY, null],
    [null, null],
    [[1], null],
  ])('reads %j as whole number %j', (value, expected) => expect(toInt(value)).toBe(expected));

  it.each([
    ['12.5', 12.5],
    [' .5 ', 0.5],
    ['1e3', 1000],
    [7, 7],
    ['1e999', null],
    ['x', null],
    [undefined, null],
  ])('reads %j as number %j', (value, expected) => expect(toNumber(value)).toBe(expected));

  it('takes scalars as text and nothing else', () => {
    expect([' a ', 5, true, '  ', null, {}].map(toText)).toEqual(['a', '5', 'true', null, null, null]);
    expect([' a ', 5, null, []].map(toPlainText)).toEqual([' a ', '5', '', '']);
  });

  it.each([
    [1_602_956_604, '2020-10-17T17:43:24Z'],
    ['1602956604', '2020-10-17T17:43:24Z'],
    [0, null],
    [-5, null],
    [1e15, null],
    ['soon', null],
  ])('writes the time %j as %j', (value, expected) => expect(epochToIso(value)).toBe(expected));

  it('keeps only objects of a list', () => {
    expect(rowsOf([{ a: 1 }, null, 'x', [1], { b: 2 }])).toEqual([{ a: 1 }, { b: 2 }]);
    expect(rowsOf({ a: 1 })).toEqual([]);
  });

  it('takes the first key that has a value and never inherited ones', () => {
    expect(field({ 'vlan-id': null, vlan_id: 5 }, 'vlan-id', 'vlan_id')).toBe(5);
    expect(field({}, 'constructor')).toBeUndefined();
  });
});

describe('property strings', () => {
  it.each([
    ['a=1,b=x=y', 'd', { a: '1', b: 'x=y' }],
    ['local:vol,size=4G', 'file', { file: 'local:vol', size: '4G' }],
    ['1,fstrim_cloned_disks=1', 'enabled', { enabled: '1', fstrim_cloned_disks: '1' }],
    [' a = 1 ,, =x', 'd', { a: '1' }],
    ['a=1,a=2', 'd', { a: '1' }],
    ['', 'd', {}],
  ])('splits %j', (text, key, expected) =>
    expect(Object.fromEntries(parsePropertyString(text, key))).toEqual(expected),
  );

  it.each([
    [{ 'keep-last': 3, 'keep-daily': '7' }, 'keep-daily=7,keep-last=3'],
    ['keep-last=3', 'keep-last=3'],
    [{}, null],
    [{ nested: {} }, null],
    [null, null],
  ])('writes %j as text', (value, expected) => expect(propertyText(value)).toBe(expected));
});
