import { describe, expect, it } from 'vitest';
import { aLab, exampleOn, type Lab } from './proxmox-lab.js';

const twoClusters = () => {
  const first = exampleOn('9.2', { name: 'one' });
  const second = exampleOn('8.4', { name: 'two' });
  return { epochS: first.epochS, clusters: [...first.clusters, ...second.clusters] };
};

/** Endpoint 1 is a cluster on 9.2, endpoint 2 one on 8.4. */
async function aPair(...writable: readonly number[]) {
  const lab = await aLab({ estate: twoClusters() });
  for (const id of writable) {
    await lab.app.inject({
      method: 'PUT',
      url: `/proxmox/endpoints/${id}`,
      headers: lab.headers,
      payload: { allow_writes: true },
    });
  }
  return lab;
}

const post = async ({ app, headers }: Lab, url: string) => {
  const answer = await app.inject({ method: 'POST', url: `/proxmox/cluster/ha/${url}`, headers });
  return [answer.statusCode, answer.json()];
};
const orders = (lab: Lab) =>
  lab.simulators.map(({ requestLog }) =>
    requestLog.filter(({ method, path }) => method === 'POST' && path.startsWith('/cluster')).map(({ path }) => path),
  );

describe('high availability', () => {
  it('is disarmed and armed at the named cluster alone, with a security event', async () => {
    const lab = await aPair(1, 2);

    const disarmed = await post(lab, 'disarm?proxmox_endpoint_ids=1');
    const mode = lab.simulators[0]!.state.ha.disarmed;
    const armed = await post(lab, 'arm?proxmox_endpoint_ids=1');

    expect(disarmed).toEqual([200, [{ cluster_name: 'one', status: 'ok', error: null }]]);
    expect(mode).toBe('freeze');
    expect(armed).toEqual([200, [{ cluster_name: 'one', status: 'ok', error: null }]]);
    expect(lab.simulators[0]!.state.ha.disarmed).toBeNull();
    expect(orders(lab)).toEqual([['/cluster/ha/status/disarm-ha', '/cluster/ha/status/arm-ha'], []]);
    expect(lab.logLines.filter((line) => line.includes('ha_command'))).toHaveLength(2);
  });

  it('takes the other mode when it is asked for, and no third', async () => {
    const lab = await aPair(1);

    await post(lab, 'disarm?proxmox_endpoint_ids=1&resource_mode=ignore');

    expect(lab.simulators[0]!.state.ha.disarmed).toBe('ignore');
    expect((await post(lab, 'disarm?proxmox_endpoint_ids=1&resource_mode=off'))[0]).toBe(422);
  });

  it('stays as it is where writing is switched off, and nobody is asked', async () => {
    const lab = await aPair();

    const [status, rows] = await post(lab, 'disarm?proxmox_endpoint_ids=1,2');

    expect([status, rows]).toEqual([
      200,
      ['lab', 'endpoint 2'].map((name) => ({ cluster_name: name, status: 'error', error: 'endpoint_writes_disabled' })),
    ]);
    expect(lab.simulators.map(({ counters }) => counters.total)).toEqual([0, 0]);
  });

  it('is never touched for all clusters at once', async () => {
    const lab = await aPair(1, 2);

    for (const url of [
      'disarm',
      'arm?proxmox_endpoint_ids=',
      'disarm?proxmox_endpoint_ids=%20,&endpoint_ids=1',
      'disarm?proxmox_endpoint_ids=1&source=netbox',
    ]) {
      const [status, body] = await post(lab, url);
      expect([url, status, body.reason]).toEqual([url, 403, 'endpoint_id_required']);
    }
    expect(await post(lab, 'disarm?proxmox_endpoint_ids=9')).toEqual([200, []]);
    expect(lab.simulators.map(({ counters }) => counters.total)).toEqual([0, 0]);
  });

  it('says what an older Proxmox answers', async () => {
    const lab = await aPair(2);

    const [status, [row]] = await post(lab, 'disarm?proxmox_endpoint_ids=2');

    expect([status, row.status]).toEqual([200, 'error']);
    expect(row.error).toMatch(/501.*from release 9\.2 on; this cluster runs \d+\.\d/);
  });
});
