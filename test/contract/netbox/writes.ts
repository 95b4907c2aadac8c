import { beforeAll, describe, expect, it } from 'vitest';
import {
  apiOf,
  buildEstate,
  bulkErrors,
  namesOf,
  path,
  refused,
  type Api,
  type Answer,
  type Estate,
  type NetBoxTarget,
} from './target.js';

const VM_NAME_TAKEN = { __all__: ['Virtual machine name must be unique per cluster and tenant.'] };
const missing = (id: number): object => ({ id, errors: { id: [`Object with ID ${id} does not exist`] } });

function describeBulkWrites(getTarget: () => Promise<NetBoxTarget>): void {
  describe('bulk writes', () => {
    let api: Api;
    let estate: Estate;
    let first: number;
    let second: number;
    beforeAll(async () => {
      api = apiOf(await getTarget());
      estate = await buildEstate(api);
      [first, second] = (await api.create(path.vms, [vm('one'), vm('two')])).map((row: { id: number }) => row.id);
    });
    const vm = (name: string) => ({ name, cluster: estate.cluster });
    const memoryOf = async (id: number): Promise<unknown> =>
      (await api.get(`${path.vms}${id}/?fields=memory`)).body.memory;

    it('creates in the order of the request', async () => {
      const created = await api.create(path.tags, [
        { name: 'z', slug: 'z' },
        { name: 'a', slug: 'a' },
      ]);

      expect(created.map((tag: { name: string }) => tag.name)).toEqual(['z', 'a']);
    });

    it('creates nothing from an empty list', async () => {
      expect(await api.post(path.vms, [])).toMatchObject({ status: 201, body: [] });
    });

    it('names every bad item of a POST by its index and saves none', async () => {
      const answer = await api.post(path.vms, [
        vm('three'),
        vm('ONE'),
        { name: 'four', cluster: 99999 },
        { cluster: estate.cluster },
      ]);

      expect(answer).toMatchObject(
        bulkErrors('3 of 4 objects could not be created.', [
          { index: 1, errors: VM_NAME_TAKEN },
          { index: 2, errors: { cluster: ['Related object not found using the provided numeric ID: 99999'] } },
          { index: 3, errors: { name: ['This field is required.'] } },
        ]),
      );
      expect((await api.get(`${path.vms}?name=three`)).body.count).toBe(0);
    });

    it('names bad devices the same way', async () => {
      const device = (name: string, type = estate.deviceType) => ({
        name,
        device_type: type,
        role: estate.role,
        site: estate.site,
      });

      expect(await api.post(path.devices, [device('pve2'), device('pve3', 99999), device('PVE2')])).toMatchObject(
        bulkErrors('2 of 3 objects could not be created.', [
          { index: 1, errors: { device_type: ['Related object not found using the provided numeric ID: 99999'] } },
          { index: 2, errors: { __all__: ['Device name must be unique per site and tenant.'] } },
        ]),
      );
    });

    it.each([
      ['virtual machines', path.vms, () => [vm('twin'), vm('TWIN')], VM_NAME_TAKEN],
      [
        'tags',
        path.tags,
        () => [
          { name: 'twin', slug: 'twin' },
          { name: 'twin', slug: 'twin-2' },
        ],
        { name: ['tag with this name already exists.'] },
      ],
      [
        'disks',
        path.disks,
        () => [
          { virtual_machine: first, name: 'scsi0', size: 1 },
          { virtual_machine: first, name: 'scsi0', size: 1 },
        ],
        { __all__: ['Virtual disk with this Virtual machine and Name already exists.'] },
      ],
      [
        'IP addresses',
        path.ipAddresses,
        () => [{ address: '10.9.0.1/24' }, { address: '10.9.0.1/24' }],
        { address: ['Duplicate IP address found in global table: 10.9.0.1/24'] },
      ],
    ])('finds two items of one POST that collide: %s', async (_, collection, bodies, errors) => {
      expect(await api.post(collection, bodies())).toMatchObject(
        bulkErrors('1 of 2 objects could not be created.', [{ index: 1, errors }]),
      );
    });

    it('answers 500 where only the database knows the constraint', async () => {
      const cluster = { name: 'C9', type: estate.clusterType, scope_type: 'dcim.site', scope_id: estate.site };

      expect(await api.post(path.clusters, [cluster, cluster])).toMatchObject({
        status: 500,
        body: {
          exception: 'IntegrityError',
          error: expect.stringContaining(
            'duplicate key value violates unique constraint "virtualization_cluster_unique__site_name"',
          ),
          netbox_version: '4.7.3',
        },
      });
    });

    it('updates several objects at once, also with other fields each', async () => {
      const answer = await api.patch(path.vms, [
        { id: second, memory: 10 },
        { id: first, vcpus: 1.5 },
      ]);

      expect(answer.status).toBe(200);
      expect(
        new Map(
          answer.body.map((row: { id: number; memory: number | null; vcpus: number | null }) => [
            row.id,
            [row.memory, row.vcpus],
          ]),
        ),
      ).toEqual(
        new Map([
          [first, [null, 1.5]],
          [second, [10, null]],
        ]),
      );
    });

    it('names every bad item of a PATCH by its id and rolls all back', async () => {
      const before = await memoryOf(second);
      const answer = await api.patch(path.vms, [
        { id: second, memory: 4711 },
        { id: first, status: 'bogus' },
      ]);

      expect(answer).toMatchObject(
        bulkErrors('1 of 2 objects could not be updated.', [
          { id: first, errors: { status: ['bogus is not a valid choice.'] } },
        ]),
      );
      expect(await memoryOf(second)).toBe(before);
    });

    it('refuses to swap two unique names', async () => {
      expect(
        await api.patch(path.vms, [
          { id: first, name: 'two' },
          { id: second, name: 'one' },
        ]),
      ).toMatchObject(
        bulkErrors('2 of 2 objects could not be updated.', [
          { id: first, errors: VM_NAME_TAKEN },
          { id: second, errors: VM_NAME_TAKEN },
        ]),
      );
    });

    it('refuses a PATCH and a DELETE with an id that does not exist', async () => {
      const detail = '1 of 2 objects could not be found.';

      expect(
        await api.patch(path.vms, [
          { id: first, memory: 1 },
          { id: 99999, memory: 1 },
        ]),
      ).toMatchObject(bulkErrors(detail, [missing(99999)]));
      expect(await api.remove(path.vms, [{ id: first }, { id: 99999 }])).toMatchObject(
        bulkErrors(detail, [missing(99999)]),
      );
      expect((await api.get(`${path.vms}${first}/`)).status).toBe(200);
    });

    it('refuses a PATCH and a DELETE that name an id twice', async () => {
      const answer = bulkErrors('1 of 2 objects are listed more than once.', [
        { id: first, errors: { id: [`Each object may be specified only once; ID ${first} is listed 2 times`] } },
      ]);

      expect(
        await api.patch(path.vms, [
          { id: first, memory: 1 },
          { id: first, memory: 2 },
        ]),
      ).toMatchObject(answer);
      expect(await api.remove(path.vms, [{ id: first }, { id: first }])).toMatchObject(answer);
    });

    it('refuses items without an id and bodies that are no list', async () => {
      const noList = refused({ detail: 'Expected a list of objects, but got dict.' });

      expect(await api.patch(path.vms, [{ memory: 1 }])).toMatchObject(
        bulkErrors('1 of 1 objects failed validation.', [{ index: 0, errors: { id: ['This field is required.'] } }]),
      );
      expect(await api.patch(path.vms, { id: first })).toMatchObject(noList);
      expect(await api.remove(path.vms, { id: first })).toMatchObject(noList);
    });

    it('deletes several objects at once', async () => {
      const doomed = await api.create(path.vms, [vm('doomed-1'), vm('doomed-2')]);

      expect(
        await api.remove(
          path.vms,
          doomed.map(({ id }: { id: number }) => ({ id })),
        ),
      ).toMatchObject({ status: 204, body: null });
      expect((await api.get(`${path.vms}?name=doomed-1&name=doomed-2`)).body.count).toBe(0);
    });

    it('keeps everything when one object is protected', async () => {
      const answer = await api.remove(path.sites, [{ id: estate.site }, { id: estate.otherSite }]);

      expect(answer).toMatchObject({
        status: 409,
        body: {
          detail: '1 of 2 objects could not be deleted.',
          errors: [
            {
              id: estate.site,
              errors: {
                __all__: [expect.stringMatching(/^Unable to delete: \d+ dependent object\(s\) prevent deletion\.$/)],
              },
            },
          ],
        },
      });
      expect((await api.get(`${path.sites}${estate.otherSite}/`)).status).toBe(200);
    });

    it('names the dependents of one protected object', async () => {
      expect(await api.remove(`${path.clusterTypes}${estate.clusterType}/`)).toMatchObject({
        status: 409,
        body: { detail: expect.stringMatching(/^Unable to delete object\. 2 dependent objects were found: /) },
      });
    });

    it('answers 404 to the deletion of what is gone', async () => {
      expect(await api.remove(`${path.sites}99999/`)).toMatchObject({
        status: 404,
        body: { detail: 'No Site matches the given query.' },
      });
    });
  });
}

function describeSingleWrites(getTarget: () => Promise<NetBoxTarget>): void {
  describe('single writes', () => {
    let api: Api;
    let estate: Estate;
    let one: string;
    beforeAll(async () => {
      api = apiOf(await getTarget());
      estate = await buildEstate(api);
      one = `${path.vms}${(await api.create(path.vms, { name: 'one', cluster: estate.cluster })).id}/`;
    });
    const tagsOf = (answer: Answer): string[] => answer.body.tags.map((tag: { slug: string }) => tag.slug).sort();

    it.each([
      ['an id', () => estate.cluster],
      ['an id as text', () => String(estate.cluster)],
      ['an object with an id', () => ({ id: estate.cluster })],
      ['an object of attributes', () => ({ name: 'C1' })],
    ])('takes a relation as %s', async (kind, cluster) => {
      expect(await api.create(path.vms, { name: `by ${kind}`, cluster: cluster() })).toMatchObject({
        cluster: { id: estate.cluster },
      });
    });

    it.each([
      ['an id that does not exist', 99999, 'Related object not found using the provided numeric ID: 99999'],
      [
        'attributes nothing has',
        { name: 'nowhere' },
        "Related object not found using the provided attributes: {'name': 'nowhere'}",
      ],
      [
        'a name',
        'C1',
        'Related objects must be referenced by numeric ID or by dictionary of attributes. Received an unrecognized value: C1',
      ],
    ])('refuses a relation given as %s', async (_, cluster, text) => {
      expect(await api.post(path.vms, { name: 'x', cluster })).toMatchObject(refused({ cluster: [text] }));
    });

    it('refuses attributes that match several objects', async () => {
      expect(await api.post(path.vms, { name: 'x', cluster: { type: estate.clusterType } })).toMatchObject(
        refused({ cluster: [`Multiple objects match the provided attributes: {'type': ${estate.clusterType}}`] }),
      );
    });

    it.each([
      ['status', 'bogus', 'bogus is not a valid choice.'],
      ['start_on_boot', 'bogus', 'bogus is not a valid choice.'],
      ['vcpus', 0, /^Ensure this value is greater than or equal to 0\.01/],
      ['memory', -1, 'Ensure this value is greater than or equal to 0.'],
      ['memory', 2147483648, 'Ensure this value is less than or equal to 2147483647.'],
      ['memory', 'much', 'A valid integer is required.'],
      ['name', 'x'.repeat(65), 'Ensure this field has no more than 64 characters.'],
      ['name', ' ', 'This field may not be blank.'],
      ['description', 'x'.repeat(201), 'Ensure this field has no more than 200 characters.'],
      ['description', null, 'This field may not be null.'],
      ['tags', null, 'This field may not be null.'],
    ])('refuses %s = %j', async (field, value, text) => {
      const message = text instanceof RegExp ? expect.stringMatching(text) : text;

      expect(await api.patch(one, { [field]: value })).toMatchObject(refused({ [field]: [message] }));
    });

    it('ignores fields it does not know and trims text', async () => {
      const created = await api.create(path.vms, { name: '  trimmed  ', cluster: estate.cluster, no_such_field: 1 });

      expect(created).toMatchObject({ name: 'trimmed' });
      expect(created).not.toHaveProperty('no_such_field');
    });

    it('refuses a custom field that is not defined', async () => {
      expect(await api.patch(one, { custom_fields: { nowhere: 1 } })).toMatchObject(
        refused({ custom_fields: { nowhere: "Custom field 'nowhere' does not exist for this object type." } }),
      );
    });

    it('loses what ?fields= does not name, in the input too', async () => {
      const answer = await api.post(`${path.sites}?fields=id,slug`, { name: 'Lost', slug: 'lost' });

      expect(answer).toMatchObject(refused({ name: ['This field cannot be blank.'] }));
    });

    it('replaces the tags of an object', async () => {
      expect(tagsOf(await api.patch(one, { tags: [estate.tag] }))).toEqual(['proxbox']);
      expect(tagsOf(await api.patch(one, { tags: [{ slug: 'mine' }] }))).toEqual(['mine']);
      expect(tagsOf(await api.patch(one, { tags: [] }))).toEqual([]);
    });

    it('adds and removes single tags', async () => {
      await api.patch(one, { tags: [estate.tag] });

      expect(tagsOf(await api.patch(one, { add_tags: [estate.operatorTag] }))).toEqual(['mine', 'proxbox']);
      expect(tagsOf(await api.patch(one, { remove_tags: [estate.operatorTag] }))).toEqual(['proxbox']);
    });

    it('adds them also where the answer leaves fields out', async () => {
      await api.patch(one, { tags: [estate.tag] });

      const answer = await api.patch(`${one}?omit=config_context`, { add_tags: [estate.operatorTag] });

      expect(tagsOf(answer)).toEqual(['mine', 'proxbox']);
    });

    it('refuses a tag whose attributes do not all match', async () => {
      const tag = { name: 'Mine', slug: 'mine', color: '123456' };

      expect(await api.patch(one, { tags: [tag] })).toMatchObject(
        refused({
          tags: [
            "Related object not found using the provided attributes: {'name': 'Mine', 'slug': 'mine', 'color': '123456'}",
          ],
        }),
      );
      expect(await api.patch(one, { tags: [99999] })).toMatchObject(
        refused({ tags: ['Related object not found using the provided numeric ID: 99999'] }),
      );
    });

    it('refuses a whole tag set beside single changes', async () => {
      expect(await api.patch(one, { tags: [estate.tag], add_tags: [estate.operatorTag] })).toMatchObject(
        refused({ tags: ['Cannot specify "tags" together with "add_tags" or "remove_tags".'] }),
      );
    });

    it('guards an update with the entity tag of single answers', async () => {
      const stale = 'W/"2020-01-01T00:00:00+00:00"';
      const current = String((await api.get(one)).headers.etag);
      const refusedUpdate = await api.send('PATCH', one, { body: { memory: 5 }, headers: { 'if-match': stale } });
      const update = await api.send('PATCH', one, { body: { memory: 5 }, headers: { 'if-match': current } });

      expect(current).toMatch(/^W\/"\d{4}-\d\d-\d\dT/);
      expect(refusedUpdate).toMatchObject({
        status: 412,
        body: { detail: 'Precondition failed.' },
        headers: { etag: current },
      });
      expect(update.status).toBe(200);
      expect((await api.send('GET', one, { headers: { 'if-none-match': String(update.headers.etag) } })).status).toBe(
        200,
      );
      expect((await api.get(path.vms)).headers.etag).toBeUndefined();
    });

    it('records a change once, and a save without a change not at all', async () => {
      const change = async (body: object): Promise<number> => {
        const before = await api.changeLogRows();
        expect((await api.patch(one, body)).status).toBe(200);
        return (await api.changeLogRows()) - before;
      };
      await change({ memory: 77, tags: [estate.tag] });

      expect(await change({ memory: 77 })).toBe(0);
      expect(await change({ tags: [estate.tag] })).toBe(0);
      expect(await change({ memory: 78 })).toBe(1);
      expect(await change({ tags: [estate.tag, estate.operatorTag] })).toBe(1);
    });

    it('moves last_updated also on a save without a change', async () => {
      const before = (await api.get(one)).body.last_updated;
      const after = (await api.patch(one, {})).body.last_updated;

      expect(Date.parse(after)).toBeGreaterThan(Date.parse(before));
    });

    it('lists objects in the order of their names, as NetBox sorts them', async () => {
      await api.create(path.sites, [{ name: 'S10', slug: 's10' }]);

      expect(namesOf(await api.get(`${path.sites}?fields=name`))).toEqual(['S1', 'S2', 'S10']);
    });
  });
}

export function describeWrites(getTarget: () => Promise<NetBoxTarget>): void {
  describeBulkWrites(getTarget);
  describeSingleWrites(getTarget);
}
