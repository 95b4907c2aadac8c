/** Searches that would grow with the square of the estate; processor time, far from what they took and from what they take. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../src/netbox/kinds/index.js';
import { textOf } from '../../../../src/netbox/kinds/values.js';
import { orderByKeys } from '../../../../src/sync/executor/key-order.js';
import { createAdoption } from '../../../../src/sync/plan/adoption.js';
import { Departures } from '../../../../src/sync/plan/departures.js';
import { isVariantOf, resolveNames } from '../../../../src/sync/plan/names.js';
import { aVirtualMachine, stored } from '../../../support/factories/netbox-records.js';
import { cpuMsOf } from '../../../support/measure.js';

const many = 8000;
const numbers = Array.from({ length: many }, (_, n) => n);
const enoughMs = 3000;

describe('very many', () => {
  it('guests of one name get their numbers without trying all that are taken', async () => {
    const requests = numbers.map((n) => ({ key: `${n}`, cluster: 'lab', vmid: n, candidate: 'web' }));
    let last = '';

    const used = await cpuMsOf(() => {
      last = resolveNames(requests, ['web']).get(`${many - 1}`)?.name ?? '';
    });

    expect(last).toBe(`web (${many + 1})`);
    expect(used).toBeLessThan(enoughMs);
  });

  it('machines without a sidecar find their guests', async () => {
    const adoption = createAdoption(
      numbers.map((n) => aVirtualMachine(n + 1, { name: `web-${n}`, cluster: { id: 1 } })),
    );
    let found: readonly (number | undefined)[] = [];

    const used = await cpuMsOf(() => {
      found = numbers.toReversed().map((n) => adoption.take({ vmid: n, type: 'qemu' }, `web-${n}`, 1)?.id);
    });

    expect(found).toEqual(numbers.toReversed().map((n) => n + 1));
    expect(used).toBeLessThan(enoughMs);
  });

  it('addresses find the rows of the plugin that name them', async () => {
    const rows = Array.from({ length: 5 * many }, (_, n) => ({ id: n + 100 }));
    const links = rows.map(({ id }, n) => stored('guest-vm-interface-address', { id: n + 1, ip_address: id }));
    const departures = new Departures(links);
    let found: readonly (number | undefined)[] = [];

    const used = await cpuMsOf(() => {
      found = rows.map((row) => departures.linksOf(row)[0]?.id);
    });

    expect(found).toEqual(rows.map((_, n) => n + 1));
    expect(used).toBeLessThan(enoughMs / 3);
  });

  it('names that change are ordered', async () => {
    const updates = numbers.map((n) => ({
      item: { id: n + 1, body: { name: `new-${n}` } },
      current: aVirtualMachine(n + 1, { name: `old-${n}`, cluster: { id: 1 } }),
    }));
    let passes = 0;

    const used = await cpuMsOf(() => {
      passes = orderByKeys('virtual-machine', updates).length;
    });

    expect(passes).toBe(1);
    expect(used).toBeLessThan(enoughMs);
  });
});

describe('a machine without a sidecar', () => {
  const record = fc.record({
    name: fc.constantFrom('web', 'WEB', 'web (2)', 'db', 'db (2)'),
    cluster: fc.constantFrom(1, 2),
    claim: fc.constantFrom(null, { vmid: 100, type: '' }, { vmid: 100, type: 'lxc' }, { vmid: 101, type: 'qemu' }),
  });
  const guest = fc.record({
    vmid: fc.constantFrom(100, 101),
    type: fc.constantFrom('qemu' as const, 'lxc' as const),
    name: fc.constantFrom('web', 'db'),
  });
  const claimOf = ({ custom_fields: fields }: RecordOf<'virtual-machine'>) => ({
    vmid: fields['proxmox_vm_id'] ?? null,
    type: textOf(fields['proxmox_vm_type']),
  });

  it('goes to the guest whose number it has, else whose name, else whose name with a suffix', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), fc.array(guest, { maxLength: 6 }), (records, guests) => {
        const machines = records.map(({ name, cluster, claim }, n) =>
          aVirtualMachine(n + 1, {
            name,
            cluster: { id: cluster },
            custom_fields: claim === null ? {} : { proxmox_vm_id: claim.vmid, proxmox_vm_type: claim.type },
          }),
        );
        const adoption = createAdoption(machines);
        let left = machines;
        for (const { vmid, type, name } of guests) {
          const here = left.filter((one) => one.cluster === 1);
          const unclaimed = here.filter((one) => claimOf(one).vmid === null);
          const expected =
            here.find((one) => claimOf(one).vmid === vmid && ['', type].includes(claimOf(one).type)) ??
            unclaimed.find((one) => one.name.toLowerCase() === name) ??
            unclaimed.find((one) => isVariantOf(one.name, name));
          left = left.filter((one) => one !== expected);
          expect(adoption.take({ vmid, type }, name, 1)?.id).toBe(expected?.id);
        }
      }),
    );
  });
});
