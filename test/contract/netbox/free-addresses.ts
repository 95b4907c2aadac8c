/** Which addresses of a prefix NetBox calls free. */
import { beforeAll, describe, expect, it } from 'vitest';
import { apiOf, path, type Api, type NetBoxTarget } from './target.js';

export function describeFreeAddresses(getTarget: () => Promise<NetBoxTarget>): void {
  describe('free addresses of a prefix', () => {
    let api: Api;
    let prefix: number;
    let pool: number;
    const free = async (id: number, query = '') => (await api.get(`${path.prefixes}${id}/available-ips/${query}`)).body;
    const row = (address: string) => ({ family: 4, address, vrf: null });

    beforeAll(async () => {
      api = apiOf(await getTarget());
      prefix = (await api.create(path.prefixes, { prefix: '198.18.0.0/29' })).id;
      pool = (await api.create(path.prefixes, { prefix: '198.18.1.0/30', is_pool: true })).id;
      for (const address of ['198.18.0.1/29', '198.18.0.3/32']) await api.create(path.ipAddresses, { address });
    });

    it('are a list without pages, of those that are no address of the network and that nobody has in any mask', async () => {
      expect(await free(prefix)).toEqual(['198.18.0.2/29', '198.18.0.4/29', '198.18.0.5/29', '198.18.0.6/29'].map(row));
    });

    it('are as many as are asked for, in a pool all of them', async () => {
      expect(await free(prefix, '?limit=2')).toEqual(['198.18.0.2/29', '198.18.0.4/29'].map(row));
      expect(await free(pool)).toEqual(['198.18.1.0/30', '198.18.1.1/30', '198.18.1.2/30', '198.18.1.3/30'].map(row));
    });

    it('of a prefix that does not exist are 404', async () => {
      expect(await api.get(`${path.prefixes}9999/available-ips/`)).toMatchObject({ status: 404 });
    });
  });
}
