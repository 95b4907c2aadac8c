/**
 * Run frames in the older form that WebSocket clients read: `{"object", "type"?, "data"?, "end"?, "status"?}`. The plugin looks
 * at `object`, `end`, `status` and `stages`, and shows the rest. Pure.
 */
import type { ItemOperation, RunEvent } from '../../sync/events.js';
import { isObject } from '../../values/plain-object.js';

export interface LegacyObject {
  readonly object: string;
  readonly type?: 'create' | 'update' | 'delete' | 'sync' | 'progress' | 'warning' | 'error';
  readonly data?: Readonly<Record<string, unknown>>;
  /** Nothing more will come of this object: the plugin's button is released. */
  readonly end?: true;
  /** Of an end: the plugin (0.0.29) knows these two words, and takes no end of a full update without one of them. */
  readonly status?: 'completed' | 'failed';
  /** Of the end of a full update: what each stage came to, by name. */
  readonly stages?: object;
}

const objectOfPhase: ReadonlyMap<string, string> = new Map([
  ['devices', 'device'],
  ['virtual-machines', 'virtual_machine'],
  ['virtual-machine', 'virtual_machine'],
]);

const typeOfOperation: Readonly<Partial<Record<ItemOperation, LegacyObject['type']>>> = {
  created: 'create',
  updated: 'update',
  deleted: 'delete',
};

const objectOf = (phase: string): string => objectOfPhase.get(phase) ?? phase;

type EventOf<Name extends RunEvent['event']> = Extract<RunEvent, { readonly event: Name }>['data'];

function itemObject(data: EventOf<'item_progress'>): LegacyObject {
  const { item, operation, error, warning } = data;
  return {
    object: item.item_type?.replaceAll('-', '_') ?? objectOf(data.phase),
    type: (operation === undefined ? undefined : typeOfOperation[operation]) ?? 'sync',
    data: {
      completed: data.status === 'completed',
      rowid: item.name,
      name: item.name,
      ...(item.netbox_id === undefined ? {} : { netbox_id: item.netbox_id }),
      ...(item.netbox_url === undefined ? {} : { netbox_url: item.netbox_url }),
      sync_status: data.status,
      message: data.message,
      ...(error === undefined ? {} : { error }),
      ...(warning === undefined ? {} : { warning }),
    },
  };
}

/** In a full update each stage releases the button of its own objects, however it ended. */
function endOfStage({ step, status, message }: EventOf<'step'>, commanded: string): LegacyObject | undefined {
  const object = objectOfPhase.get(step);
  if ((status !== 'completed' && status !== 'failed') || object === undefined || object === commanded) return undefined;
  return { object, end: true, status, data: { ok: status === 'completed', message } };
}

/** How it ended, as the `complete` frame of a stream says it. */
function endOfRun({ ok, message, result, errors }: EventOf<'complete'>, commanded: string): LegacyObject {
  const {
    status,
    stages,
    run_id,
  }: { readonly status?: unknown; readonly stages?: unknown; readonly run_id?: unknown } = result;
  return {
    ...endMarker(commanded, ok, { status, message, errors, ...(run_id === undefined ? {} : { run_id }) }),
    ...(isObject(stages) ? { stages } : {}),
  };
}

/** `data` says the same as `ok`, and more. */
export function endMarker(object: string, ok: boolean, data: NonNullable<LegacyObject['data']>): LegacyObject {
  return { object, end: true, status: ok ? 'completed' : 'failed', data: { ok, ...data } };
}

/** @param commanded the object that the client asked for: errors and the end of the run are told under its name */
export function legacyObject({ event, data }: RunEvent, commanded: string): LegacyObject | undefined {
  if (event === 'item_progress') return itemObject(data);
  if (event === 'step') return endOfStage(data, commanded);
  if (event === 'complete') return endOfRun(data, commanded);
  if (event === 'error') return { object: commanded, type: 'error', data: { error: data.error } };
  if (event === 'error_detail') {
    return { object: objectOf(data.phase), type: 'warning', data: { warning: data.detail } };
  }
  if (event === 'discovery' || event === 'substep' || event === 'phase_summary') {
    return { object: objectOf(data.phase), type: 'progress', data: { message: data.message } };
  }
  return undefined;
}
