import { describe, expect, it } from 'vitest';
import { createNetBoxSimulator, defaultTokens, type NetBoxSimulatorOptions } from '../../simulator/netbox/index.js';
import type { Clock } from '../../../src/config/clock.js';
import { fieldInventory } from '../../../src/custom-fields/inventory.js';
import { createCustomFields } from '../../../src/custom-fields/service.js';
import { anApp } from './app-fixture.js';
import { aMoment, eventually } from '../../support/eventually.js';

const path = '/api/extras/custom-fields/';
const on = '/extras/custom-fields/reconcile?custom_fields_enabled=true';

async function aNetBox(options: NetBoxSimulatorOptions = {}) {
  const netbox = createNetBoxSimulator(options);
  await netbox.listen();
  const sleeps: number[] = [];
  const fixture = await anApp({
    cleanup: () => netbox.close(),
    variables: { PROXBOX_CUSTOM_FIELDS_REQUEST_DELAY: '0.5', PROXBOX_NETBOX_MAX_RETRIES: '0' },
    change: (deps) => {
      const sleep: Clock['sleep'] = async (ms, signal) => (
        sleeps.push(ms),
        deps.clock.sleep(ms > 5000 ? ms : 0, signal)
      );
      const clock = { ...deps.clock, sleep };
      return { customFields: createCustomFields({ ...deps, clock, stopping: deps.stopping.signal }) };
    },
  });
  const { app, headers } = fixture;
  const payload = {
    name: 'netbox', ip_address: '127.0.0.1', domain: '', port: Number(new URL(netbox.url).port),
    token_version: 'v2', token_key: defaultTokens.v2.key, token: defaultTokens.v2.secret, verify_ssl: false,
  }; // prettier-ignore
  await app.inject({ method: 'POST', url: '/netbox/endpoint', headers, payload });
  const post = async (url: string) => {
    netbox.resetCounters();
    const answer = await app.inject({ method: 'POST', url, headers });
    return { status: answer.statusCode, body: answer.json() };
  };
  const stored = () => netbox.state.objects(path);
  return { ...fixture, netbox, post, stored, sleeps };
}

describe('POST /extras/custom-fields/reconcile', () => {
  it('does nothing while the fields are switched off, which is the default', async () => {
    const { post, netbox } = await aNetBox();

    expect(await post('/extras/custom-fields/reconcile')).toEqual({ status: 200, body: [] });
    expect(netbox.counters.writes).toBe(0);
  });

  it.each(['4.6.8', '4.7.3'] as const)(
    'creates and mends all fields on NetBox %s, then finds nothing to do',
    async (version) => {
      const { post, netbox, stored, sleeps } = await aNetBox({ version });

      const first = await post(on);
      const writes = netbox.counters.byRoute;
      const second = await post(on);

      expect(first.status).toBe(200);
      expect(first.body.map(({ name }: { name: string }) => name)).toEqual(fieldInventory.map(({ name }) => name));
      expect(first.body.flatMap(Object.values)).not.toContain(null);
      expect(stored()).toHaveLength(43);
      // The plugin has made proxmox_node and proxmox_storage for virtual machines already.
      expect(writes).toMatchObject({ [`POST ${path}`]: 1, [`PATCH ${path}`]: 1 });
      expect(sleeps).toContain(500);
      expect(second.body).toEqual(first.body);
      expect(netbox.counters.writes).toBe(0);
    },
  );

  it('tells which field failed and why, and does the others', async () => {
    const { post, netbox, stored } = await aNetBox();
    netbox.operator.create(path, { name: 'proxmox_os', type: 'integer', object_types: ['dcim.device'] });

    const { status, body } = await post(on);

    expect(status).toBe(502);
    expect(body).toMatchObject({
      message: 'Failed to create all NetBox custom fields.',
      detail: {
        reason: 'custom_field_sync_failed',
        created_count: 40,
        failed_fields: [{ name: 'proxmox_os', error: expect.stringMatching(/integer/) }],
      },
    });
    expect(stored()).toHaveLength(43);
  });

  it('stops when NetBox is overwhelmed', async () => {
    const { post, netbox } = await aNetBox();
    netbox.faults.add({ match: { method: 'POST', path: /custom-fields/ }, action: { status: 503, body: {} } });

    const { status, body } = await post(on);

    expect(status).toBe(503);
    expect(body.message).toBe('NetBox is overwhelmed. Please retry this action in a few moments.');
    expect(body.detail).toMatchObject({ reason: 'netbox_overwhelmed', created_count: 0 });
    expect(netbox.counters.byRoute[`PATCH ${path}`]).toBeUndefined();
  });

  it.each([
    { ok: false, passes: 1 },
    { ok: true, passes: 0 },
  ])('repeats the pass over the support objects when the last one failed (ok: $ok)', async ({ ok, passes }) => {
    let runs = 0;
    const { app, headers } = await anApp({
      change: ({ supportPass }) => ({
        supportPass: {
          ...supportPass,
          status: () => ({ ...supportPass.status(), ok }),
          run: async () => void (runs += 1),
        },
      }),
    });

    await app.inject({ method: 'POST', url: '/extras/custom-fields/reconcile', headers });

    expect(runs).toBe(passes);
  });

  it('answers 400 without a NetBox', async () => {
    const { app, headers } = await anApp();

    const answer = await app.inject({ method: 'POST', url: on, headers });

    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ message: 'No NetBox endpoint found' });
  });

  it('goes on when it takes longer than the client waits, and is not started twice', async () => {
    const { deps, netbox, stored } = await aNetBox();
    const answered = aMoment();
    netbox.faults.add({ match: { method: 'POST', path: /custom-fields/ }, action: { until: answered.come } });
    const customFields = createCustomFields({ ...deps, stopping: deps.stopping.signal, waitMs: 1 });

    const early = await Promise.allSettled([customFields.reconcile(true), customFields.reconcile(true)]);

    for (const answer of early) {
      expect(answer).toMatchObject({
        status: 'rejected',
        reason: { status: 503, detail: { reason: 'custom_field_sync_running', created_count: 0 } },
      });
    }
    answered.now();
    await eventually(() => expect(stored()).toHaveLength(43));
    expect(netbox.counters.byRoute[`POST ${path}`]).toBe(1);
  });
});
