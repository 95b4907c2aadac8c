import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { resolveLogin } from '../../../src/proxmox/credentials.js';
import { anEndpoint, someCredentials } from './fakes.js';

const uuid = '12345678-aaaa-bbbb-cccc-1234567890ab';

describe('login of an endpoint', () => {
  it.each([
    ['ci', uuid],
    ['PVEAPIToken=netbox@pve!ci', uuid],
    ['netbox@pve!ci', uuid],
    ['ci', `PVEAPIToken=netbox@pve!ci=${uuid}`],
    ['ci', `netbox@pve!ci=${uuid}`],
    [' ci ', ` ${uuid}\n`],
    ['', `netbox@pve!ci=${uuid}`],
  ])('reads the token %j / %j', (tokenName, tokenValue) => {
    const { login, warning } = resolveLogin(anEndpoint(), someCredentials({ tokenName, tokenValue, password: 'x' }));
    expect(login).toMatchObject({ method: 'token', account: 'netbox@pve!ci', tokenName: 'ci' });
    expect(login.secret.reveal()).toBe(uuid);
    expect(warning).toBeNull();
  });

  it('keeps the user of the endpoint and warns when the token was stored for another', () => {
    const { login, warning } = resolveLogin(
      anEndpoint(),
      someCredentials({ tokenName: 'root@pam!ci', tokenValue: uuid }),
    );
    expect(login.account).toBe('netbox@pve!ci');
    expect(warning).toContain('root@pam');
    expect(warning).not.toContain(uuid);
  });

  it.each([
    ['root', 'root@pam'],
    [' root@pam ', 'root@pam'],
    ['root@pam!ci', 'root@pam'],
  ])('logs the user %j in as %s', (username, account) => {
    const { login } = resolveLogin(anEndpoint({ username }), someCredentials({ password: 'pw' }));
    expect(login).toMatchObject({ method: 'password', account });
  });

  it('falls back to the password when half of the token is missing', () => {
    expect(resolveLogin(anEndpoint(), someCredentials({ tokenName: 'ci', password: 'pw' })).login.method).toBe(
      'password',
    );
    expect(resolveLogin(anEndpoint(), someCredentials({ tokenValue: uuid, password: 'pw' })).login.method).toBe(
      'password',
    );
  });

  it('says what is missing when there is nothing to log in with', () => {
    expect(() => resolveLogin(anEndpoint(), someCredentials({ password: '' }))).toThrow(
      /neither an API token nor a password/,
    );
  });

  it('never prints a secret', () => {
    const resolved = resolveLogin(anEndpoint(), someCredentials({ tokenName: 'ci', tokenValue: uuid }));
    expect(inspect(resolved, { depth: 9 }) + JSON.stringify(resolved)).not.toContain(uuid);
  });
});
