import { describe, expect, it } from 'vitest';
import { legacyObject } from '../../../src/http/stream/legacy-objects.js';
import { progressOf, step, substep, type RunEvent } from '../../../src/sync/events.js';

function item(operation: 'created' | 'updated' | 'failed' | undefined, itemType?: string): RunEvent {
  return {
    event: 'item_progress',
    data: {
      event: 'item_progress',
      phase: 'virtual-machines',
      status: operation === 'failed' ? 'failed' : 'completed',
      message: 'text',
      item: { name: 'web01', netbox_id: 7, ...(itemType === undefined ? {} : { item_type: itemType }) },
      ...(operation === undefined ? {} : { operation }),
      progress: progressOf(1, 1),
      ...(operation === 'failed' ? { error: 'why' } : {}),
    },
  };
}

describe('a frame as an older object', () => {
  it.each([
    ['a created object', item('created', 'virtual-machine'), { object: 'virtual_machine', type: 'create' }],
    ['an updated object', item('updated', 'device'), { object: 'device', type: 'update' }],
    ['an unchanged object', item(undefined), { object: 'virtual_machine', type: 'sync' }],
    ['a failed object', item('failed'), { type: 'sync', data: { completed: false, rowid: 'web01', error: 'why' } }],
    [
      'progress',
      substep('devices', 'create', 'half'),
      { object: 'device', type: 'progress', data: { message: 'half' } },
    ],
    ['progress of storage', substep('storage', 'create', 'half'), { object: 'storage' }],
    [
      'a warning',
      {
        event: 'error_detail',
        data: { event: 'error_detail', phase: 'devices', category: 'connection', message: 'm', detail: 'd' },
      },
      { object: 'device', type: 'warning', data: { warning: 'd' } },
    ],
    [
      'the failure of a run',
      { event: 'error', data: { step: 'devices', status: 'failed', error: 'text', detail: 'text' } },
      { object: 'full-update', type: 'error', data: { error: 'text' } },
    ],
    [
      'the end of a stage of a full update',
      step({ step: 'devices', status: 'completed', message: '' }),
      { object: 'device', end: true, status: 'completed', data: { ok: true } },
    ],
    [
      'the end of a stage that failed in a full update',
      step({ step: 'devices', status: 'failed', message: 'why' }),
      { object: 'device', end: true, status: 'failed', data: { ok: false, message: 'why' } },
    ],
    [
      'the end of the run, as it ended',
      {
        event: 'complete',
        data: {
          ok: false,
          message: 'm',
          result: { status: 'partial', stages: { devices: 'completed', snapshots: 'failed' } },
          errors: [{ detail: 'd' }],
        },
      },
      {
        object: 'full-update',
        end: true,
        status: 'failed',
        stages: { devices: 'completed', snapshots: 'failed' },
        data: { ok: false, status: 'partial', message: 'm', errors: [{ detail: 'd' }] },
      },
    ],
  ] as const satisfies readonly (readonly [string, RunEvent, object])[])('tells %s', (_name, event, expected) => {
    expect(legacyObject(event, 'full-update')).toMatchObject(expected);
  });

  it.each([
    ['the end of the commanded stage itself', step({ step: 'devices', status: 'completed', message: '' })],
    ['the start of a stage', step({ step: 'virtual-machines', status: 'started', message: '' })],
    ['the end of a stage without a button', step({ step: 'storage', status: 'completed', message: '' })],
    ['what was bootstrapped', { event: 'bootstrap_done', data: {} }],
  ] as const satisfies readonly (readonly [string, RunEvent])[])('leaves out %s', (_name, event) => {
    expect(legacyObject(event, 'device')).toBeUndefined();
  });
});
