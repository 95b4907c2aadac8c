/** What the log page of the plugin's job shows of all that could not be done. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, setNodeOnline, setNodeStalled } from '../simulator/estate/index.js';
import { aCluster, aGuest, anEstate } from '../contract/sync/estates.js';
import { expectCompleted, stagesOf } from './plugin-jobs.js';
import type { PluginJob } from './plugin-worker.js';
import { openPluginWorld, type PluginWorld } from './plugin-world.js';

describe('the log of a job that could not do everything at one of two endpoints', () => {
  const lab = aCluster({ guests: [{ vmid: 100 }, { vmid: 101 }] });
  const edge = aCluster({
    name: 'edge',
    guests: [
      { vmid: 200 },
      { vmid: 201 },
      ...[211, 212, 213].map((vmid) => ({ vmid, node: 'pve2' })),
      { vmid: 221, node: 'pve3' },
    ],
  });
  let world: PluginWorld;
  let job: PluginJob;
  beforeAll(async () => {
    world = await openPluginWorld(anEstate(lab, edge));
    expectCompleted(await world.sync(['all']));
    setNodeStalled(edge, 'pve2', true);
    setNodeOnline(edge, 'pve3', false);
    // More CPUs than the column of NetBox has digits for.
    addGuest(edge, { ...aGuest({ vmid: 202, name: 'too-many' }), config: { cores: 128, sockets: 100 } });
    job = await world.sync(['all']);
  });
  afterAll(() => world.close());

  const page = async (): Promise<string> => {
    const { status, text } = await world.worker.visit(`/core/jobs/${job.id}/log/?per_page=1000`);
    expect(status).toBe(200);
    return text;
  };

  it('is that of a job which went on to its end', () => {
    expect(job, job.error).toMatchObject({ status: 'completed', error: '' });
    expect(stagesOf(job).map(({ result_summary }) => result_summary.ok)).not.toContain(false);
  });

  it.each([
    ['the node that is offline', /node_offline \(\d+\): .*pve3/],
    ['the guests that nothing was told of', /guest_undescribed \(3\): qemu 211, qemu 212, qemu 213\./],
    ['what to do about them', /systemctl restart pvestatd/],
    [
      'the machine that NetBox refused, with its sentence',
      /rejected \(1\): too-many\..*no more than 4 digits before the decimal point/,
    ],
  ])('names %s, and so does its page', async (_what, sentence) => {
    expect(job.log.filter(({ message }) => sentence.test(message)).map(({ message }) => message)).not.toEqual([]);
    expect((await page()).split('\n').filter((line) => sentence.test(line))).not.toEqual([]);
  });
});
