import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { madeUntrueBy } from '../../../src/netbox/cache-keys.js';
import { prometheusText } from '../../../src/netbox/cache-metrics.js';
import { GetCache, type CacheSettings } from '../../../src/netbox/get-cache.js';
import { createFakeClock } from '../../support/fake-clock.js';

const scope = { endpoint: 'e1', branch: '' };

describe('a write makes untrue', () => {
  const cached = [
    '/api/dcim/devices/',
    '/api/dcim/devices/1/',
    '/api/dcim/devices/10/',
    '/api/dcim/interfaces/',
    '/api/virtualization/virtual-machines/',
    '/api/virtualization/virtual-machines/1/',
    '/api/virtualization/interfaces/',
    '/api/virtualization/virtual-disks/',
    '/api/virtualization/clusters/',
    '/api/ipam/ip-addresses/',
    '/api/dcim/mac-addresses/',
    '/api/extras/tags/',
    '/api/plugins/proxbox/sync-state/virtual-machines/',
  ];
  const short = (path: string): string => path.replace(/^\/api\/[a-z]+\//, '').replace(/\/$/, '');
  const dropped = (method: string, path: string, body?: unknown): readonly string[] =>
    cached.filter((address) => madeUntrueBy({ method, path, body }, scope)({ ...scope, path: address })).map(short);

  it.each([
    ['POST', '/api/dcim/devices/', ['devices', 'devices/1', 'devices/10']],
    ['PATCH', '/api/dcim/devices/1/', ['devices', 'devices/1']],
    ['PATCH', '/api/virtualization/virtual-disks/', ['virtual-machines', 'virtual-machines/1', 'virtual-disks']],
    ['POST', '/api/dcim/mac-addresses/', ['interfaces', 'interfaces', 'mac-addresses']],
    [
      'POST',
      '/api/ipam/ip-addresses/',
      [
        'devices',
        'devices/1',
        'devices/10',
        'interfaces',
        'virtual-machines',
        'virtual-machines/1',
        'interfaces',
        'ip-addresses',
      ],
    ],
    [
      'PATCH',
      '/api/virtualization/interfaces/3/',
      ['virtual-machines', 'virtual-machines/1', 'interfaces', 'mac-addresses'],
    ],
    ['PATCH', '/api/dcim/interfaces/3/', ['devices', 'devices/1', 'devices/10', 'interfaces', 'mac-addresses']],
    [
      'PATCH',
      '/api/virtualization/clusters/3/',
      ['devices', 'devices/1', 'devices/10', 'virtual-machines', 'virtual-machines/1', 'clusters'],
    ],
    [
      'DELETE',
      '/api/virtualization/virtual-machines/1/',
      [
        'virtual-machines',
        'virtual-machines/1',
        'interfaces',
        'virtual-disks',
        'ip-addresses',
        'mac-addresses',
        'proxbox/sync-state/virtual-machines',
      ],
    ],
    [
      'DELETE',
      '/api/dcim/devices/1/',
      ['devices', 'devices/1', 'interfaces', 'ip-addresses', 'mac-addresses', 'proxbox/sync-state/virtual-machines'],
    ],
    ['PATCH', '/api/extras/tags/1/', cached.map(short)],
  ])('%s %s', (method, path, expected) => {
    expect(dropped(method, path)).toEqual(expected);
  });

  it('what its answer names by url', () => {
    expect(dropped('POST', '/api/plugins/x/', { id: 1, url: 'http://inside/api/dcim/devices/1/' })).toEqual([
      'devices/1',
    ]);
  });

  it('nothing of another endpoint or branch, tags of other branches excepted', () => {
    const tag = madeUntrueBy({ method: 'POST', path: '/api/extras/tags/' }, scope);
    const device = madeUntrueBy({ method: 'POST', path: '/api/dcim/devices/' }, scope);
    expect(device({ ...scope, branch: 'b', path: '/api/dcim/devices/' })).toBe(false);
    expect(device({ endpoint: 'e2', branch: '', path: '/api/dcim/devices/' })).toBe(false);
    expect(tag({ ...scope, branch: 'b', path: '/api/dcim/devices/' })).toBe(true);
    expect(tag({ endpoint: 'e2', branch: '', path: '/api/dcim/devices/' })).toBe(false);
  });
});

describe('the size of the cache', () => {
  const open = (
    limits: Partial<CacheSettings>,
  ): {
    readonly cache: GetCache;
    readonly read: (name: string, bytes?: number) => Promise<boolean>;
    readonly clock: ReturnType<typeof createFakeClock>;
  } => {
    const clock = createFakeClock();
    const settings = { ttlMs: 60_000, maxEntries: 100, maxBytes: 10_000, debug: false, ...limits };
    const cache = new GetCache({ clock, logger: pino({ level: 'silent' }), settings: () => settings });
    return {
      cache,
      clock,
      /** True when it was answered from the cache. */
      read: async (name, bytes = 10) => {
        let loaded = false;
        await cache.read({
          scope,
          path: `/api/${name}/`,
          shape: 'body',
          query: {},
          isFresh: false,
          load: async () => {
            loaded = true;
            return { answer: { records: [], body: name }, bytes };
          },
        });
        return !loaded;
      },
    };
  };

  it('is bounded by entries, and the least recently used one leaves', async () => {
    const { cache, read } = open({ maxEntries: 2 });
    await read('a');
    await read('b');
    expect(await read('a')).toBe(true);
    await read('c');
    expect(await read('a')).toBe(true);
    expect(await read('b')).toBe(false);
    expect(cache.metrics()).toMatchObject({ current_entries: 2, evictions_size: 2, evictions_bytes: 0 });
  });

  it('is bounded by bytes', async () => {
    const { cache, read } = open({ maxBytes: 1_000 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await read(name, 240);
    expect(cache.metrics()).toMatchObject({
      current_entries: 4,
      current_bytes: 960,
      evictions_size: 0,
      evictions_bytes: 240,
    });
  });

  it('does not give a quarter of itself to one entry', async () => {
    const { cache, read } = open({ maxBytes: 1_000 });
    await read('small', 250);
    await read('large', 251);
    expect(cache.metrics()).toMatchObject({ current_entries: 1, evictions_bytes: 0 });
  });

  it('says how old its oldest entry is', async () => {
    const { cache, read, clock } = open({});
    await read('a');
    clock.advance(10_000);
    await read('b');
    clock.advance(1_234);
    expect(cache.metrics().oldest_entry_age_seconds).toBe(11.23);
  });

  it('is shown to Prometheus under its public names', async () => {
    const { cache, read } = open({});
    await read('a', 42);
    await read('a');
    const text = prometheusText(cache.metrics(), 3);
    expect(text.endsWith('\n')).toBe(true);
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'proxbox_cache_hits 1',
      'proxbox_cache_misses 1',
      'proxbox_cache_hit_rate 50',
      'proxbox_cache_invalidations 0',
      'proxbox_cache_evictions_ttl 0',
      'proxbox_cache_evictions_size 0',
      'proxbox_cache_evictions_bytes 0',
      'proxbox_cache_entries 1',
      'proxbox_cache_bytes 42',
      'proxbox_cache_max_entries 100',
      'proxbox_cache_max_bytes 10000',
      'proxbox_cache_ttl_seconds 60',
      'proxbox_cache_oldest_age_seconds 0',
      'proxbox_reconcile_mismatch_total 3',
    ]);
    expect(text).toContain('# HELP proxbox_cache_hits Total number of cache hits\n# TYPE proxbox_cache_hits counter\n');
  });
});
