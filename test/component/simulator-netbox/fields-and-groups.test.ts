/** Custom fields, tags, groups of VLANs and of interfaces: what NetBox refuses and how it says so. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCluster, start, vms, type Harness } from './harness.js';

const model = 'virtualization.virtualmachine';
const vlans = 'ipam/vlans/';
const groups = 'ipam/vlan-groups/';
const addresses = 'ipam/ip-addresses/';

describe('the NetBox simulator', () => {
  let netbox: Harness;
  afterEach(() => netbox.simulator.close());

  const customField = (name: string, fields: object = {}): Promise<{ id: number }> =>
    netbox.create('extras/custom-fields/', { name, type: 'text', object_types: [model], ...fields });
  const selection = async (name: string, type = 'select'): Promise<{ id: number }> => {
    const set = await netbox.create('extras/custom-field-choice-sets/', {
      name: `${name}s`,
      extra_choices: [
        ['vm', 'Machine'],
        ['lxc', 'Container'],
      ],
    });
    return customField(name, { type, choice_set: set.id });
  };
  const machine = async (custom_fields: object, name = 'a'): Promise<object> => ({
    name,
    cluster: netbox.simulator.state.objects('virtualization/clusters')[0]?.id ?? (await makeCluster(netbox)),
    custom_fields,
  });

  describe.each([
    ['4.6.8', 'vm', ['vm', 'lxc']],
    [
      '4.7.3',
      { value: 'vm', label: 'Machine' },
      [
        { value: 'vm', label: 'Machine' },
        { value: 'lxc', label: 'Container' },
      ],
    ],
  ] as const)('custom fields of %s', (version, one, several) => {
    beforeEach(async () => {
      netbox = await start({ version });
    });

    it('answers a selection as this release does, and takes bare values', async () => {
      await selection('kind');
      await selection('kinds', 'multiselect');
      const made = await netbox.create(vms, await machine({ kind: 'vm', kinds: ['vm', 'lxc'] }));

      expect(made.custom_fields).toMatchObject({ kind: one, kinds: several });
    });

    it.each([
      [{ kind: 'qemu' }, "Invalid value for custom field 'kind': Invalid choice (qemu) for choice set kinds."],
      [{ kind: true }, "Invalid value for custom field 'kind': Invalid choice (True) for choice set kinds."],
      [
        { kind: { value: 'vm', label: 'Machine' } },
        "Invalid value for custom field 'kind': Invalid choice ({'value': 'vm', 'label': 'Machine'}) for choice set kinds.",
      ],
      [
        { several: ['vm', 'x'] },
        "Invalid value for custom field 'several': Invalid choice(s) (['vm', 'x']) for choice set severals.",
      ],
    ])('refuses %j', async (values, message) => {
      await selection('kind');
      await selection('several', 'multiselect');

      expect(await netbox.call('POST', vms, await machine(values))).toMatchObject({
        status: 400,
        body: { __all__: [message] },
      });
    });

    it('asks for a required field when a machine is made, and of one that stands there already when it is changed', async () => {
      const { id } = await netbox.create(vms, await machine({}));
      await customField('owner', { required: true });

      expect(await netbox.call('POST', vms, await machine({}, 'b'))).toMatchObject({
        status: 400,
        body: { __all__: ["Invalid value for custom field 'owner': Required field cannot be empty."] },
      });
      expect(await netbox.call('PATCH', `${vms}${id}/`, { memory: 1 })).toMatchObject({
        status: 400,
        body: { __all__: ["Missing required custom field 'owner'."] },
      });
      expect((await netbox.call('PATCH', `${vms}${id}/`, { custom_fields: { owner: 'me' } })).status).toBe(200);
    });

    it('gives the default of a new field to what is there, and takes the values of a removed one away', async () => {
      const { id } = await netbox.create(vms, await machine({}));
      const field = await customField('owner', { required: true, default: 'nobody' });
      expect((await netbox.call('GET', `${vms}${id}/`)).body.custom_fields).toMatchObject({ owner: 'nobody' });
      await netbox.call('DELETE', `extras/custom-fields/${field.id}/`);

      expect((await netbox.call('GET', `${vms}${id}/`)).body.custom_fields).not.toHaveProperty('owner');
    });
  });

  describe('definitions', () => {
    beforeEach(async () => {
      netbox = await start();
    });

    it.each([
      [{ type: 'select' }, { choice_set: ['Selection fields must specify a set of choices.'] }],
      [{ type: 'object' }, { related_object_type: ['Object fields must define an object type.'] }],
      [{ related_object_type: 'dcim.site' }, { type: ['Text fields may not define an object type.'] }],
      [{ type: 'integer', default: 'x' }, { default: ['Invalid default value "x": Value must be an integer.'] }],
    ])('refuses the custom field %j', async (fields, body) => {
      const sent = { name: 'f', type: 'text', object_types: [model], ...fields };

      expect(await netbox.call('POST', 'extras/custom-fields/', sent)).toMatchObject({ status: 400, body });
    });

    it('keeps the type of a field, the choices that are held and the set of a field', async () => {
      const { id } = await selection('kind');
      await netbox.create(vms, await machine({ kind: 'lxc' }));
      const [set] = netbox.simulator.state.objects('extras/custom-field-choice-sets');
      const at = `extras/custom-field-choice-sets/${set?.id}/`;

      expect(await netbox.call('PATCH', `extras/custom-fields/${id}/`, { type: 'text' })).toMatchObject({
        status: 400,
        body: { type: ['Changing the type of custom fields is not supported.'] },
      });
      expect(await netbox.call('PATCH', at, { extra_choices: [['vm', 'Machine']] })).toMatchObject({
        status: 400,
        body: { __all__: [`Cannot remove choice lxc as there are ${model} objects which reference it.`] },
      });
      expect((await netbox.call('DELETE', at)).status).toBe(409);
    });
  });

  describe('tags of certain object types', () => {
    beforeEach(async () => {
      netbox = await start();
    });

    it('go on no other objects: the whole request is refused, and nothing of it is saved', async () => {
      const tag = await netbox.create('extras/tags/', { name: 'Sites', slug: 'sites', object_types: ['dcim.site'] });
      const refusal = { status: 400, body: { detail: 'Tag Sites cannot be assigned to virtualmachine objects.' } };
      const tagged = { ...(await machine({}, 'b')), tags: [tag.id] };

      expect(await netbox.call('POST', vms, tagged)).toMatchObject(refusal);
      expect(await netbox.call('POST', vms, [await machine({}), tagged])).toMatchObject(refusal);
      expect(netbox.simulator.state.objects(vms)).toEqual([]);
      expect((await netbox.create('dcim/sites/', { name: 's', slug: 's', tags: [tag.id] })).tags).toHaveLength(1);
    });

    it('stay where they are when their types change', async () => {
      const tag = await netbox.create('extras/tags/', { name: 'Any', slug: 'any' });
      const { id } = await netbox.create(vms, { ...(await machine({})), tags: [tag.id] });
      await netbox.call('PATCH', `extras/tags/${tag.id}/`, { object_types: ['dcim.site'] });

      expect((await netbox.call('PATCH', `${vms}${id}/`, { tags: [tag.id], memory: 1 })).status).toBe(200);
    });
  });

  describe('VLAN groups', () => {
    beforeEach(async () => {
      netbox = await start();
    });

    it('hold a number and a name once, in their ranges and their scope', async () => {
      const site = await netbox.create('dcim/sites/', { name: 'Home', slug: 'home' });
      const other = await netbox.create('dcim/sites/', { name: 'Away', slug: 'away' });
      const scope = { scope_type: 'dcim.site', scope_id: site.id };
      const group = await netbox.create(groups, { name: 'G', slug: 'g', vid_ranges: [[100, 200]], ...scope });
      await netbox.create(vlans, { name: 'one', vid: 120, group: group.id });
      const refusalOf = async (fields: object): Promise<unknown> =>
        (await netbox.call('POST', vlans, { name: 'two', vid: 121, group: group.id, ...fields })).body;

      expect(group).toMatchObject({ scope: { name: 'Home' }, total_vlan_ids: 101, vlan_count: 0 });
      expect(await refusalOf({ vid: 120 })).toEqual({ __all__: ['VLAN with this Group and VLAN ID already exists.'] });
      expect(await refusalOf({ name: 'one' })).toEqual({ __all__: ['VLAN with this Group and Name already exists.'] });
      expect(await refusalOf({ vid: 99 })).toEqual({ vid: ['VID must be in ranges 100-200 for VLANs in group G'] });
      expect(await refusalOf({ site: other.id })).toEqual({
        __all__: ['VLAN is assigned to group G (scope: Home); cannot also assign to site Away.'],
      });
      expect((await netbox.call('DELETE', `${groups}${group.id}/`)).status).toBe(409);
    });

    it.each([
      [{ scope_type: 'dcim.site' }, { __all__: ['Cannot set scope_type without scope_id.'] }],
      [{ scope_id: 1 }, { __all__: ['Cannot set scope_id without scope_type.'] }],
      [{ scope_type: 'dcim.device', scope_id: 1 }, { scope_type: ['Invalid content type: dcim.device'] }],
      [{ vid_ranges: [[0, 9]] }, { vid_ranges: ['Starting VLAN ID in range (0) cannot be less than 1'] }],
      [
        {
          vid_ranges: [
            [1, 9],
            [9, 10],
          ],
        },
        { vid_ranges: ['Ranges cannot overlap.'] },
      ],
    ])('refuses %j', async (fields, body) => {
      expect(await netbox.call('POST', groups, { name: 'G', slug: 'g', ...fields })).toMatchObject({
        status: 400,
        body,
      });
    });

    it('lists for a site its own VLANs, those of groups above it, and those of no site', async () => {
      const world = await netbox.create('dcim/regions/', { name: 'World', slug: 'world' });
      const land = await netbox.create('dcim/regions/', { name: 'Land', slug: 'land', parent: world.id });
      const site = await netbox.create('dcim/sites/', { name: 'Home', slug: 'home', region: land.id });
      const away = await netbox.create('dcim/sites/', { name: 'Away', slug: 'away' });
      const inGroup = async (slug: string, scope: object): Promise<void> => {
        const { id } = await netbox.create(groups, { name: slug, slug, ...scope });
        await netbox.create(vlans, { name: slug, vid: 10, group: id });
      };
      await inGroup('world', { scope_type: 'dcim.region', scope_id: world.id });
      await inGroup('away', { scope_type: 'dcim.site', scope_id: away.id });
      await inGroup('anywhere', {});
      await netbox.create(vlans, { name: 'home', vid: 10, site: site.id });
      await netbox.create(vlans, { name: 'not here', vid: 10, site: away.id });
      await netbox.create(vlans, { name: 'global', vid: 10 });
      const listed = await netbox.call('GET', `${vlans}?available_at_site=${site.id}`);

      expect(land).toMatchObject({ _depth: 1, parent: { name: 'World' } });
      expect(listed.body.results.map((vlan: { name: string }) => vlan.name).sort()).toEqual([
        'anywhere',
        'global',
        'home',
        'world',
      ]);
    });
  });

  describe('FHRP groups', () => {
    beforeEach(async () => {
      netbox = await start();
    });

    it('hold addresses that are assigned, though to no interface, and take them along when they go', async () => {
      const group = await netbox.create('ipam/fhrp-groups/', { protocol: 'carp', group_id: 7, name: 'gate' });
      const assigned = { assigned_object_type: 'ipam.fhrpgroup', assigned_object_id: group.id };
      const address = await netbox.create(addresses, { address: '10.0.0.1/24', role: 'carp', ...assigned });
      const count = async (query: string): Promise<unknown> =>
        (await netbox.call('GET', `${addresses}?${query}`)).body.count;

      expect(address.assigned_object).toMatchObject({ display: 'gate CARP: 7 (10.0.0.1/24)', group_id: 7 });
      expect(await count('assigned=true')).toBe(1);
      expect(await count('assigned_to_interface=true')).toBe(0);
      expect(await count(`fhrpgroup_id=${group.id}`)).toBe(1);
      await netbox.call('DELETE', `ipam/fhrp-groups/${group.id}/`);
      expect(await count('limit=1')).toBe(0);
    });

    it('are counted at the interfaces that are in them', async () => {
      const group = await netbox.create('ipam/fhrp-groups/', { protocol: 'vrrp3', group_id: 1 });
      const { id } = await netbox.create(vms, await machine({}));
      const port = await netbox.create('virtualization/interfaces/', { virtual_machine: id, name: 'eth0' });
      const sent = {
        group: group.id,
        interface_type: 'virtualization.vminterface',
        interface_id: port.id,
        priority: 9,
      };
      await netbox.create('ipam/fhrp-group-assignments/', sent);

      expect((await netbox.call('GET', 'virtualization/interfaces/')).body.results).toMatchObject([
        { count_fhrp_groups: 1 },
      ]);
      expect((await netbox.call('POST', 'ipam/fhrp-group-assignments/', sent)).status).toBe(400);
    });
  });
});
