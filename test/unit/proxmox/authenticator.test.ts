import { describe, expect, it, vi } from 'vitest';
import { createAuthenticator } from '../../../src/proxmox/authenticator.js';
import { Secret } from '../../../src/config/secret.js';
import type { HttpRequest, HttpResult } from '../../../src/transport/types.js';
import { answer, data, failure, fakeClock, fakeTransport } from './fakes.js';

const hour = 3_600_000;
const noteNothing = (): void => undefined;

function setUp(respond: (request: HttpRequest, times: number) => HttpResult | Promise<HttpResult>) {
  const clock = fakeClock();
  const transport = fakeTransport(respond);
  const login = { method: 'password', account: 'netbox@pve', secret: new Secret('pässword&=') } as const;
  const authenticator = createAuthenticator(login, { endpointName: 'lab', transport, clock, timeoutMs: 5000 });
  return { clock, transport, authenticator };
}

const ticket = (_: HttpRequest, times: number) =>
  data({ ticket: `PVE:t${times}==`, CSRFPreventionToken: `csrf${times}` });

describe('tokens', () => {
  it('are sent as they are and never replaced', async () => {
    const transport = fakeTransport(() => data(null));
    const login = { method: 'token', account: 'a@pve!ci', tokenName: 'ci', secret: new Secret('s3') } as const;
    const authenticator = createAuthenticator(login, {
      endpointName: 'lab',
      transport,
      clock: fakeClock(),
      timeoutMs: 1,
    });
    const proof = await authenticator.prove('POST', noteNothing);
    expect(proof.headers).toEqual({ authorization: 'PVEAPIToken=a@pve!ci=s3' });
    expect(authenticator.reject(proof)).toBe(false);
    expect(transport.requests).toEqual([]);
  });
});

describe('tickets', () => {
  it('are fetched once with a form below /api2/json, for many requests at the same time', async () => {
    const { authenticator, transport } = setUp(ticket);
    const onLogin = vi.fn();
    const proofs = await Promise.all(Array.from({ length: 5 }, () => authenticator.prove('GET', onLogin)));
    expect(proofs.map((proof) => proof.headers)).toEqual(Array(5).fill({ cookie: 'PVEAuthCookie=PVE:t1==' }));
    expect(onLogin).toHaveBeenCalledTimes(1);
    expect(transport.requests).toMatchObject([
      {
        method: 'POST',
        path: '/api2/json/access/ticket',
        body: 'username=netbox%40pve&password=p%C3%A4ssword%26%3D',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    ]);
  });

  it.each(['POST', 'PUT', 'DELETE'] as const)('carry the CSRF token on %s', async (method) => {
    const { authenticator } = setUp(ticket);
    expect((await authenticator.prove(method, noteNothing)).headers).toMatchObject({ csrfpreventiontoken: 'csrf1' });
  });

  it('renew themselves after an hour, once', async () => {
    const { authenticator, clock, transport } = setUp(ticket);
    await authenticator.prove('GET', noteNothing);
    clock.advance(hour - 1);
    await authenticator.prove('GET', noteNothing);
    expect(transport.requests).toHaveLength(1);
    clock.advance(1);
    await Promise.all([authenticator.prove('GET', noteNothing), authenticator.prove('GET', noteNothing)]);
    expect(transport.requests[1]?.body).toBe('username=netbox%40pve&password=PVE%3At1%3D%3D');
    expect(transport.requests).toHaveLength(2);
  });

  it('are fetched with the password when the renewal fails or comes too late', async () => {
    const { authenticator, clock, transport } = setUp((request, times) =>
      times === 2 ? answer(401, 'authentication failure', { data: null }) : ticket(request, times),
    );
    await authenticator.prove('GET', noteNothing);
    clock.advance(hour);
    expect((await authenticator.prove('GET', noteNothing)).headers).toEqual({ cookie: 'PVEAuthCookie=PVE:t3==' });
    clock.advance(2 * hour);
    await authenticator.prove('GET', noteNothing);
    expect(transport.requests.map((request) => request.body?.includes('p%C3%A4ssword'))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('are forgotten when Proxmox rejects them, but only the one that was rejected', async () => {
    const { authenticator, transport } = setUp(ticket);
    const first = await authenticator.prove('GET', noteNothing);
    expect(authenticator.reject(first)).toBe(true);
    const second = await authenticator.prove('GET', noteNothing);
    expect(authenticator.reject(first)).toBe(true);
    expect((await authenticator.prove('GET', noteNothing)).generation).toBe(second.generation);
    expect(transport.requests).toHaveLength(2);
  });

  it('are percent-encoded when no cookie can carry them as they are', async () => {
    const { authenticator } = setUp(() => data({ ticket: 'PVE:a;b@pve:65F::x==', CSRFPreventionToken: 'c' }));
    expect((await authenticator.prove('GET', noteNothing)).headers).toEqual({
      cookie: 'PVEAuthCookie=PVE%3Aa%3Bb%40pve%3A65F%3A%3Ax%3D%3D',
    });
  });

  it('are not asked for again within 30 s after a refusal', async () => {
    const { authenticator, clock, transport } = setUp(() => answer(401, 'no such realm', { data: null }));
    const refused = { code: 'proxmox_unauthorized', message: expect.stringContaining('no such realm') };
    await expect(authenticator.prove('GET', noteNothing)).rejects.toMatchObject(refused);
    clock.advance(29_999);
    await expect(authenticator.prove('GET', noteNothing)).rejects.toMatchObject(refused);
    expect(transport.requests).toHaveLength(1);
    clock.advance(1);
    await expect(authenticator.prove('GET', noteNothing)).rejects.toMatchObject(refused);
    expect(transport.requests).toHaveLength(2);
  });

  it('are asked for again at once when the login got no answer', async () => {
    const { authenticator, transport } = setUp((request, times) =>
      times === 1 ? failure('timeout') : ticket(request, times),
    );
    await expect(authenticator.prove('GET', noteNothing)).rejects.toMatchObject({ code: 'proxmox_timeout' });
    await authenticator.prove('GET', noteNothing);
    expect(transport.requests).toHaveLength(2);
  });

  it.each([
    ['no ticket', {}, /without a ticket.*user@realm/],
    ['a second factor', { ticket: 'PVE:!tfa!x', NeedTFA: 1 }, /two-factor.*API token/],
    ['a partial ticket', { ticket: 'PVE:!tfa!x' }, /two-factor/],
  ])('are refused clearly when Proxmox answers %s', async (_, answered, detail) => {
    const { authenticator } = setUp(() => data(answered));
    const error = await authenticator.prove('GET', noteNothing).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'proxmox_unauthorized', detail: expect.stringMatching(detail) });
  });
});
