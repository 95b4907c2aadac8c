import { expect } from 'vitest';
import type { NetBoxSimulator } from '../../simulator/netbox/index.js';
import type { StreamResult } from '../../support/world.js';
import type { FaultWorld } from './world.js';

/** The content that an undisturbed first run gives; afterwards the world has another, empty NetBox. */
export async function undisturbed(world: FaultWorld): Promise<readonly string[]> {
  expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
  const wanted = world.content();
  await world.freshNetBox();
  return wanted;
}

/** No DELETE ever reached NetBox. */
export function expectNoDeletes(netbox: NetBoxSimulator): void {
  expect(netbox.requestLog.filter(({ method }) => method === 'DELETE')).toEqual([]);
}

/** A failed run says so: an `error`, then exactly one `complete` with a reason, last. */
export function expectFailure(result: StreamResult, text: RegExp): void {
  expectEnd(result, 'failed', text);
}

/** The same of a run that was ended from outside: nothing of it failed. */
export function expectCancelled(result: StreamResult, text: RegExp): void {
  expectEnd(result, 'cancelled', text);
}

function expectEnd({ frames, complete }: StreamResult, status: string, text: RegExp): void {
  expect(frames.filter(({ event }) => event === 'complete')).toHaveLength(1);
  expect(frames.at(-1)?.event).toBe('complete');
  expect(frames.at(-2)?.event).toBe('error');
  expect(complete).toMatchObject({ ok: false, result: { status } });
  expect(complete.errors[0]?.detail).toMatch(text);
}

/** A full update that did not do everything is no success, and names what is missing. */
export function expectPartial({ frames, complete }: StreamResult): void {
  expect(complete).toMatchObject({ ok: false, result: { status: 'partial' } });
  expect(complete.errors).not.toEqual([]);
  expect(frames.at(-2)?.event).toBe('error');
}

/** Shows only the lines that differ. */
export function expectContent(world: Pick<FaultWorld, 'content'>, wanted: readonly string[]): void {
  const found = world.content();
  const without = (lines: readonly string[], others: ReadonlySet<string>) => lines.filter((line) => !others.has(line));
  expect({
    missing: without(wanted, new Set(found)),
    unexpected: without(found, new Set(wanted)),
    objects: found.length,
  }).toEqual({ missing: [], unexpected: [], objects: wanted.length });
}

/** A note of what happened, written once: where it could not be, a later run does not make up for it. */
const isNote = (line: string): boolean => line.startsWith('extras/journal-entries ');

/** No note twice; everything else as wanted. */
export function expectContentButForNotes(world: FaultWorld, wanted: readonly string[]): void {
  const found = world.content();
  const notes = found.filter(isNote);
  expectContent(
    { content: () => found.filter((line) => !isNote(line)) },
    wanted.filter((line) => !isNote(line)),
  );
  expect(notes.filter((line) => !wanted.includes(line))).toEqual([]);
  expect(notes.length).toBeLessThanOrEqual(wanted.filter(isNote).length);
}

function writesOf(netbox: NetBoxSimulator): string {
  const writes = netbox.requestLog.filter(({ method }) => method !== 'GET');
  return writes.map(({ method, target, body }) => `${method} ${target} ${body.slice(0, 300)}`).join('\n');
}

/** After the fault: a healthy run reaches the wanted content, but for notes. */
export async function expectRecovery(world: FaultWorld, wanted: readonly string[]): Promise<void> {
  expectNoDeletes(world.netbox);
  world.netbox.faults.clear();
  for (const simulator of world.proxmox) simulator.faults.clear();
  expect((await world.fullUpdate()).complete).toMatchObject({ ok: true, errors: [] });
  expectContentButForNotes(world, wanted);
}

/** A run that writes nothing. */
export async function expectQuiet(world: FaultWorld): Promise<void> {
  world.netbox.resetCounters();
  const changes = world.netbox.changelogRows;
  expect((await world.fullUpdate()).complete).toMatchObject({ ok: true });
  expect(world.netbox.counters.writes, writesOf(world.netbox)).toBe(0);
  expect(world.netbox.changelogRows).toBe(changes);
}

/** The same, and one more run writes nothing. */
export async function expectConvergence(world: FaultWorld, wanted: readonly string[]): Promise<void> {
  await expectRecovery(world, wanted);
  await expectQuiet(world);
}

/** Some frame of the run says it. */
export function expectTold({ frames }: StreamResult, text: RegExp): void {
  const lines = frames.map(({ event, data }) => `${event} ${JSON.stringify(data)}`);
  const shown = lines.filter((line) => !line.startsWith('substep')).map((line) => line.slice(0, 400));
  expect(
    lines.some((line) => text.test(line)),
    `no frame says ${text}:\n${shown.join('\n')}`,
  ).toBe(true);
}

/** Reason codes of the single objects of one stage, sorted, each once. */
export function reasonsOf({ frames }: StreamResult, phase = 'virtual-machines'): readonly string[] {
  const reasons = frames.flatMap(({ data }) => {
    if (data['phase'] !== phase) return [];
    const found = /"reason":"(\w+)"/.exec(JSON.stringify(data['item'] ?? null))?.[1];
    return found === undefined ? [] : [found];
  });
  return [...new Set(reasons)].sort();
}
