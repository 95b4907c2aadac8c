import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../src/netbox/kinds/index.js';
import {
  AddressOwnership,
  hostOf,
  type AddressHolder,
  type Ownership,
} from '../../../../src/sync/plan/address-ownership.js';
import { stored } from '../../../support/factories/netbox-records.js';

const bridge: AddressHolder = { type: 'dcim.interface', id: 7, label: '"vmbr0" of "pve1"' };
const nic: AddressHolder = { type: 'virtualization.vminterface', id: 7, label: '"net0" of "web"' };
const newNic: AddressHolder = { ...nic, id: undefined, label: '"net1" of "web"' };

function row(id: number, address: string, fields: Readonly<Record<string, unknown>> = {}): RecordOf<'ip-address'> {
  const free = { assigned_object_type: null, assigned_object_id: null, assigned_object: null };
  return stored('ip-address', { id, address, ...free, ...fields });
}

const ofBridge = { assigned_object_type: 'dcim.interface', assigned_object_id: 7 };
const ofStranger = {
  assigned_object_type: 'virtualization.vminterface',
  assigned_object_id: 99,
  assigned_object: { id: 99, name: 'eth0', virtual_machine: { id: 3, name: 'mail' } },
};

/** `reuse 4`, `adopt 4`, `create`, `create or skip`, `conflict`. */
function told(ownership: Ownership): string {
  if ('record' in ownership) return `${ownership.action} ${ownership.record.id}`;
  return ownership.action === 'create' && ownership.ifDuplicate !== undefined ? 'create or skip' : ownership.action;
}

function decide(
  rows: readonly RecordOf<'ip-address'>[],
  holder: AddressHolder = bridge,
  address = '10.0.0.5/24',
): string {
  return told(new AddressOwnership(rows).decide(address, holder));
}

describe('the row that an address of an interface is', () => {
  it.each<[string, readonly RecordOf<'ip-address'>[], string]>([
    ['nothing is stored', [], 'create'],
    ['another host is stored', [row(1, '10.0.0.55/24')], 'create'],
    ['it is assigned to this interface', [row(1, '10.0.0.5/24', ofBridge)], 'reuse 1'],
    ['it is assigned to this interface with another mask', [row(1, '10.0.0.5/25', ofBridge)], 'reuse 1'],
    ['this interface has it twice', [row(1, '10.0.0.5/32', ofBridge), row(2, '10.0.0.5/24', ofBridge)], 'reuse 2'],
    ['it is assigned to nothing', [row(1, '10.0.0.5/24')], 'adopt 1'],
    ['it is assigned to nothing with another mask', [row(1, '10.0.0.5/32')], 'adopt 1'],
    ['own comes before free', [row(1, '10.0.0.5/24'), row(2, '10.0.0.5/24', ofBridge)], 'reuse 2'],
    ['free comes before foreign', [row(1, '10.0.0.5/24', ofStranger), row(2, '10.0.0.5/24')], 'adopt 2'],
    ['the exact mask comes first', [row(1, '10.0.0.5/32'), row(2, '10.0.0.5/24')], 'adopt 2'],
    ['the global table comes first', [row(1, '10.0.0.5/24', { vrf: { id: 4 } }), row(2, '10.0.0.5/24')], 'adopt 2'],
    ['only a VRF has it', [row(1, '10.0.0.5/24', { vrf: { id: 4 } })], 'adopt 1'],
    ['two free ones are equally good', [row(1, '10.0.0.5/24'), row(2, '10.0.0.5/24')], 'create or skip'],
    ['it is assigned to another object', [row(1, '10.0.0.5/24', ofStranger)], 'create or skip'],
    ['it is a shared address', [row(1, '10.0.0.5/24', { role: { value: 'vrrp', label: 'VRRP' } })], 'create or skip'],
  ])('when %s', (_case, rows, expected) => {
    expect(decide(rows)).toBe(expected);
  });

  it('is found in every spelling of an IPv6 address', () => {
    expect(decide([row(1, '2001:db8::5/64')], bridge, '2001:0DB8:0:0:0:0:0:5/64')).toBe('adopt 1');
    expect(hostOf('2001:0DB8::0005/64')).toBe('2001:db8::5');
  });

  it('is not that of an interface of another type with the same id', () => {
    expect(decide([row(1, '10.0.0.5/24', ofBridge)], nic)).toBe('create or skip');
  });

  it('is never own to an interface that does not exist yet', () => {
    expect(decide([row(1, '10.0.0.5/24', ofStranger)], newNic)).toBe('create or skip');
    expect(decide([row(1, '10.0.0.5/24')], newNic)).toBe('adopt 1');
  });
});

describe('two interfaces with one address in one run', () => {
  it('do not both take a free row, nor create two', () => {
    const free = new AddressOwnership([row(1, '10.0.0.5/24')]);
    expect([bridge, nic].map((holder) => told(free.decide('10.0.0.5/24', holder)))).toEqual(['adopt 1', 'conflict']);
    const none = new AddressOwnership([]);
    expect([bridge, nic].map((holder) => told(none.decide('10.0.0.5/24', holder)))).toEqual(['create', 'conflict']);
  });

  it('are written one after the other, where the first is in the plan', () => {
    const ownership = new AddressOwnership([]);
    ownership.decide('10.0.0.5/24', { ...bridge, planned: 'ip-address:first' });
    const second = ownership.decide('10.0.0.5/24', nic);
    expect(second).toMatchObject({ action: 'create', after: 'ip-address:first', ifDuplicate: { code: 'ip_conflict' } });
    if (second.action !== 'create') throw new Error('not created');
    const refused = new Set([second.ifDuplicate!.message]);

    const again = new AddressOwnership([row(1, '10.0.0.5/24', ofBridge)], { refused });
    expect([bridge, nic].map((holder) => told(again.decide('10.0.0.5/24', holder)))).toEqual(['reuse 1', 'conflict']);
  });

  it('name each other', () => {
    const ownership = new AddressOwnership([]);
    ownership.decide('10.0.0.5/24', bridge);
    const second = ownership.decide('10.0.0.5/16', nic);
    expect(second).toMatchObject({
      reason: {
        code: 'ip_conflict',
        message: expect.stringContaining('"vmbr0" of "pve1" has the same address') as string,
      },
    });
  });

  it('keep what each has, and the one with a row does not take it from the other', () => {
    const ownership = new AddressOwnership([row(1, '10.0.0.5/24', ofBridge)]);
    expect(told(ownership.decide('10.0.0.5/24', nic))).toBe('create or skip');
    expect(told(ownership.decide('10.0.0.5/24', bridge))).toBe('reuse 1');
  });
});

describe('an address with a role that several share', () => {
  const vip = { role: { value: 'vip', label: 'VIP' }, ...ofStranger };

  it('is not doubled while the one that has it keeps it, and moves when that one lets it go', () => {
    expect(told(new AddressOwnership([row(1, '10.0.0.5/24', vip)]).decide('10.0.0.5/24', nic))).toBe('conflict');
    const facts = { letGo: new Set([1]) };
    expect(told(new AddressOwnership([row(1, '10.0.0.5/24', vip)], facts).decide('10.0.0.5/32', nic))).toBe('move 1');
  });

  it('leaves a row of the same address that is free to the next', () => {
    const rows = [row(1, '10.0.0.5/24', vip), row(2, '10.0.0.5/24')];
    expect(told(new AddressOwnership(rows).decide('10.0.0.5/24', nic))).toBe('adopt 2');
  });
});

describe('the owner of a foreign address', () => {
  function message(fields: Readonly<Record<string, unknown>>): string {
    const decided = new AddressOwnership([row(4, '10.0.0.5/32', fields)]).decide('10.0.0.5/24', bridge);
    return decided.action === 'create' ? (decided.ifDuplicate?.message ?? '') : '';
  }

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['10.0.0.5/32 (id 4), assigned to "eth0" of "mail"', ofStranger],
    ['assigned to virtualization.vminterface 99', { ...ofStranger, assigned_object: null }],
    ['assigned to "vrrp 1"', { ...ofStranger, assigned_object: { id: 99, display: 'vrrp 1' } }],
    ['shared as vip', { role: { value: 'vip' } }],
  ])('is told: %s', (text, fields) => {
    expect(message(fields)).toContain(text);
  });
});

describe('an address that NetBox refused lately', () => {
  const sentence = (rows: readonly RecordOf<'ip-address'>[]): string => {
    const decided = new AddressOwnership(rows).decide('10.0.0.5/24', bridge);
    return decided.action === 'create' ? (decided.ifDuplicate?.message ?? '') : '';
  };
  const taken = [row(1, '10.0.0.5/24', ofStranger)];

  it('is not tried again while the same object has it', () => {
    const decided = new AddressOwnership(taken, { refused: new Set([sentence(taken)]) }).decide('10.0.0.5/24', bridge);
    expect(decided).toMatchObject({ action: 'conflict', reason: { code: 'ip_conflict', message: sentence(taken) } });
  });

  it('is tried again when another object has it, or none', () => {
    const refused = new Set([sentence(taken)]);
    const other = [row(1, '10.0.0.5/24', { ...ofStranger, assigned_object: null })];
    expect(told(new AddressOwnership(other, { refused }).decide('10.0.0.5/24', bridge))).toBe('create or skip');
    expect(told(new AddressOwnership([], { refused }).decide('10.0.0.5/24', bridge))).toBe('create');
  });
});
