/** Notes about addresses that a sync has taken: for which interface they count. */
import { describe, expect, it } from 'vitest';
import {
  claimsIn,
  givenBackNote,
  isNotedFor,
  isTakenThere,
  takenNote,
} from '../../../../src/sync/plan/address-notes.js';
import { stored } from '../../../support/factories/netbox-records.js';

const source = { endpointId: 1, cluster: 'lab' };
const port = { type: 'virtualization.vminterface', id: 7 } as const;
const on = (type: string | null, id: number | null) =>
  stored('ip-address', { id: 5, address: '192.0.2.5/24', assigned_object_type: type, assigned_object_id: id });
const free = on(null, null);
const taken = String(takenNote('a', free, { label: '"net0" of "web (2)"', port, source }).fields.comments);
const device = { type: 'dcim.device', id: 3 } as const;
const ofNode = String(takenNote('a', free, { label: '"vmbr0" of "pve1"', port: device, source }).fields.comments);
const onDevice = (id: number) =>
  stored('ip-address', {
    id: 5,
    assigned_object_type: 'dcim.interface',
    assigned_object_id: 9,
    assigned_object: { id: 9, name: 'vmbr0', device: { id, name: 'pve1' } },
  });
const givenBack = String(givenBackNote('a', '"net0" of "web"', source).fields.comments);
const earlier = 'Proxbox assigned this address to "net0" of "web", which has it in Proxmox.';
const claims = (...texts: readonly string[]) =>
  claimsIn(texts.map((comments, index) => stored('journal-entry', { id: index + 1, assigned_object_id: 5, comments })));

describe('a note of a taken address', () => {
  it.each([
    ['on its interface', [taken], on(port.type, 7), true],
    ['on another interface', [taken], on(port.type, 8), false],
    ['on an interface of a node with the same id', [taken], on('dcim.interface', 7), false],
    ['on its device', [ofNode], onDevice(3), true],
    ['on another device', [ofNode], onDevice(4), false],
    ['on an interface of a guest with the id of its device', [ofNode], on(port.type, 3), false],
    ['on no interface', [taken], free, false],
    ['that was given back since', [taken, givenBack], on(port.type, 7), false],
    ['that was taken again', [taken, givenBack, taken], on(port.type, 7), true],
    ['of an earlier version, on any interface', [earlier], on(port.type, 8), true],
    ['about which an operator wrote last', [taken, 'ticket 4711'], on(port.type, 7), true],
  ] as const)('tells of one %s: %#', (_what, texts, row, isTaken) => {
    expect(isTakenThere(row, claims(...texts))).toBe(isTaken);
  });

  it.each([
    ['its interface', [taken], free, true],
    ['its interface, from another one', [taken], on(port.type, 8), true],
    ['no interface when it was given back', [taken, givenBack], free, false],
    ['any interface when an earlier version wrote it and the row is free', [earlier], free, true],
    ['no interface when an earlier version wrote it and the row is on one', [earlier], on(port.type, 8), false],
  ] as const)('is enough for %s', (_what, texts, row, isNoted) => {
    expect(isNotedFor(row, port, claims(...texts))).toBe(isNoted);
  });

  it('is not enough for another interface', () => {
    expect(isNotedFor(free, { ...port, id: 8 }, claims(taken))).toBe(false);
  });
});
