import { describe, expect, it } from 'vitest';
import type { ProxmoxEndpoint } from '../../../src/endpoints/types.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import type { ProxmoxSession } from '../../../src/proxmox/types.js';
import { createCollectionStore } from '../../../src/sync/collections.js';
import { createClusterFinder } from '../../../src/sync/individual/endpoints.js';
import { createIndividualSync, type IndividualDeps } from '../../../src/sync/individual/service.js';
import { clusterEntry } from '../../../src/sync/individual/table.js';
import type { ObjectQuery } from '../../../src/sync/individual/types.js';
import { unrecorded } from '../../../src/sync/run-ledger.js';
import { parseSyncRequest } from '../../../src/sync/request.js';
import { createFakeClock } from '../../support/fake-clock.js';

const endpoint = (id: number) =>
  ({ id, name: `e${id}`, enabled: true, plugin: { enabled: true } }) as unknown as ProxmoxEndpoint;
const { signal } = new AbortController();

/** Endpoints by id with the cluster that each leads to; "" = it does not answer. `asked` lists who was asked. */
function aFinder(names: Record<number, string>) {
  const asked: number[] = [];
  const finder = createClusterFinder({
    openSession: async ({ id }) => {
      asked.push(id);
      if (names[id] === '') throw new ProxboxError('proxmox_unreachable', 'No connection to Proxmox.');
      return { name: names[id] } as ProxmoxSession;
    },
  });
  const find = async (name: string): Promise<number[]> => {
    asked.length = 0;
    const found = await finder.find(name, Object.keys(names).map(Number).map(endpoint), signal);
    return found.map(({ id }) => id);
  };
  return { find, asked };
}

describe('the endpoints of a cluster', () => {
  it('are looked for among all the first time, and then asked alone', async () => {
    const { find, asked } = aFinder({ 1: 'lab', 2: 'edge', 3: 'Lab' });
    expect(await find('LAB')).toEqual([1, 3]);
    expect(asked).toEqual([1, 2, 3]);
    expect(await find('edge')).toEqual([2]);
    expect(asked).toEqual([2]);
  });

  it('are looked for among all again when a cluster was renamed or an endpoint died', async () => {
    const names: Record<number, string> = { 1: 'lab', 2: 'edge' };
    const { find } = aFinder(names);
    await find('lab');
    Object.assign(names, { 1: 'edge', 2: 'lab' });
    expect(await find('lab')).toEqual([2]);
    Object.assign(names, { 1: 'lab', 2: '' });
    expect(await find('lab')).toEqual([1]);
  });

  it('are unknown only when every endpoint has said so', async () => {
    await expect(aFinder({ 1: 'lab' }).find('edge')).rejects.toMatchObject({ code: 'not_found', status: 404 });
    await expect(aFinder({ 1: 'lab', 2: '' }).find('edge')).rejects.toMatchObject({ code: 'proxmox_unreachable' });
    expect(await aFinder({ 1: 'lab', 2: '' }).find('lab')).toEqual([1]);
  });
});

describe('a sync of a single object that takes too long', () => {
  it('is answered with 504 after 25 seconds, and stopped', async () => {
    const clock = createFakeClock();
    clock.hold();
    let stopped: unknown;
    let asked = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const ports = {
      clock,
      randomId: () => 'R1',
      ledger: { begin: () => unrecorded },
      netboxEndpoint: () => ({ revision: 'r' }),
      proxmoxEndpoints: () => [endpoint(1)],
      openSession: (_endpoint: unknown, ofRun: AbortSignal) =>
        new Promise((_resolve, reject) => {
          ofRun.addEventListener('abort', () => {
            stopped = ofRun.reason;
            reject(ofRun.reason as Error);
          });
          asked();
        }),
    };
    const individual = createIndividualSync({
      ports: ports as unknown as IndividualDeps['ports'],
      activeRuns: { list: () => [] },
      collections: createCollectionStore(clock),
    });
    const query = { cluster_name: 'lab' } as ObjectQuery;
    const answering = individual.sync(clusterEntry, query, parseSyncRequest({}), signal);
    await isAsked;
    clock.release();
    const { status, answer } = await answering;

    expect(clock.sleeps).toEqual([25_000]);
    expect(status).toBe(504);
    expect(answer).toMatchObject({ object_type: 'cluster', action: 'error', dependencies_synced: [] });
    expect(answer.error).toContain('25 s');
    expect(answer.detail).toBe(answer.error);
    expect(stopped).toMatchObject({ status: 504 });
  });
});
