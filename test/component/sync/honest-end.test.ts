/** What a run says of itself at its end: in the stream, in JSON, in the log. */
import { afterEach, describe, expect, it } from 'vitest';
import { createEstate, setNodeOnline, type Estate } from '../../simulator/estate/index.js';
import { readAsPlugin } from '../../support/plugin-stream.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const machines = '/virtualization/virtual-machines/create';
let target: SimulatedTarget;
afterEach(() => target.close());

async function open(vms = 8, variables: Readonly<Record<string, string>> = {}): Promise<Estate> {
  const estate = createEstate({ vms, clusters: 1, seed: 3 });
  target = await openSimulated(estate, { variables });
  return estate;
}

const cluster = () => target.world.estate.clusters[0]!;
const ask = (at: string) => target.world.ask('GET', at);
const statusIn = ({ headers }: { readonly headers: Headers }) => headers.get('x-proxbox-status');

describe('a run that does everything', () => {
  it('is completed, everywhere', async () => {
    await open();
    const stage = await ask(machines);
    expect([stage.status, statusIn(stage)]).toEqual([200, 'completed']);
    const all = await ask('/full-update');
    expect([all.status, statusIn(all)]).toEqual([200, 'completed']);
    expect(all.body).toMatchObject({ ok: true, status: 'completed', errors: [] });
    const { complete } = await target.world.stream('/dcim/devices/create/stream');
    expect(complete).toMatchObject({ ok: true, message: 'devices sync completed.', result: { status: 'completed' } });
  });
});

describe('a node that is offline', () => {
  it('makes a stage partial and a success, and the full update partial and none', async () => {
    await open();
    setNodeOnline(cluster(), 'pve2', false);
    const stage = await ask(machines);
    expect([stage.status, statusIn(stage), Array.isArray(stage.body)]).toEqual([200, 'partial', true]);
    const all = await ask('/full-update');
    expect([all.status, statusIn(all)]).toEqual([200, 'partial']);
    expect(all.body).toMatchObject({ ok: false, status: 'partial' });
    expect(all.body.errors).toContainEqual(
      expect.objectContaining({ reason: 'node_offline', suggestion: expect.stringContaining('pvecm') as string }),
    );
  });

  it('is told to the plugin right before the end, by name and with a remedy', async () => {
    await open();
    setNodeOnline(cluster(), 'pve2', false);
    const frames = await readAsPlugin(`${target.world.url}${machines}/stream`, target.world.apiKey);
    const [closing, complete] = frames.slice(-2);
    expect(closing).toMatchObject({
      event: 'error_detail',
      data: { category: 'connection', detail: expect.stringMatching(/^node_offline \(\d+\)$/) as string },
    });
    expect(complete?.data).toMatchObject({ ok: true, result: { status: 'partial' } });
    expect(complete?.data['message']).toMatch(/completed in part: node_offline \(\d+\)\.$/);
  });

  it('is a line of the log for every guest, between the lines that begin and end the run', async () => {
    await open();
    setNodeOnline(cluster(), 'pve2', false);
    const left = [...cluster().guests.values()].filter(({ node }) => node === 'pve2');
    await target.world.stream(`${machines}/stream?run_id=run-of-the-night`);
    const { body } = await ask('/admin/logs?limit=1000');
    const lines: readonly string[] = body.logs.map((line: object) => JSON.stringify(line)).reverse();
    const begin = lines.findIndex((line) => line.includes('Virtual machines sync begins.'));
    const end = lines.findIndex((line) => line.includes('Virtual machines sync completed in part'));
    expect(begin).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThan(begin);
    const warnings = lines.slice(begin, end).filter((line) => line.includes('node_offline'));
    for (const { vmid } of left) expect(warnings.some((line) => line.includes(String(vmid)))).toBe(true);
  });
});

describe('a stage of which NetBox refuses most', () => {
  it('is failed, with the status of its cause, and the numbers', async () => {
    await open();
    target.simulator.faults.add({
      match: { method: 'POST', path: /\/virtualization\/virtual-machines\// },
      action: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    });
    const json = await ask(machines);
    expect([json.status, statusIn(json)]).toEqual([502, 'failed']);
    const { complete, frames } = await target.world.stream(`${machines}/stream`);
    expect(complete).toMatchObject({
      ok: false,
      message: expect.stringContaining('8 of 8 virtual machines failed') as string,
      result: { status: 'failed', failed: 8 },
    });
    expect(complete.errors.map(({ reason, count }) => [reason, count])).toContainEqual(['forbidden', 8]);
    expect(frames.at(-2)?.event).toBe('error');
  });

  it('goes on with what hangs on the others, as a full update does, and is failed all the same', async () => {
    await open(8, { PROXBOX_BULK_BATCH_SIZE: '1' });
    target.simulator.faults.add({
      match: { method: 'POST', path: /\/virtualization\/virtual-machines\//, times: 5 },
      action: { status: 400, body: [{ name: ['Not this one.'] }] },
    });

    const { complete } = await target.world.stream(`${machines}/stream`);

    expect(complete).toMatchObject({
      ok: false,
      message: expect.stringContaining('5 of 8 virtual machines failed') as string,
      result: { status: 'failed', failed: 5, created: 3 },
    });
    const written = target.simulator.state.objects('virtualization/virtual-machines').map(({ id }) => id);
    const machineOf = (row: object): unknown => Reflect.get(row, 'virtual_machine');
    for (const kind of ['interfaces', 'virtual-disks']) {
      const rows = target.simulator.state.objects(`virtualization/${kind}`).map(machineOf);
      expect([...new Set(rows)].sort(), kind).toEqual(written);
    }
    target.simulator.faults.clear();
    expect((await target.world.stream(`${machines}/stream`)).complete).toMatchObject({ ok: true, errors: [] });
  });
});

describe('what does not exist', () => {
  it.each([
    '/virtualization/virtual-machines/virtual-disks/create?netbox_vm_ids=424242',
    '/virtualization/virtual-machines/424242/create',
    '/virtualization/virtual-machines/create?netbox_vm_ids=424242',
  ])('is 404: %s', async (at) => {
    await open(2);
    await target.world.fullUpdate();
    expect(await ask(at)).toMatchObject({ status: 404, body: { detail: expect.stringContaining('424242') as string } });
  });

  it('fails the stream of the disks of an unknown machine by name', async () => {
    await open(2);
    await target.world.fullUpdate();
    const { complete } = await target.world.stream(
      '/virtualization/virtual-machines/424242/virtual-disks/create/stream',
    );
    expect(complete).toMatchObject({ ok: false, result: { status: 'failed' }, errors: [{ reason: 'not_found' }] });
  });
});

describe('/extras/bootstrap-status', () => {
  it('says what the beginning of the last run found, and nothing of a dry run', async () => {
    await open(2);
    const status = async () => (await ask('/extras/bootstrap-status')).body;
    await target.world.fullUpdate('?dry_run=true');
    expect(await status()).toMatchObject({ ok: true, skipped: true, reason: 'bootstrap_pending' });
    await target.world.stream('/dcim/devices/create/stream');
    expect(await status()).toMatchObject({ ok: true, skipped: false, reason: null });
    target.simulator.operator.remove('extras/tags', target.simulator.state.objects('extras/tags')[0]!.id);
    await target.world.stream('/dcim/devices/create/stream');
    expect((await status()).created).toHaveLength(1);
  });
});

describe('the settings of the plugin', () => {
  it('are those that it has when the run begins', async () => {
    await open(2);
    await target.world.fullUpdate();
    const [row] = target.simulator.state.objects('plugins/proxbox/settings');
    target.simulator.operator.update('plugins/proxbox/settings', row!.id, { sync_mode_storage: 'disabled' });
    const { complete } = await target.world.stream('/virtualization/virtual-machines/storage/create/stream');
    expect(complete.message).toContain('sync_mode_storage=disabled');
  });
});
