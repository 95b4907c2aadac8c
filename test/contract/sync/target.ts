/**
 * What the sync scenarios talk to: the service with simulated Proxmox clusters, and a NetBox that is either simulated or
 * real. What NetBox holds is read with raw requests, never with a client of ours.
 */
import { expect } from 'vitest';
import type { Estate } from '../../simulator/estate/index.js';
import type { StreamResult, SyncedWorld } from '../../support/world.js';
import { path, type Answer, type Api } from '../netbox/target.js';
import { expectAccounted } from './accounting.js';

/** What NetBox saw while something ran. */
export interface Observed {
  readonly requests: number;
  /** `PATCH /api/...`, in order. */
  readonly writes: readonly string[];
  /** Rows that the change log gained. */
  readonly changes: number;
}

export interface SyncTarget {
  readonly world: SyncedWorld;
  readonly netbox: Api;
  watch(action: () => Promise<unknown>): Promise<Observed>;
  close(): Promise<void>;
}

/** Opens the service on an empty NetBox, with one Proxmox endpoint per cluster of the estate. */
export type OpenTarget = (estate: Estate) => Promise<SyncTarget>;

type Body = Answer['body'];

/** A run that must end well, with every object accounted for. */
export async function sync(target: SyncTarget, at = '/full-update/stream'): Promise<StreamResult> {
  const result = await target.world.stream(at);
  expect(result.complete, JSON.stringify(result.frames.slice(-3), null, 1)).toMatchObject({ ok: true, errors: [] });
  expectAccounted(result);
  return result;
}

/** A run that cannot do everything, and says what: `reasons`: all that its errors have. Every object is accounted for all the same. */
export async function syncPartly(
  target: SyncTarget,
  at: string | undefined,
  reasons?: readonly string[],
): Promise<StreamResult> {
  const result = await target.world.stream(at ?? '/full-update/stream');
  const { complete } = result;
  const seen = JSON.stringify(result.frames.slice(-3), null, 1);
  // A job goes on after a partial stage; a full update is all of it.
  expect(complete, seen).toMatchObject({ ok: at !== undefined && !at.startsWith('/full-update') });
  expect(complete.result, seen).toMatchObject({ status: 'partial' });
  const told = [...new Set(complete.errors.map(({ reason }) => reason))].sort();
  expect(told, seen).not.toEqual([]);
  if (reasons !== undefined) expect(told, seen).toEqual([...reasons].sort());
  expectAccounted(result);
  return result;
}

/** A run and what it did to NetBox. */
export async function watchedSync(target: SyncTarget, at?: string): Promise<Observed & StreamResult> {
  let result: StreamResult | undefined;
  const seen = await target.watch(async () => {
    result = await sync(target, at);
  });
  return { ...seen, ...result! };
}

/** The same where nothing is to be done. */
export async function syncPartlyQuietly(
  target: SyncTarget,
  at: string | undefined,
  reasons?: readonly string[],
): Promise<StreamResult> {
  let result: StreamResult | undefined;
  const seen = await target.watch(async () => {
    result = await syncPartly(target, at, reasons);
  });
  expect(seen).toMatchObject({ writes: [], changes: 0 });
  return result!;
}

/** A run that must find nothing to do. */
export async function syncQuietly(target: SyncTarget, at?: string): Promise<StreamResult> {
  const seen = await watchedSync(target, at);
  expect(seen.writes).toEqual([]);
  expect(seen.changes).toBe(0);
  return seen;
}

/** All objects of a collection. */
export async function all(target: SyncTarget, collection: string, query = ''): Promise<Body[]> {
  const answer = await target.netbox.get(`${collection}?limit=1000${query}`);
  expect(answer, collection).toMatchObject({ status: 200 });
  return answer.body.results;
}

/** The only object of a collection that fits. */
export async function one(target: SyncTarget, collection: string, query: string): Promise<Body> {
  const found = await all(target, collection, `&${query}`);
  expect(found, `${collection}?${query}`).toHaveLength(1);
  return found[0];
}

/** The virtual machine of a guest, found by its sidecar, with the sidecar. */
export async function machineOf(
  target: SyncTarget,
  vmid: number,
  cluster = 'lab',
): Promise<{ machine: Body; state: Body }> {
  const rows = await all(target, path.vmState, `&proxmox_vm_id=${vmid}`);
  const [state, ...others] = rows.filter((row) => row.proxmox_cluster_name === cluster);
  expect(state, `sidecar of ${cluster}/${vmid}`).toBeDefined();
  expect(others).toEqual([]);
  const { body } = await target.netbox.get(`${path.vms}${state.virtual_machine.id}/`);
  return { machine: body, state };
}

/** The operator changes an object; what NetBox answers is the object as it is then. */
export async function edit(target: SyncTarget, collection: string, id: number, changes: object): Promise<Body> {
  const answer = await target.netbox.patch(`${collection}${id}/`, changes);
  expect(answer, `PATCH ${collection}${id}/`).toMatchObject({ status: 200 });
  return answer.body;
}

export const tagsOf = (object: Body): string[] => object.tags.map(({ slug }: { slug: string }) => slug).sort();
