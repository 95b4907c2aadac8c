/** What a reader of the change log relies on: which rows there are, how they are asked for, and what has none. */
import { beforeEach, describe, expect, it } from 'vitest';
import { apiOf, path, type Api, type NetBoxTarget } from './target.js';

const changes = '/api/core/object-changes/';
const fields = 'fields=id,time,changed_object_type,changed_object_id';

interface Row {
  readonly id: number;
  readonly time: string;
  readonly changed_object_type: string;
  readonly changed_object_id: number;
}

export function describeChangeLog(getTarget: () => Promise<NetBoxTarget>): void {
  describe('the change log', () => {
    let api: Api;
    beforeEach(async () => {
      api = apiOf(await getTarget());
    });

    const rows = async (query: string): Promise<readonly Row[]> => {
      const answer = await api.get(`${changes}?${query}`);
      expect(answer).toMatchObject({ status: 200 });
      return answer.body.results;
    };
    const newest = async (): Promise<number> => (await rows('fields=id,time&ordering=-id&limit=1'))[0]?.id ?? 0;
    /** What happened since, as `model id`, in the order of ids. */
    const since = async (last: number): Promise<readonly string[]> => {
      const found = await rows(`id__gte=${last}&${fields}&start=0&limit=1000`);
      const later = found.filter(({ id }) => id > last);
      expect(later.map(({ id }) => id)).toEqual(later.map((_, index) => last + 1 + index));
      return later.map((row) => `${row.changed_object_type} ${row.changed_object_id}`);
    };

    async function aMachine() {
      const type = await api.create(path.clusterTypes, { name: 'T', slug: 't' });
      const cluster = await api.create(path.clusters, { name: 'C', type: type.id });
      const machine = await api.create(path.vms, { name: 'web', cluster: cluster.id });
      const port = await api.create(path.vmInterfaces, { name: 'eth0', virtual_machine: machine.id });
      const address = await api.create(path.ipAddresses, {
        address: '10.0.0.5/24',
        assigned_object_type: 'virtualization.vminterface',
        assigned_object_id: port.id,
      });
      const patched = await api.patch(`${path.vms}${machine.id}/`, { primary_ip4: address.id });
      expect(patched).toMatchObject({ status: 200 });
      return { cluster, machine, port, address };
    }

    it('has the rows from an id on, without a hole, with the fields that were asked for', async () => {
      const last = await newest();
      const { body } = await api.post('/api/extras/tags/', { name: 'A', slug: 'a' });

      const [row, ...others] = (await rows(`id__gte=${last}&${fields}&start=0&limit=1000`)).filter(
        ({ id }) => id > last,
      );

      expect(others).toEqual([]);
      expect(Object.keys(row!).sort()).toEqual(['changed_object_id', 'changed_object_type', 'id', 'time']);
      expect(row).toMatchObject({ id: last + 1, changed_object_type: 'extras.tag', changed_object_id: body.id });
    });

    it('names what is deleted along with an object, and what is emptied because of it', async () => {
      const { machine, port, address } = await aMachine();
      let last = await newest();
      expect(await api.remove(`${path.ipAddresses}${address.id}/`)).toMatchObject({ status: 204 });
      const ofAddress = await since(last);
      last = await newest();
      expect(await api.remove(`${path.vms}${machine.id}/`)).toMatchObject({ status: 204 });

      expect(new Set(ofAddress)).toEqual(
        new Set([`ipam.ipaddress ${address.id}`, `virtualization.virtualmachine ${machine.id}`]),
      );
      const ofMachine = await since(last);
      expect(ofMachine).toContain(`virtualization.virtualmachine ${machine.id}`);
      expect(ofMachine).toContain(`virtualization.vminterface ${port.id}`);
    });

    it('names the tag and not the objects that bear it, when the tag is renamed', async () => {
      const tag = await api.create('/api/extras/tags/', { name: 'A', slug: 'a' });
      const { machine } = await aMachine();
      await api.patch(`${path.vms}${machine.id}/`, { tags: [tag.id] });
      const last = await newest();
      await api.patch(`/api/extras/tags/${tag.id}/`, { name: 'B' });

      expect(await since(last)).toEqual([`extras.tag ${tag.id}`]);
    });

    it('names the disk and not the machine whose size it changes', async () => {
      const { machine } = await aMachine();
      const last = await newest();
      const disk = await api.create(path.disks, { name: 'scsi0', virtual_machine: machine.id, size: 1000 });

      expect(await since(last)).toEqual([`virtualization.virtualdisk ${disk.id}`]);
      expect((await api.get(`${path.vms}${machine.id}/`)).body).toMatchObject({ disk: 1000 });
    });

    it('names the custom field and not the objects that lose their value with it', async () => {
      const field = await api.create('/api/extras/custom-fields/', {
        name: 'rack',
        type: 'text',
        object_types: ['virtualization.virtualmachine'],
      });
      const { machine } = await aMachine();
      await api.patch(`${path.vms}${machine.id}/`, { custom_fields: { rack: '7' } });
      const last = await newest();
      expect(await api.remove(`/api/extras/custom-fields/${field.id}/`)).toMatchObject({ status: 204 });

      expect(await since(last)).toEqual([`extras.customfield ${field.id}`]);
    });

    it('has no row for a change that changes nothing', async () => {
      const tag = await api.create('/api/extras/tags/', { name: 'A', slug: 'a' });
      const last = await newest();
      await api.patch(`/api/extras/tags/${tag.id}/`, { name: 'A' });

      expect(await since(last)).toEqual([]);
    });
  });
}
