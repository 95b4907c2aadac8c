/** What the doctor of NetBox makes of what it found. */
import { describe, expect, it } from 'vitest';
import type { NetBoxEndpoint } from '../../../src/endpoints/types.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { diagnose } from '../../../src/netbox-doctor/diagnose.js';
import { reportText } from '../../../src/netbox-doctor/text.js';
import type { Grant, OpenNetBox, Reach } from '../../../src/netbox-doctor/types.js';
import { rights } from '../../../src/netbox/rights.js';

const endpoint = { id: 1, name: 'NetBox', tokenVersion: 'v2' } as NetBoxEndpoint;

const everywhere = (reach: Reach): ReadonlyMap<string, Reach> => new Map(rights.map(({ path }) => [path, reach]));
const all: Reach = { kind: 'open', view: true, add: true, change: true };

const good: OpenNetBox = {
  url: 'https://netbox.example.com/netbox',
  status: {
    version: { text: '4.7.3', major: 4, minor: 7, patch: 3 },
    plugins: new Map([['netbox_proxbox', '0.0.29.post6']]),
  },
  clockDifferenceS: 2,
  user: { id: 7, name: 'proxbox' },
  reach: everywhere(all),
  grants: [],
  hasAllGrants: true,
  requiredFields: [],
  pageSize: null,
  settingsError: null,
};

const open = (changes: Partial<OpenNetBox> = {}) =>
  diagnose({ endpoint, answer: { ok: true, open: { ...good, ...changes } } });

const found = (changes: Partial<OpenNetBox>) => open(changes).problems.map(({ code, severity }) => [code, severity]);

const grant = (changes: Partial<Grant> = {}): Grant => ({
  models: rights.map(({ model }) => model),
  actions: ['view', 'add', 'change', 'delete'],
  isConditional: false,
  ...changes,
});

const states = (changes: Partial<OpenNetBox>) => new Set(open(changes).rights.map(({ state }) => state));

describe('diagnose', () => {
  it('finds nothing where all is well', () => {
    expect(open()).toMatchObject({ ok: true, problems: [], version: '4.7.3', user: 'proxbox', token_version: 'v2' });
  });

  it.each<[string, Partial<OpenNetBox>, string, string]>([
    [
      'a release that nobody examined',
      { status: { ...good.status, version: { text: '5.0.0', major: 5, minor: 0, patch: 0 } } },
      'version_not_examined',
      'warning',
    ],
    ['no plugin', { status: { ...good.status, plugins: new Map() } }, 'plugin_missing', 'warning'],
    [
      'settings that it may not see',
      { settingsError: new ProxboxError('netbox_forbidden', 'no') },
      'settings_unreadable',
      'warning',
    ],
    ['short pages', { pageSize: 50 }, 'page_size_small', 'note'],
    ['a clock that is behind', { clockDifferenceS: -61 }, 'clock_differs', 'note'],
    [
      'a list that cannot be read',
      {
        reach: new Map([
          ...good.reach,
          ['/api/ipam/vlans/', { kind: 'failed', error: new ProxboxError('netbox_error', '500') }],
        ]),
        grants: [grant()],
      },
      'read_failed',
      'warning',
    ],
  ])('tells of %s', (_, changes, code, severity) => {
    expect(found(changes)).toEqual([[code, severity]]);
  });

  it('tells of a v1 token since NetBox deprecates it', () => {
    const { problems } = diagnose({
      endpoint: { ...endpoint, tokenVersion: 'v1' },
      answer: { ok: true, open: good },
    });
    expect(problems.map(({ code }) => code)).toEqual(['token_v1']);
  });

  describe('of permissions', () => {
    it('takes whoever may do what nobody granted for a superuser, who may delete as well', () => {
      expect(states({})).toEqual(new Set(['present']));
    });

    it('has them from grants', () => {
      expect(states({ grants: [grant()] })).toEqual(new Set(['present']));
    });

    it('sees from the grants that nothing may be deleted', () => {
      const report = open({ grants: [grant({ actions: ['view', 'add', 'change'] })] });

      expect(report.problems.map(({ code }) => code)).toEqual(['permissions_missing', 'permissions_optional']);
      expect(report.problems[0]!.cause).toContain('ipam.delete_ipaddress');
      const missing = report.rights.filter(({ state }) => state === 'missing');
      expect(new Set(missing.map(({ action }) => action))).toEqual(new Set(['delete']));
    });

    it('warns of constraints, unless another grant has none', () => {
      const narrow = grant({ isConditional: true });

      expect(found({ grants: [narrow] })).toEqual([['permissions_conditional', 'warning']]);
      expect(found({ grants: [narrow, grant()] })).toEqual([]);
    });

    it('does not take grants of its own, whose constraints are hidden, for all of them', () => {
      const own = grant({ actions: ['view', 'add', 'change'], isConditional: undefined });

      expect(found({ grants: [own], hasAllGrants: false })).toEqual([['permissions_unknown', 'note']]);
    });

    it('says nothing of objects that this NetBox does not have', () => {
      const path = '/api/virtualization/virtual-machine-types/';
      const report = open({ reach: new Map([...good.reach, [path, { kind: 'absent' }]]) });

      expect(report.ok).toBe(true);
      expect(reportText(report)).toMatch(/virtualization\.virtualmachinetype +view, add +no such objects/);
    });

    it('proposes one permission per action, over all that lacks it, for this user', () => {
      const none: Reach = { kind: 'open', view: true, add: false, change: false };
      const { problems } = open({
        reach: new Map([...good.reach, ['/api/ipam/vlans/', none], ['/api/dcim/sites/', none]]),
      });

      expect(problems.map(({ commands }) => commands)).toEqual([
        [
          `curl -sS -X POST 'https://netbox.example.com/netbox/api/users/permissions/' -H "Authorization: Bearer $ADMIN_TOKEN" -H 'Content-Type: application/json' -d '{"name":"proxbox-api: add","enabled":true,"object_types":["dcim.site","ipam.vlan"],"actions":["add"],"users":[7]}'`,
        ],
      ]);
    });
  });
});
