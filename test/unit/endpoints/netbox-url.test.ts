import { describe, expect, it } from 'vitest';
import { createNetBoxUrls, decideScheme, type TlsProbe } from '../../../src/endpoints/netbox-url.js';
import { createFakeClock } from '../../support/fake-clock.js';

const target = { basePath: '', ipAddress: '10.0.0.20/24', domain: '', port: 9443, verifySsl: false };

function urls(...answers: readonly Awaited<ReturnType<TlsProbe>>[]) {
  const asked: string[] = [];
  const left = [...answers];
  const clock = createFakeClock();
  const probe: TlsProbe = async (host, port) => {
    asked.push(`${host} ${port}`);
    return left.shift() ?? 'unreachable';
  };
  return { asked, clock, ...createNetBoxUrls(probe, clock) };
}

describe('the scheme of NetBox', () => {
  it.each([
    [443, false, 'https'],
    [8443, false, 'https'],
    [80, true, 'https'],
    [9000, true, 'https'],
    [80, false, 'http'],
    [8000, false, 'http'],
    [8001, false, 'http'],
    [8080, false, 'http'],
    [9000, false, 'probe'],
  ] as const)('on port %i with verify_ssl %s is %s', (port, verifySsl, scheme) => {
    expect(decideScheme({ port, verifySsl })).toBe(scheme);
  });
});

describe('the base URL of NetBox', () => {
  it('uses the domain, else the address without its mask, with brackets around IPv6', async () => {
    const { baseUrl } = urls();
    const fixed = { ...target, port: 443 };

    expect(await baseUrl({ ...fixed, domain: 'netbox.local' })).toBe('https://netbox.local:443');
    expect(await baseUrl(fixed)).toBe('https://10.0.0.20:443');
    expect(await baseUrl({ ...fixed, ipAddress: 'fd00::20/64' })).toBe('https://[fd00::20]:443');
    expect(await baseUrl({ ...fixed, basePath: '/a/b' })).toBe('https://10.0.0.20:443/a/b');
  });

  it('asks an unusual port once', async () => {
    const { baseUrl, asked } = urls('plain', 'tls');

    expect(await baseUrl(target)).toBe('http://10.0.0.20:9443');
    expect(await baseUrl(target)).toBe('http://10.0.0.20:9443');
    expect(await baseUrl({ ...target, port: 9444 })).toBe('https://10.0.0.20:9444');
    expect(asked).toEqual(['10.0.0.20 9443', '10.0.0.20 9444']);
  });

  it('never goes back to clear text, and sends nothing in clear text to a port that is silent', async () => {
    const { baseUrl } = urls('unreachable', 'tls', 'plain');

    expect(await baseUrl(target)).toMatch(/^https:/);
    expect(await baseUrl(target)).toMatch(/^https:/);
    expect(await baseUrl(target)).toMatch(/^https:/);
  });

  it('believes for ten minutes that a port does not speak TLS, then notices that it does', async () => {
    const { baseUrl, clock } = urls('plain', 'tls', 'plain');

    expect(await baseUrl(target)).toMatch(/^http:/);
    clock.advance(599_999);
    expect(await baseUrl(target)).toMatch(/^http:/);
    clock.advance(1);
    expect(await baseUrl(target)).toMatch(/^https:/);
    clock.advance(3_600_000);
    expect(await baseUrl(target)).toMatch(/^https:/);
  });

  it('does not let a late answer in clear text win over TLS', async () => {
    const pending: ((answer: 'tls' | 'plain') => void)[] = [];
    const probe: TlsProbe = () => new Promise((resolve) => pending.push(resolve));
    const { baseUrl } = createNetBoxUrls(probe, createFakeClock());

    const answers = [baseUrl(target), baseUrl(target)];
    pending[1]!('tls');
    await answers[1];
    pending[0]!('plain');

    expect(await Promise.all(answers)).toEqual(['https://10.0.0.20:9443', 'https://10.0.0.20:9443']);
    expect(await baseUrl(target)).toBe('https://10.0.0.20:9443');
  });
});
