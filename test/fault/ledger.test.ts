/** What is recorded of a run whose process is killed: every stage that had ended, with all that it did. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient, type StreamFrame } from '../demo/api-client.js';
import { createEstate } from '../simulator/estate/index.js';
import { watchNetBox } from './support/arrivals.js';
import { rounds } from './support/rounds.js';
import { apiKey, openFaultWorld, type FaultWorld } from './support/world.js';

interface Stage {
  readonly stage: string;
  readonly status: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly items: number;
}

const points = Math.ceil(3 * rounds);

describe('a full update that is ended by kill -9', () => {
  let world: FaultWorld;
  let requests: number;
  beforeAll(async () => {
    world = await openFaultWorld({ estate: createEstate({ vms: 12, clusters: 1, seed: 3 }), service: 'child' });
    world.netbox.resetCounters();
    expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
    requests = world.netbox.counters.total;
  });
  afterAll(() => world.close());

  const ask = async (at: string) =>
    (await fetch(`${world.url}${at}`, { headers: { 'x-proxbox-api-key': apiKey } })).json() as Promise<
      Record<string, unknown>
    >;

  it.each(Array.from({ length: points }, (_, index) => index))(
    'point %i: is recorded as interrupted, with every stage that was told to have ended, and all of its objects',
    async (index) => {
      await world.freshNetBox();
      const killAt = 1 + Math.floor(((index + 0.75) * requests) / points);
      let killed: ReturnType<FaultWorld['end']> | undefined;
      watchNetBox(world.netbox, ({ count }) => {
        if (count === killAt) killed = world.end('SIGKILL');
      });
      world.netbox.faults.add({ match: { nth: killAt }, action: 'reset-after-commit' });
      const frames: StreamFrame[] = [];
      const reading = async (): Promise<void> => {
        for await (const frame of createApiClient(world.url, apiKey).stream('/full-update/stream')) frames.push(frame);
      };

      await expect(reading()).rejects.toThrow();
      await killed;
      await world.restart();

      const told = frames.filter(({ event, data }) => event === 'step' && data['status'] === 'completed');
      const run = await ask('/runs/latest');
      const stages = run['stages'] as readonly Stage[];
      expect(run['status']).toBe('interrupted');
      expect(stages.map(({ stage }) => stage)).toEqual(
        expect.arrayContaining(told.map(({ data }) => String(data['step']))),
      );
      if (index > 0) expect(told.length).toBeGreaterThan(0);
      const { items } = await ask(`/runs/${String(run['id'])}/items?limit=1000`);
      const listed = (items as readonly { readonly stage: string }[]).map(({ stage }) => stage);
      for (const { stage, items: count } of stages)
        expect({ stage, listed: listed.filter((name) => name === stage).length }).toEqual({ stage, listed: count });
      expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
      expect(await ask('/runs/latest')).toMatchObject({ status: 'completed' });
    },
  );
});
