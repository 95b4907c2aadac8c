/** Plays a scenario, and says what was not true. */
import { expect } from 'vitest';
import { expectAccounted } from '../contract/sync/accounting.js';
import { stages } from '../component/sync/plugin-calls.js';
import { createApiClient } from '../demo/api-client.js';
import { apiKey, type FaultWorld } from '../fault/support/world.js';
import type { StreamResult } from '../support/world.js';
import { applyChange } from './changes.js';
import { applyEdit, leavesWork, prepareOperator } from './edits.js';
import { anEstate, restore } from './estate.js';
import { breakBoth, mendBoth } from './faults.js';
import { lostEdits, stillThere, type Kept } from './kept.js';
import { oneObject } from './one-object.js';
import { changed, heal } from './passing.js';
import { paths } from './paths.js';
import { pictureOf, wrongRemovals } from './removals.js';
import type { Call, Scenario } from './scenario.js';

const deletes = 'delete_nonexistent_backup=true&delete_nonexistent_snapshot=true';
const everything = `/full-update/stream?${deletes}`;

/** Throws with the first thing that is not true. */
export async function play(world: FaultWorld, scenario: Scenario): Promise<void> {
  const wanted = await withoutFaults(world, scenario);
  const kept = await begin(world, scenario);
  const played = [JSON.stringify(scenario.edits)];
  for (const { change, faults, call } of scenario.steps) {
    if (change !== null) applyChange(world.estate, change);
    const at = pathOf(world, call);
    played.push(`${JSON.stringify({ change, faults })} ${at}`);
    try {
      await breakBoth(world, faults);
      await watched(world, kept, at, played.join('\n'));
    } finally {
      await mendBoth(world, faults);
    }
  }
  heal(world.estate);
  await watched(world, kept, everything, [...played, everything].join('\n'));
  const found = content(world);
  expect(differences(found, wanted), `after the faults:\n${played.join('\n')}`).toEqual({
    missing: [],
    unexpected: [],
  });
  expect(withoutMachine(world), `not in NetBox after:\n${played.join('\n')}`).toEqual([]);
  expect(await writesOf(world), `one more run writes:\n${played.join('\n')}`).toEqual([]);
}

/** What NetBox holds after the same edits and changes without any fault. */
async function withoutFaults(world: FaultWorld, scenario: Scenario): Promise<readonly string[]> {
  await begin(world, scenario);
  for (const { change } of scenario.steps) if (change !== null) applyChange(world.estate, change);
  heal(world.estate);
  await world.stream(everything);
  return content(world);
}

/** A first run on an empty NetBox, then the edits. */
async function begin(world: FaultWorld, scenario: Scenario): Promise<readonly Kept[]> {
  const initial = anEstate(scenario);
  for (const [index, cluster] of world.estate.clusters.entries()) {
    const as = initial.clusters[index];
    if (as !== undefined) restore(cluster, as);
  }
  await world.freshNetBox();
  await world.stream(everything);
  const prepared = prepareOperator(world.netbox);
  const { estate, netbox } = world;
  const work = scenario.edits.map(leavesWork);
  for (const { guests, nodes } of estate.clusters) {
    if (work.some((at) => at !== 'nothing')) for (const guest of guests.values()) changed.add(guest);
    if (work.includes('at guests and nodes')) for (const node of nodes) changed.add(node);
  }
  return scenario.edits.reduce<readonly Kept[]>(
    (kept, edit) => stillThere(netbox, [...kept, ...applyEdit(netbox, edit, prepared)]),
    [],
  );
}

function pathOf({ netbox, estate }: FaultWorld, { stage, endpoint, target, deletes: isDeleting }: Call): string {
  if (stage === -3) return oneObject(estate, endpoint ?? 0, target);
  const query = new URLSearchParams(isDeleting ? deletes : '');
  if (endpoint !== null) query.set('proxmox_endpoint_ids', String(endpoint + 1));
  const machines = netbox.state.objects(paths.machines);
  const machine = machines[target % Math.max(1, machines.length)];
  const calls = stages(1).map((call) => call.split('?')[0] ?? '');
  if (stage === -1 || (stage === -2 && machine === undefined)) return `/full-update/stream?${query.toString()}`;
  if (stage === -2) query.set('netbox_vm_ids', String(machine?.id));
  return `${calls[stage === -2 ? 2 : stage] ?? ''}?${query.toString()}`;
}

/** A call that may fail: what it answered. */
async function answerOf({ url }: FaultWorld, at: string): Promise<string> {
  return createApiClient(url, apiKey)
    .send('GET', at)
    .then((answer) => JSON.stringify(answer), String);
}

async function watched(world: FaultWorld, kept: readonly Kept[], at: string, played: string): Promise<void> {
  const before = pictureOf(world.netbox);
  const result = at.startsWith('/sync/individual/') ? await answerOf(world, at) : await world.stream(at);
  const after = pictureOf(world.netbox);
  expect(wrongRemovals(before, after, world.estate), `removed by\n${played}`).toEqual([]);
  expect(lostEdits(world.netbox, kept), `edits lost by\n${played}`).toEqual([]);
  // A stage that broke off has announced more than it accounts for, and the run says that it failed.
  if (typeof result !== 'string' && result.complete.ok) expectAccounted(result);
  expect(bugsIn(result), `a bug shows in\n${played}`).toEqual([]);
}

/** Words of errors that are mistakes of ours. */
function bugsIn(result: StreamResult | string): readonly string[] {
  const texts =
    typeof result === 'string'
      ? [result]
      : [...result.frames.map(({ data }) => JSON.stringify(data)), JSON.stringify(result.complete)];
  return texts.filter((text) =>
    /TypeError|ReferenceError|RangeError|is not a function|is not iterable|Cannot read prop|An unexpected error|A bug in this service/.test(
      text,
    ),
  );
}

async function writesOf(world: FaultWorld): Promise<readonly string[]> {
  world.netbox.resetCounters();
  await world.stream(everything);
  return world.netbox.requestLog
    .filter(({ method }) => !['GET', 'HEAD'].includes(method))
    .map(({ method, target, body }) => `${method} ${target} ${body.slice(0, 200)}`);
}

/** Guests that are not exactly one machine, whoever deleted what. */
function withoutMachine({ estate, netbox }: FaultWorld): readonly string[] {
  const states = netbox.state.objects(paths.states);
  return estate.clusters.flatMap(({ name, guests }, index) =>
    [...guests.values()].flatMap(({ vmid, type }) => {
      const its = states.filter(
        (row) =>
          row['proxmox_endpoint_raw_id'] === index + 1 &&
          row['proxmox_vm_id'] === vmid &&
          row['proxmox_vm_type'] === type &&
          row['virtual_machine'] !== null,
      );
      return its.length === 1 ? [] : [`${type} ${vmid} of ${name}: ${its.length} machines`];
    }),
  );
}

/** Without notes, which are written once: where one could not be, no later run makes up for it. */
function content(world: FaultWorld): readonly string[] {
  return world.content().filter((line) => !line.startsWith('extras/journal-entries '));
}

function differences(found: readonly string[], wanted: readonly string[]) {
  const without = (lines: readonly string[], others: readonly string[]) => {
    const set = new Set(others);
    return lines.filter((line) => !set.has(line));
  };
  return { missing: without(wanted, found), unexpected: without(found, wanted) };
}
