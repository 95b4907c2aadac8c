/** A run works with the settings that the plugin has when it begins: it waits for them, and never writes by defaults in silence. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultAction } from '../../simulator/http/faults.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, sync, watchedSync } from '../../contract/sync/target.js';
import { createHurriedClock } from '../../support/hurried-clock.js';
import { eventually } from '../../support/eventually.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const settingsPaths = /\/api\/plugins\/proxbox\/settings\//;
const clock = createHurriedClock(1000);

describe("the plugin's settings at the start of a run", () => {
  let target: SimulatedTarget;
  beforeEach(async () => {
    target = await openSimulated(anEstate(aCluster({ guests: [{ vmid: 100 }] })), { clock });
    const [settings] = await all(target, path.settings);
    await edit(target, path.settings, settings.id, { sync_mode_vm: 'disabled' });
    // Nothing is known of them when the service has just started.
    await target.world.restart();
  });
  afterEach(() => target.close());

  const fail = (action: FaultAction, times?: number): void =>
    target.simulator.faults.add({ match: { path: settingsPaths, ...(times === undefined ? {} : { times }) }, action });
  const machines = async (): Promise<string[]> => (await all(target, path.vms)).map(({ name }) => name);
  const asked = (): number =>
    target.simulator.requestLog.filter((request) => settingsPaths.test(request.target)).length;

  it('are waited for, however long NetBox takes to tell them', async () => {
    let tell = (): void => undefined;
    fail({ until: new Promise<void>((resolve) => (tell = resolve)) });

    const running = sync(target);
    await eventually(() => expect(asked()).toBeGreaterThan(0));
    await clock.sleep(60_000);
    tell();
    await running;

    expect(await machines()).toEqual([]);
  });

  it.each<readonly [string, FaultAction]>([
    ['a NetBox that is starting', { status: 503, body: '<html>starting</html>' }],
    ['connections that are cut', 'reset-before'],
  ])('are asked for again after %s', async (_name, action) => {
    fail(action, 3);

    await sync(target);

    expect(await machines()).toEqual([]);
  });

  it('are read again right after another read of them failed', async () => {
    fail({ status: 500, body: { detail: 'broken' } }, 2);
    await target.world.ask('GET', '/proxbox/settings');

    await sync(target);

    expect(await machines()).toEqual([]);
  });

  it('end the run, before anything is written, where NetBox does not answer', async () => {
    fail('reset-before');

    const seen = await target.watch(async () => {
      const { complete } = await target.world.fullUpdate();
      expect(complete).toMatchObject({ ok: false, errors: [{ reason: 'netbox_unreachable' }] });
    });

    expect(seen).toMatchObject({ writes: [], changes: 0 });
  });

  it.each<readonly [string, FaultAction]>([
    ['the token may not read', { status: 403, body: { detail: 'You do not have permission to perform this action.' } }],
    ['NetBox cannot render', { status: 500, body: { error: 'no such column', exception: 'ProgrammingError' } }],
    ['are no object', { status: 200, body: [] }],
  ])('that %s are told as unread, and the defaults apply', async (_name, action) => {
    fail(action);

    const { complete } = await sync(target);

    expect(complete.result!.warnings).toContainEqual(
      expect.objectContaining({
        reason: 'settings_unread',
        message: expect.stringContaining('the variables and the defaults apply'),
      }),
    );
    expect(await machines()).toEqual(['guest-100']);
  });

  it('that could be read once apply as long as they cannot be read again, and that is told', async () => {
    await sync(target);
    fail({ status: 403, body: { detail: 'You do not have permission to perform this action.' } });

    const { complete } = await watchedSync(target);

    expect(complete.result!.warnings).toContainEqual(
      expect.objectContaining({
        reason: 'settings_unread',
        message: expect.stringContaining('the last ones that could be read apply'),
      }),
    );
    expect(await machines()).toEqual([]);
  });

  it('are no matter of a NetBox without the plugin', async () => {
    fail({ status: 404, body: { detail: 'Not found.' } });

    const { complete } = await sync(target);

    expect(JSON.stringify(complete)).not.toContain('settings_unread');
  });
});
