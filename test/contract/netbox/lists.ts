import { beforeAll, describe, expect, it } from 'vitest';
import { apiOf, buildEstate, idsOf, namesOf, path, type Api, type Estate, type NetBoxTarget } from './target.js';

const LARGEST_PAGE = 1000;
const START_REFUSED = "Invalid 'start' parameter: must be a non-negative integer.";
const unavailable = (value: string | number): string =>
  `Select a valid choice. ${value} is not one of the available choices.`;

function describePaging(getTarget: () => Promise<NetBoxTarget>): void {
  describe('paging', () => {
    let api: Api;
    let url: string;
    beforeAll(async () => {
      const target = await getTarget();
      url = target.url;
      api = apiOf(target);
      const tags = Array.from({ length: LARGEST_PAGE + 1 }, (_, n) => ({ name: `Tag ${n}`, slug: `tag-${n}` }));
      await api.create(path.tags, tags);
    });

    it('answers 50 rows unless asked otherwise', async () => {
      const { body } = await api.get(`${path.tags}?fields=id`);

      expect(body).toMatchObject({ count: LARGEST_PAGE + 1, previous: null });
      expect(body.results).toHaveLength(50);
    });

    it.each([['limit=5000'], ['limit=0']])('cuts %s down to the largest page', async (query) => {
      const { body } = await api.get(`${path.tags}?fields=id&${query}`);

      expect(body.results).toHaveLength(LARGEST_PAGE);
      expect(body.next).toContain(`limit=${LARGEST_PAGE}&offset=${LARGEST_PAGE}`);
    });

    it.each([['limit=-1'], ['limit=many']])('ignores %s', async (query) => {
      expect((await api.get(`${path.tags}?fields=id&${query}`)).body.results).toHaveLength(50);
    });

    it('walks by offset with absolute links', async () => {
      const first = await api.get(`${path.tags}?fields=id,name&limit=2&ordering=id`);
      const second = await api.get(first.body.next.slice(url.length));

      expect(first.body.next).toBe(`${url}${path.tags}?fields=id%2Cname&limit=2&offset=2&ordering=id`);
      expect(namesOf(first)).toEqual(['Tag 0', 'Tag 1']);
      expect(namesOf(second)).toEqual(['Tag 2', 'Tag 3']);
      expect(second.body.previous).toBe(`${url}${path.tags}?fields=id%2Cname&limit=2&ordering=id`);
    });

    it('answers an empty page behind the end', async () => {
      expect((await api.get(`${path.tags}?limit=2&offset=5000`)).body).toMatchObject({
        count: LARGEST_PAGE + 1,
        next: null,
        results: [],
      });
    });

    it('walks by the smallest id without counting', async () => {
      const first = await api.get(`${path.tags}?fields=id&limit=2&start=0`);
      const [one, two] = idsOf(first);
      const second = await api.get(first.body.next.slice(url.length));

      expect(first.body).toMatchObject({ count: null, previous: null });
      expect(first.body.next).toContain(`start=${two! + 1}`);
      expect(idsOf(second)).toEqual([one! + 2, one! + 3]);
    });

    it('ends the walk by id with a null link', async () => {
      const last = idsOf(await api.get(`${path.tags}?fields=id&limit=1&ordering=-id`))[0]!;

      expect((await api.get(`${path.tags}?fields=id&limit=2&start=${last}`)).body).toMatchObject({
        next: null,
        results: [{ id: last }],
      });
      expect((await api.get(`${path.tags}?fields=id&limit=2&start=${last + 1}`)).body).toMatchObject({
        next: null,
        results: [],
      });
    });

    it.each([
      ['start=-1', START_REFUSED],
      ['start=abc', START_REFUSED],
      ['start=', START_REFUSED],
      ['start=0&offset=0', "'start' and 'offset' are mutually exclusive."],
      ['start=0&ordering=id', 'Ordering cannot be specified in conjunction with cursor-based pagination.'],
    ])('refuses %s with a bare list of texts', async (query, text) => {
      expect(await api.get(`${path.tags}?${query}`)).toMatchObject({ status: 400, body: [text] });
    });

    it('offers both walks for rows of the plugin', async () => {
      expect((await api.get(`${path.vmState}?start=0&limit=5`)).body).toEqual({
        count: null,
        next: null,
        previous: null,
        results: [],
      });
      expect((await api.get(`${path.vmState}?limit=5`)).body).toEqual({
        count: 0,
        next: null,
        previous: null,
        results: [],
      });
    });
  });
}

function describeFieldsAndFilters(getTarget: () => Promise<NetBoxTarget>): void {
  describe('fields and filters', () => {
    let api: Api;
    let estate: Estate;
    let vms: { id: number; name: string }[];
    beforeAll(async () => {
      api = apiOf(await getTarget());
      estate = await buildEstate(api);
      const { cluster, tag, operatorTag, role } = estate;
      vms = await api.create(path.vms, [
        { name: 'web', cluster, role, tags: [tag], vcpus: 2, memory: 2048, status: 'active' },
        { name: 'db', cluster, tags: [tag, operatorTag], status: 'offline' },
        { name: 'alone', site: estate.site },
      ]);
    });
    const vmNames = async (query: string): Promise<string[]> =>
      namesOf(await api.get(`${path.vms}?fields=name&${query}`)).sort();

    it('renders relations, choices, numbers, tags and scope', async () => {
      const vm = await api.get(`${path.vms}${vms[0]!.id}/`);
      const cluster = await api.get(`${path.clusters}${estate.cluster}/`);

      expect(vm.body).toMatchObject({
        status: { value: 'active', label: 'Active' },
        start_on_boot: { value: 'off', label: 'Off' },
        cluster: { id: estate.cluster, name: 'C1', url: expect.stringContaining(`${path.clusters}${estate.cluster}/`) },
        site: { id: estate.site, slug: 's1' },
        role: { id: estate.role, slug: 'node' },
        device: null,
        tenant: null,
        virtual_machine_type: null,
        primary_ip4: null,
        vcpus: 2,
        memory: 2048,
        disk: null,
        description: '',
        tags: [{ id: estate.tag, name: 'Proxbox', slug: 'proxbox', color: 'ff5722' }],
        display_url: expect.stringContaining(`/virtualization/virtual-machines/${vms[0]!.id}/`),
      });
      expect(cluster.body).toMatchObject({
        scope_type: 'dcim.site',
        scope_id: estate.site,
        scope: { id: estate.site, slug: 's1' },
        type: { id: estate.clusterType, slug: 'cluster' },
        status: { value: 'active' },
      });
    });

    it('gives exactly the asked fields and ignores unknown names', async () => {
      const { body } = await api.get(`${path.vms}?fields=id,name,no_such_field&name=web&exclude=config_context`);

      expect(body.results).toEqual([{ id: vms[0]!.id, name: 'web' }]);
    });

    it('leaves out what omit names, unless fields is given', async () => {
      const omitted = (await api.get(`${path.tags}?slug=mine&omit=description,tagged_items`)).body.results[0];
      const both = (await api.get(`${path.tags}?slug=mine&fields=id,name&omit=name`)).body.results[0];

      expect(omitted).toMatchObject({ name: 'Mine' });
      expect(omitted).not.toHaveProperty('tagged_items');
      expect(both).toEqual({ id: estate.operatorTag, name: 'Mine' });
    });

    it('leaves out the config context on omit, and no longer on exclude', async () => {
      const one = `${path.vms}${vms[0]!.id}/`;

      expect((await api.get(`${one}?exclude=config_context`)).body).toHaveProperty('config_context');
      expect((await api.get(`${one}?omit=config_context`)).body).not.toHaveProperty('config_context');
      const written = await api.patch(`${one}?omit=config_context`, { memory: 2049 });
      expect(written).toMatchObject({ status: 200, body: { memory: 2049 } });
      expect(written.body).not.toHaveProperty('config_context');
    });

    it('answers brief objects', async () => {
      const [tag] = (await api.get(`${path.tags}?slug=mine&brief=true`)).body.results;

      expect(Object.keys(tag).sort()).toEqual(['color', 'description', 'display', 'id', 'name', 'slug', 'url']);
    });

    it('ignores a filter it does not know and returns everything', async () => {
      expect(await vmNames('no_such_filter=1')).toEqual(['alone', 'db', 'web']);
      expect((await api.get(`${path.disks}?cluster_id=99999`)).status).toBe(200);
    });

    it('takes a repeated filter as any of them', async () => {
      expect(await vmNames('name=web&name=db')).toEqual(['db', 'web']);
      expect(await vmNames(`id=${vms[0]!.id}&id=${vms[1]!.id}&id=99999`)).toEqual(['db', 'web']);
      expect(await vmNames('status=offline&status=active')).toEqual(['alone', 'db', 'web']);
    });

    it('takes a repeated tag as all of them, and tag__any as any', async () => {
      expect(await vmNames('tag=proxbox')).toEqual(['db', 'web']);
      expect(await vmNames('tag=proxbox&tag=mine')).toEqual(['db']);
      expect(await vmNames('tag__any=proxbox&tag__any=mine')).toEqual(['db', 'web']);
    });

    it('compares names of VMs and devices without case, and of other objects with case', async () => {
      expect(await vmNames('name=WEB')).toEqual(['web']);
      expect(namesOf(await api.get(`${path.devices}?fields=name&name=PVE1`))).toEqual(['pve1']);
      expect(namesOf(await api.get(`${path.clusters}?fields=name&name=c1`))).toEqual([]);
      expect(namesOf(await api.get(`${path.clusters}?fields=name&name__ie=c1`))).toEqual(['C1']);
      expect(namesOf(await api.get(`${path.tags}?fields=name&name=mine`))).toEqual([]);
    });

    it('finds objects by the id and by the name of a parent', async () => {
      expect(await vmNames(`cluster_id=${estate.cluster}`)).toEqual(['db', 'web']);
      expect(await vmNames('cluster=C1')).toEqual(['db', 'web']);
      expect(await vmNames('site=s1')).toEqual(['alone', 'db', 'web']);
    });

    it.each([
      ['cluster_id', '99999'],
      ['cluster', 'nowhere'],
      ['tag', 'nowhere'],
      ['status', 'nowhere'],
    ])('refuses the filter %s with a value that does not exist', async (filter, value) => {
      expect(await api.get(`${path.vms}?${filter}=${value}`)).toMatchObject({
        status: 400,
        body: { [filter]: [unavailable(value)] },
      });
    });

    it('refuses a missing parent beside one that exists', async () => {
      const answer = await api.get(`${path.vms}?cluster_id=${estate.cluster}&cluster_id=99999`);

      expect(answer).toMatchObject({ status: 400, body: { cluster_id: [unavailable(99999)] } });
    });

    it('refuses an id that is no number', async () => {
      expect(await api.get(`${path.vms}?id=abc`)).toMatchObject({
        status: 400,
        body: { id: ['Enter a whole number.'] },
      });
    });
  });
}

export function describeLists(getTarget: () => Promise<NetBoxTarget>): void {
  describePaging(getTarget);
  describeFieldsAndFilters(getTarget);
}
