/** A row of the list of guests is a description or it is not: what stands between is taken for none. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseGuestResources } from '../../../../src/proxmox/parse/guest-resources.js';

type Row = Readonly<Record<string, unknown>>;

/** Every kind of row of `cluster/resources` that real servers gave to accounts of several privileges. */
const recorded: Record<string, readonly Row[]> = JSON.parse(
  readFileSync(new URL('./recorded-resources.json', import.meta.url), 'utf8'),
);

const isGuest = ({ type }: Row): boolean => type === 'qemu' || type === 'lxc';
const seat = { id: 'qemu/100', type: 'qemu', vmid: 100, node: 'pve1' };

describe('listed is not described:', () => {
  it.each(['8.4', '9.2'])('every recorded row of %s is either, by whether it has figures', (release) => {
    const rows = (recorded[release] ?? []).filter(isGuest);

    const told = rows.map((row) =>
      parseGuestResources([row], () => expect.unreachable()).map((one) => one.isDescribed),
    );

    expect(rows.length).toBeGreaterThan(10);
    expect(told).toEqual(rows.map((row) => ['name' in row && 'maxmem' in row && 'template' in row]));
    expect(new Set(told.flat())).toEqual(new Set([true, false]));
  });

  it.each<[string, Row]>([
    ['nothing but its place', { status: 'unknown' }],
    [
      'pool, tags, lock and HA state',
      { status: 'unknown', pool: 'web', tags: 'a;b', lock: 'backup', hastate: 'started' },
    ],
    ['no status either', {}],
    ['a name from somewhere, but no figures', { status: 'unknown', name: 'web' }],
    ['a state, but no figures', { status: 'running', name: 'web' }],
    ['figures of a state that nobody knows', { status: 'unknown', name: 'web', maxmem: 1024 }],
  ])('a row with %s has no name, state, size and class to be taken from it', (_text, more) => {
    const row = { ...seat, ...more };

    expect(parseGuestResources([row])).toEqual([{ ...seat, isDescribed: false, raw: row }]);
  });

  it('a guest without a name of its own is described by its figures', () => {
    expect(parseGuestResources([{ ...seat, status: 'stopped', maxmem: '1024' }])).toEqual([
      expect.objectContaining({ isDescribed: true, name: '', status: 'stopped', maxmem: 1024 }),
    ]);
  });
});
