import { describe, expect, it } from 'vitest';
import { parsePluginSettings } from '../../../src/config/plugin-settings.js';

const settings = { netbox_timeout: 60, encryption_key: ' KEY ' };

describe('the settings of the plugin', () => {
  it.each([
    ['an object', settings],
    ['a page', { count: 1, results: [settings] }],
    ['a list', [settings]],
  ])('are read from %s', (_shape, body) => {
    expect(parsePluginSettings(body)).toMatchObject({
      encryptionKey: 'KEY',
      raw: { netbox_timeout: 60 },
      problems: [],
    });
  });

  it.each([null, 'text', 5, [], {}, { results: [] }, { results: ['x'] }, [null]])('are not there in %j', (body) => {
    expect(parsePluginSettings(body)).toBeNull();
  });

  it('keep every good field beside a bad one', () => {
    const parsed = parsePluginSettings({
      netbox_timeout: 'soon',
      bulk_batch_size: null,
      backup_batch_size: 3,
      ssrf_protection_enabled: [],
      allow_private_ips: 'false',
      encryption_key: 5,
      default_role_qemu: { id: 12, url: '/x' },
      default_role_lxc: '13',
      overwrite_vm_role: false,
      overwrite_vm_tags: {},
      sync_mode_vm: 'disabled',
      sync_mode_mac: 7,
    });

    expect(parsed).toMatchObject({
      ssrfProtectionEnabled: true,
      allowPrivateIps: false,
      encryptionKey: null,
      defaultRoleQemu: 12,
      defaultRoleLxc: 13,
      raw: { backup_batch_size: 3 },
    });
    expect([...(parsed?.overwriteFlags ?? [])]).toEqual([['overwrite_vm_role', false]]);
    expect([...(parsed?.syncModes ?? [])]).toEqual([['sync_mode_vm', 'disabled']]);
    const named = ['netbox_timeout', 'ssrf_protection_enabled', 'encryption_key', 'overwrite_vm_tags', 'sync_mode_mac'];
    expect(parsed?.problems.map((problem) => problem.split(':')[0])).toEqual(expect.arrayContaining(named));
    expect(parsed?.problems).toHaveLength(named.length);
  });

  it('hold address ranges line by line, host bits allowed, bad lines named', () => {
    const parsed = parsePluginSettings({
      additional_allowed_ip_ranges: '10.1.2.3/8\r\n\n fd00::/8 \n192.0.2.7',
      explicitly_blocked_ip_ranges: '10.0.0.0/99\n172.16.0.0/12',
    });

    expect(parsed).toMatchObject({
      allowedIpRanges: ['10.1.2.3/8', 'fd00::/8', '192.0.2.7'],
      blockedIpRanges: ['172.16.0.0/12'],
    });
    expect(parsed?.problems).toEqual([expect.stringContaining('"10.0.0.0/99"')]);
  });

  it('do not carry the key among the other fields', () => {
    expect(JSON.stringify(parsePluginSettings(settings)?.raw)).not.toContain('KEY');
  });
});
