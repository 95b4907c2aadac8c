import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../../src/netbox/kinds/index.js';
import { matchNics } from '../../../../../src/sync/plan/guest-nics.js';
import { matchStored } from '../../../../../src/sync/plan/match-nics.js';
import { stored, tagsOf } from '../../../../support/factories/netbox-records.js';

const proxboxTag = 1;
const config = { net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0', net1: 'virtio=BC:24:11:00:00:02,bridge=vmbr0' };
const inside = (name: string, mac: string) => ({ name, mac, addresses: [] });
const anInterface = (id: number, name: string, mac: string | null, tags: readonly object[]) =>
  stored('vm-interface', { id, name, mac_address: mac, tags });
const ours = (id: number, name: string, mac: string | null = null) =>
  anInterface(id, name, mac, tagsOf([proxboxTag, 'proxbox']));
const foreign = (id: number, name: string, mac: string | null = null) => anInterface(id, name, mac, []);

function matched(rows: readonly RecordOf<'vm-interface'>[], told?: ReturnType<typeof inside>[]): unknown {
  const legacy = told !== undefined;
  const { nics } = matchNics({ config, type: 'qemu' }, told ?? [], {
    strategy: legacy ? 'legacy_rename' : 'guest_os_model',
    useGuestAgentInterfaceName: true,
  });
  return matchStored(nics, rows, { proxboxTag, namesFromGuest: legacy }).map(({ current, name }) => [
    current?.id ?? null,
    name,
  ]);
}

const told = [inside('ens18', 'bc:24:11:00:00:01'), inside('ens19', 'bc:24:11:00:00:02')];

describe('which interface a network device is', () => {
  it.each<[string, readonly RecordOf<'vm-interface'>[], unknown]>([
    [
      'none',
      [],
      [
        [null, 'net0'],
        [null, 'net1'],
      ],
    ],
    [
      'by name',
      [ours(5, 'net1'), ours(4, 'net0')],
      [
        [4, 'net0'],
        [5, 'net1'],
      ],
    ],
    [
      'by name, made by an operator',
      [foreign(4, 'net0')],
      [
        [4, 'net0'],
        [null, 'net1'],
      ],
    ],
    [
      'by MAC address',
      [ours(4, 'ens18', 'BC:24:11:00:00:01')],
      [
        [4, 'net0'],
        [null, 'net1'],
      ],
    ],
    [
      'not by the MAC address of an operator',
      [foreign(4, 'lan', 'BC:24:11:00:00:01')],
      [
        [null, 'net0'],
        [null, 'net1'],
      ],
    ],
    [
      'by name before MAC address',
      [ours(4, 'net1', 'BC:24:11:00:00:01'), ours(5, 'net0', 'BC:24:11:00:00:02')],
      [
        [5, 'net0'],
        [4, 'net1'],
      ],
    ],
    [
      'and keeps its name where an operator has the wanted one',
      [ours(4, 'lan', 'BC:24:11:00:00:01'), foreign(5, 'net0')],
      [
        [4, 'lan'],
        [null, 'net1'],
      ],
    ],
  ])('%s', (_case, rows, expected) => {
    expect(matched(rows)).toEqual(expected);
  });

  it.each<[string, readonly RecordOf<'vm-interface'>[], ReturnType<typeof inside>[], unknown]>([
    [
      'renamed from Proxmox names',
      [ours(4, 'net0'), ours(5, 'net1')],
      told,
      [
        [4, 'ens18'],
        [5, 'ens19'],
      ],
    ],
    [
      'found by the name of the guest',
      [ours(4, 'ens18'), ours(5, 'ens19')],
      told,
      [
        [4, 'ens18'],
        [5, 'ens19'],
      ],
    ],
    [
      'an operator has the name',
      [ours(4, 'net0'), foreign(6, 'ens18')],
      told.slice(0, 1),
      [
        [4, 'net0'],
        [null, 'net1'],
      ],
    ],
    [
      'the guest says nothing',
      [ours(4, 'ens18', 'BC:24:11:00:00:01'), ours(5, 'net1', 'BC:24:11:00:00:02')],
      [],
      [
        [4, 'ens18'],
        [5, 'net1'],
      ],
    ],
    [
      'the guest swapped its names',
      [ours(4, 'ens18', 'BC:24:11:00:00:01'), ours(5, 'ens19', 'BC:24:11:00:00:02')],
      [inside('ens19', 'bc:24:11:00:00:01'), inside('ens18', 'bc:24:11:00:00:02')],
      [
        [5, 'ens19'],
        [4, 'ens18'],
      ],
    ],
  ])('called what the guest calls it: %s', (_case, rows, names, expected) => {
    expect(matched(rows, names)).toEqual(expected);
  });
});
