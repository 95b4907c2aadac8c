import { describe, expect, it } from 'vitest';
import { decode, decodeShown, renderedOf } from '../../../../src/netbox/kinds/decode.js';

const site = {
  id: 4,
  name: 'Berlin',
  slug: 'berlin',
  status: { value: 'active', label: 'Active' },
  tags: [],
  custom_fields: {},
};

describe('a record', () => {
  it('holds the fields of its kind unwrapped, and nothing else of what NetBox rendered', () => {
    expect(decode('site', { ...site, region: { id: 1 }, created: '2026-01-01' })).toEqual({
      id: 4,
      url: '',
      display_url: '',
      name: 'Berlin',
      slug: 'berlin',
      status: 'active',
      tags: [],
      custom_fields: {},
    });
  });

  it('names the fields that NetBox did not render, and holds what an empty one holds', () => {
    const { status, tags, ...rest } = site;
    expect([status, tags]).not.toContain(undefined);
    expect(decode('site', rest)).toMatchObject({ status: null, tags: [], missing: ['status', 'tags'] });
  });

  it('takes a field that was rendered as null for one that is there', () => {
    expect(decode('site', { ...site, status: null })).not.toHaveProperty('missing');
  });

  it('keeps the links that NetBox rendered, which it does after every write', () => {
    const url = 'http://netbox.test/api/dcim/sites/4/';
    const display_url = 'http://netbox.test/dcim/sites/4/';
    expect(decode('site', { ...site, url, display_url })).toMatchObject({ url, display_url });
    expect(decode('site', site)).toMatchObject({ url: '', display_url: '' });
  });

  it('reads what NetBox nests in another field', () => {
    const nested = { id: 7, untagged_vlan: { id: 9, vid: 50 } };
    expect(decode('vm-interface', nested)).toMatchObject({ untagged_vlan: 9, untagged_vid: 50 });
    expect(decode('vm-interface', { id: 7, untagged_vlan: null })).toMatchObject({
      untagged_vlan: null,
      untagged_vid: null,
    });
  });

  it('of a view is that of the kind it is a view of', () => {
    const machine = { id: 3, name: 'web', primary_ip4: { id: 8 }, disk: 10 };
    expect(decode('machine-disk', machine)).toEqual(decode('virtual-machine', machine));
    expect(decode('primary-address', machine)).toMatchObject({ name: 'web', primary_ip4: 8 });
  });

  it('leads back to its rendering, for answers that show NetBox’s own objects', () => {
    const other = { ...site, id: 5 };
    const records = [decodeShown('site', site), decodeShown('site', other), decode('site', site)];
    expect(records.map(renderedOf)).toEqual([site, other, undefined]);
  });
});
