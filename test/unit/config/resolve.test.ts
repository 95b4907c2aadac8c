import { describe, expect, it } from 'vitest';
import { resolveTunables } from '../../../src/config/resolve.js';
import { tunableKeys, tunables } from '../../../src/config/tunables.js';

describe('a tunable', () => {
  it.each([
    ['integer', 'bulkBatchSize', 'PROXBOX_BULK_BATCH_SIZE', 'bulk_batch_size', '7', 9, [7, 9, 50]],
    ['number', 'netboxRetryDelayS', 'PROXBOX_NETBOX_RETRY_DELAY', 'netbox_retry_delay', '0.5', '1.50', [0.5, 1.5, 2]],
    [
      'boolean',
      'ensureNetboxObjects',
      'PROXBOX_ENSURE_NETBOX_OBJECTS',
      'ensure_netbox_objects',
      'on',
      false,
      [true, false, true],
    ],
  ] as const)(
    'of kind %s comes from the environment, else the plugin, else the default',
    (_kind, key, variable, field, text, raw, expected) => {
      const plugin = { [field]: raw };
      const results = [
        resolveTunables({ [variable]: text }, plugin),
        resolveTunables({}, plugin),
        resolveTunables({}, null),
      ];

      expect(results.map(({ values }) => values[key])).toEqual(expected);
      expect(results.map(({ provenance }) => provenance[key])).toEqual([
        { source: 'env' },
        { source: 'plugin' },
        { source: 'default' },
      ]);
    },
  );

  it('of kind text comes from the plugin, trimmed, else the default', () => {
    const pathOf = (raw: unknown): string =>
      resolveTunables({}, { backend_log_file_path: raw }).values.backendLogFilePath;

    expect([pathOf(' /x.log '), pathOf('  '), pathOf(5)]).toEqual(['/x.log', '', '']);
  });

  it('takes the default of the plugin for the log file as no wish, and the same path in the variable as one', () => {
    const untouched = { backend_log_file_path: '/var/log/proxbox.log' };
    const asked = resolveTunables({ PROXBOX_LOG_FILE: '/var/log/proxbox.log' }, untouched);

    expect(resolveTunables({}, untouched).values.backendLogFilePath).toBe('');
    expect(asked.values.backendLogFilePath).toBe('/var/log/proxbox.log');
  });

  it.each(['soon', '1e', 'nan', 'inf', 'Infinity', '0x10', '1_000'])(
    'ignores %s in the environment, says so, and asks the plugin',
    (text) => {
      const { values, provenance } = resolveTunables({ PROXBOX_NETBOX_TIMEOUT: text }, { netbox_timeout: 30 });

      expect(values.netboxTimeoutS).toBe(30);
      expect(provenance.netboxTimeoutS).toEqual({
        source: 'plugin',
        note: expect.stringContaining('PROXBOX_NETBOX_TIMEOUT'),
      });
    },
  );

  it('falls to the default when neither can be read, and names both', () => {
    const { provenance } = resolveTunables({ PROXBOX_BULK_BATCH_SIZE: '2.5' }, { bulk_batch_size: {} });

    expect(provenance.bulkBatchSize.source).toBe('default');
    expect(provenance.bulkBatchSize.note).toMatch(/PROXBOX_BULK_BATCH_SIZE.*bulk_batch_size/);
  });

  it.each([
    ['env', { PROXBOX_GUEST_AGENT_TIMEOUT: '9999' }, {}, 'guestAgentTimeoutS', 600],
    ['env', { PROXBOX_BACKUP_BATCH_SIZE: '-3' }, {}, 'backupBatchSize', 1],
    ['plugin', {}, { proxbox_fetch_max_concurrency: 0 }, 'fetchMaxConcurrency', 1],
    ['plugin', {}, { netbox_timeout: 0 }, 'netboxTimeoutS', 1],
  ] as const)('from %s out of bounds becomes the bound, with a note', (source, env, plugin, key, expected) => {
    const { values, provenance } = resolveTunables(env, plugin);

    expect(values[key]).toBe(expected);
    expect(provenance[key]).toEqual({ source, note: expect.stringMatching(/minimum|maximum/) });
  });

  it('keeps "nothing was said" apart from a default', () => {
    const { values } = resolveTunables({}, {});

    expect([values.netboxWriteConcurrency, values.proxmoxFetchConcurrency, values.fetchMaxConcurrency]).toEqual([
      null,
      null,
      null,
    ]);
    expect(resolveTunables({}, { netbox_write_concurrency: 8 }).values.netboxWriteConcurrency).toBe(8);
  });

  it('reads what the plugin sends as text, null or number', () => {
    const flagOf = (raw: unknown): boolean => resolveTunables({}, { delete_orphans: raw }).values.deleteOrphans;

    expect([true, 'yes', 1, 'maybe', 0, null, ''].map(flagOf)).toEqual([true, true, true, false, false, false, false]);
    expect(resolveTunables({}, { netbox_max_retries: '4.9' }).values.netboxMaxRetries).toBe(4);
    expect(resolveTunables({}, { primary_ip_preference: 'IPv6' }).values.primaryIpPreference).toBe('ipv4');
    expect(resolveTunables({}, { primary_ip_preference: 'ipv6' }).values.primaryIpPreference).toBe('ipv6');
  });

  it('has a name of its own and a default within its bounds', () => {
    const names = tunableKeys.flatMap((key) =>
      [tunables[key].variable, tunables[key].field].filter((name) => name !== null),
    );
    expect(new Set(names).size).toBe(names.length);

    for (const key of tunableKeys) {
      const { default: value, bounds } = tunables[key];
      if (bounds === null || typeof value !== 'number') continue;
      expect(value, key).toBeGreaterThanOrEqual(bounds.min);
      expect(value, key).toBeLessThanOrEqual(bounds.max ?? Number.POSITIVE_INFINITY);
    }
  });
});
