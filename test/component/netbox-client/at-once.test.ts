/** How many batches of one bulk call are in flight, and what becomes of those that are when one of them ends the call. */
import { afterEach, describe, expect, it } from 'vitest';
import type { BulkOptions, CreateOutcome } from '../../../src/netbox/types.js';
import { turns } from '../../support/eventually.js';
import type { ReceivedRequest, ScriptedAnswer } from '../../support/scripted-server.js';
import { openHarness, type Harness } from './harness.js';

const path = '/api/extras/tags/';
const named = (count: number): { name: string }[] => Array.from({ length: count }, (_, n) => ({ name: `t${n}` }));
const namesOf = ({ body }: ReceivedRequest): string[] => (body as { name: string }[]).map(({ name }) => name);
const created = (request: ReceivedRequest): ScriptedAnswer => ({
  status: 201,
  json: namesOf(request).map((name) => ({ id: Number(name.slice(1)) + 1, name })),
});

let harness: Harness | undefined;
afterEach(() => harness?.close());

interface Watched {
  readonly outcomes: readonly CreateOutcome[];
  readonly most: number;
  readonly batches: readonly string[][];
}

/** Creates 12 objects in batches of two; every answer waits for what else is sent meanwhile. */
async function create(
  { width, atOnce, delayMs = 0 }: { readonly width: number } & Partial<BulkOptions>,
  answer: (request: ReceivedRequest, index: number) => ScriptedAnswer = created,
): Promise<Watched> {
  harness = await openHarness({ settings: { netboxMaxConcurrent: width, netboxMaxRetries: 0 } });
  const { server, client } = harness;
  let now = 0;
  let most = 0;
  server.respond(async (request, index) => {
    now += 1;
    most = Math.max(most, now);
    await turns(200);
    now -= 1;
    return answer(request, index);
  });
  const options = { batchSize: 2, delayMs, ...(atOnce === undefined ? {} : { atOnce }) };
  const outcomes = await client.bulkCreate(path, named(12), options);
  return { outcomes, most, batches: server.requests.map(namesOf) };
}

describe('batches of one call', () => {
  it.each([
    [1, 8, 1],
    [4, 1, 1],
    [4, undefined, 1],
    [2, 8, 2],
    [8, 3, 3],
  ])('with room for %s requests, and %s of the call, are %s at once', async (width, atOnce, expected) => {
    const { outcomes, most, batches } = await create({ width, ...(atOnce === undefined ? {} : { atOnce }) });

    expect(most).toBe(expected);
    expect(batches.flat().toSorted()).toEqual(
      named(12)
        .map(({ name }) => name)
        .toSorted(),
    );
    expect(outcomes.map((outcome) => (outcome.status === 'failed' ? outcome.error : outcome.record.id))).toEqual(
      named(12).map((_, n) => n + 1),
    );
  });

  it('end with the first answer after which none can succeed; what is under way keeps its outcome', async () => {
    const forbidden = { status: 403, json: { detail: 'no' } };
    const { outcomes, batches } = await create({ width: 3, atOnce: 3 }, (request, index) =>
      index === 0 ? forbidden : created(request),
    );

    expect(batches.length).toBeLessThanOrEqual(3);
    const sent = new Set(batches.slice(1).flat());
    expect(outcomes.map(({ status }) => status)).toEqual(
      named(12).map(({ name }) => (sent.has(name) ? 'created' : 'failed')),
    );
  });

  it('of which one is refused go on, one at a time as well as together', async () => {
    for (const width of [1, 4]) {
      const { outcomes } = await create({ width, atOnce: 4 }, (request) =>
        namesOf(request).includes('t3')
          ? { status: 400, json: [{}, { name: ['no'] }].slice(-namesOf(request).length) }
          : created(request),
      );
      expect(outcomes.map(({ status }) => status).filter((status) => status === 'failed')).toHaveLength(1);
      await harness?.close();
    }
  });
});
