import { describe, expect, it } from 'vitest';
import type { Call, Reply } from './client.js';
import { form, start } from './client.js';

const login = (call: (path: string, call?: Call) => Promise<Reply>, fields: Record<string, string>): Promise<Reply> =>
  call('/access/ticket', form(fields));

const withTicket = (ticket: string, csrf?: string): Record<string, string> => ({
  cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`,
  ...(csrf === undefined ? {} : { CSRFPreventionToken: csrf }),
});

describe('tokens', () => {
  it.each([
    ['nothing', {}, 'No ticket'],
    ['an unknown user', { authorization: 'PVEAPIToken=nobody@pve!x=y' }, 'Authentication failed!'],
    ['an unknown token', { authorization: 'PVEAPIToken=proxbox@pve!x=y' }, 'Authentication failed!'],
    ['a wrong value', { authorization: 'PVEAPIToken=proxbox@pve!sync=y' }, 'Authentication failed!'],
    ['a value without a token name', { authorization: 'PVEAPIToken=y' }, 'Authentication failed!'],
    ['a forged ticket', withTicket('PVE:proxbox@pve:00000000::eA=='), 'permission denied - invalid PVE ticket'],
  ] as [string, Record<string, string>, string][])(
    'refuse %s with 401 and the reason',
    async (_case, headers, reason) => {
      const { call } = await start();

      const reply = await call('/version', { headers });

      expect([reply.status, reply.reason, reply.type, reply.text]).toEqual([401, reason, '', '']);
    },
  );

  it('let a good one read and write without a CSRF token', async () => {
    const { call } = await start();

    expect((await call('/version')).status).toBe(200);
    expect((await call('/nodes/pve1/qemu/105/status/stop', { ...withToken(), method: 'POST' })).status).toBe(200);
  });
});

const withToken = (): Call => ({
  headers: { authorization: 'PVEAPIToken=proxbox@pve!sync=6f1c1d8e-0f5b-4c62-9d8b-7a1e5d2c3b40' },
});

describe('tickets', () => {
  it.each([
    ['a form', (fields: Record<string, string>) => form(fields)],
    [
      'JSON',
      (fields: Record<string, string>): Call => ({
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fields),
      }),
    ],
  ] as [string, (fields: Record<string, string>) => Call][])(
    'are given for a password sent as %s',
    async (_case, encode) => {
      const { pve, call } = await start();

      const { data } = await call('/access/ticket', encode({ username: pve.username, password: pve.password }));

      expect(data.username).toBe('proxbox@pve');
      expect(data.cap.vms['VM.Audit']).toBe(1);
      expect((await call('/version', { headers: withTicket(data.ticket) })).status).toBe(200);
    },
  );

  it.each([
    [{ username: 'proxbox@pve', password: 'wrong' }, 'authentication failure'],
    [{ username: 'nobody@pve', password: 'wrong' }, 'authentication failure'],
    [{ username: 'proxbox@ldap', password: 'simulated-password' }, 'authentication failure'],
  ])('are refused to %o', async (fields, reason) => {
    const { call } = await start();

    const reply = await login(call, fields);

    expect([reply.status, reply.reason]).toEqual([401, reason]);
  });

  it('name the field a login lacks', async () => {
    const { call } = await start();

    const reply = await login(call, { username: 'proxbox@pve', colour: 'red' });

    expect([reply.status, reply.reason]).toEqual([400, 'Parameter verification failed.']);
    expect(reply.json.errors).toEqual({
      password: 'property is missing and it is not optional',
      colour: 'property is not defined in schema and the schema does not allow additional properties',
    });
  });

  it('are not given outside /api2/json', async () => {
    const { call } = await start();

    const reply = await call('/access/ticket', { ...form({ username: 'a', password: 'b' }), raw: true });

    expect([reply.status, reply.reason]).toEqual([501, "no such file '/access/ticket'"]);
  });

  it('end after their time and can be renewed with the old one as password before', async () => {
    let nowMs = Date.UTC(2026, 4, 1);
    const { pve, call } = await start({ now: () => nowMs, ticketTtlS: 7200 });
    const first = (await login(call, { username: pve.username, password: pve.password })).data.ticket;
    nowMs += 3_700_000;

    const second = (await login(call, { username: pve.username, password: first })).data.ticket;
    nowMs += 3_700_000;

    expect((await call('/version', { headers: withTicket(first) })).reason).toBe(
      'permission denied - invalid PVE ticket',
    );
    expect((await call('/version', { headers: withTicket(second) })).status).toBe(200);
    expect((await login(call, { username: pve.username, password: first })).status).toBe(401);
  });

  it('need the CSRF token for writes', async () => {
    const { pve, call } = await start();
    const { data } = await login(call, { username: pve.username, password: pve.password });
    const stop = (headers: Record<string, string>): Promise<Reply> =>
      call('/nodes/pve1/qemu/105/status/stop', { method: 'POST', headers });

    const without = await stop(withTicket(data.ticket));
    const forged = await stop(withTicket(data.ticket, '00000000:abc'));
    const good = await stop(withTicket(data.ticket, data.CSRFPreventionToken));

    expect([without.status, without.reason]).toEqual([401, 'Permission denied - invalid csrf token']);
    expect(forged.status).toBe(401);
    expect(good.data).toMatch(/^UPID:pve1:/);
  });

  it('are partial for a user with a second factor until the code is given', async () => {
    const { call } = await start({
      users: [{ userid: 'two@pve', password: 'pw', needsTfa: true, acl: [{ path: '/', privileges: ['VM.Audit'] }] }],
    });

    const first = (await login(call, { username: 'two@pve', password: 'pw' })).data;
    const withPartial = await call('/version', { headers: withTicket(first.ticket) });
    const wrong = await login(call, { username: 'two@pve', password: 'totp:000000', 'tfa-challenge': first.ticket });
    const second = await login(call, { username: 'two@pve', password: 'totp:123456', 'tfa-challenge': first.ticket });

    expect(first.NeedTFA).toBe(1);
    expect(first.ticket).toContain('!tfa!');
    expect([withPartial.status, wrong.status]).toEqual([401, 401]);
    expect((await call('/version', { headers: withTicket(second.data.ticket) })).status).toBe(200);
  });
});
