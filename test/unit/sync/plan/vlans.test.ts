/** Which VLAN a number means: near before far, the tenant only among equals. */
import { describe, expect, it } from 'vitest';
import { chooseVlan } from '../../../../src/sync/plan/vlans.js';
import { stored } from '../../../support/factories/netbox-records.js';

const place = { vid: 120, site: 4, tenant: 5 };

function vlan(id: number, fields: { site?: number; tenant?: number; group?: number; vid?: number } = {}) {
  const { site, tenant, group, vid = 120 } = fields;
  const relation = (to: number | undefined) => (to === undefined ? null : { id: to });
  return stored('vlan', { id, vid, site: relation(site), tenant: relation(tenant), group: relation(group) });
}

describe('the VLAN of a number', () => {
  it.each<[string, readonly ReturnType<typeof vlan>[], number | undefined]>([
    ['none with another number', [vlan(1, { site: 4, vid: 121 })], undefined],
    ['none of another site', [vlan(1, { site: 9 })], undefined],
    ['the one of the site, before a global one', [vlan(1), vlan(2, { site: 4 })], 2],
    ['the one of the site, whoever is its tenant', [vlan(1), vlan(2, { site: 4, tenant: 9 })], 2],
    ['a global one, before one of a group', [vlan(1, { group: 8 }), vlan(2)], 2],
    ['the one of a group that covers the site', [vlan(1, { group: 8 }), vlan(3, { group: 7 })], 1],
    ['none of a group that does not', [vlan(3, { group: 7 })], undefined],
    ['among several that of the tenant', [vlan(1, { site: 4, tenant: 9 }), vlan(2, { site: 4, tenant: 5 })], 2],
    ['else that of nobody', [vlan(1, { site: 4, tenant: 9 }), vlan(2, { site: 4 })], 2],
    ['else the oldest', [vlan(6, { site: 4, tenant: 8 }), vlan(2, { site: 4, tenant: 9 })], 2],
  ])('is %s', (_what, rows, id) => {
    expect(chooseVlan(place, { rows, ofGroups: new Map([[4, new Set([1])]]), hidden: [] })?.id).toBe(id);
  });

  it('without a site is a global one', () => {
    const rows = [vlan(1, { site: 4 }), vlan(2, { group: 8 }), vlan(3)];
    expect(chooseVlan({ ...place, site: null }, { rows, ofGroups: new Map(), hidden: [] })?.id).toBe(3);
  });
});
