import { describe, expect, it } from 'vitest';
import { step, substep, type RunEvent } from '../../../src/sync/events.js';
import { RunStream } from '../../../src/sync/run-stream.js';

const complete: RunEvent = { event: 'complete', data: { ok: true, message: 'done', result: { count: 1 }, errors: [] } };
const started = (name: string) => step({ step: name, status: 'started', message: name });
const detail = (message: string): RunEvent => ({
  event: 'error_detail',
  data: { event: 'error_detail', phase: 'devices', category: 'internal', message, detail: message },
});
const progress = (current: number): RunEvent => ({
  event: 'item_progress',
  data: {
    event: 'item_progress',
    phase: 'devices',
    status: 'completed',
    message: '',
    item: { name: `n${current}` },
    progress: { current, total: 9, percent: 0 },
  },
});

async function all(frames: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const told: RunEvent[] = [];
  for await (const frame of frames) told.push(frame);
  return told;
}

describe('the frames of a run', () => {
  it('name it in the first of each kind and in complete, which comes when the run is told to have ended', async () => {
    const stream = new RunStream('R1');
    const reading = stream.frames();
    for (const name of ['one', 'two']) stream.emit(started(name));
    stream.emit({ event: 'bootstrap_done', data: { ok: true } });
    stream.emit(complete);
    stream.emit(detail('last'));
    stream.close();

    expect(await all(reading)).toEqual([
      { event: 'step', data: { step: 'one', status: 'started', message: 'one', payload: { run_id: 'R1' } } },
      started('two'),
      { event: 'bootstrap_done', data: { ok: true, run_id: 'R1' } },
      detail('last'),
      { event: 'complete', data: { ok: true, message: 'done', result: { count: 1, run_id: 'R1' }, errors: [] } },
    ]);
  });

  it('are told to later readers: what lasts and the newest progress, then everything', async () => {
    const stream = new RunStream('R1');
    stream.emit(started('one'));
    for (const n of [1, 2]) stream.emit(progress(n));
    stream.emit(substep('devices', 'waiting', 'NetBox answers 503.'));
    const late = all(stream.attach());
    const later = stream.attach();
    const first = await later.next();
    await later.return();
    stream.emit(progress(3));
    stream.emit(complete);
    stream.close();

    expect((await late).map(({ event, data }) => (event === 'item_progress' ? data.item.name : event))).toEqual([
      'step',
      'n2',
      'n3',
      'complete',
    ]);
    expect(first.value).toMatchObject({ event: 'step' });
  });

  it('of a run that tells very much are kept without the oldest details', async () => {
    const stream = new RunStream('R1');
    stream.emit(started('one'));
    for (let n = 0; n < 1000; n += 1) stream.emit(detail(`d${n}`));
    stream.emit(started('two'));
    const late = all(stream.attach());
    stream.close();

    const told = await late;
    expect(told).toHaveLength(400);
    expect([told[0], told[1], told.at(-1)]).toEqual([
      expect.objectContaining({ event: 'step' }),
      detail('d602'),
      started('two'),
    ]);
  });
});
