/** Every button of the plugin that reaches the service, pressed in the browser. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEstate, firewallAt, type EstateGuest } from '../simulator/estate/index.js';
import { server } from '../netbox/harness.js';
import { allOf } from '../netbox/plugin-estate.js';
import { complaintsOf, expectCompleted } from '../netbox/plugin-jobs.js';
import { openPluginWorld, type PluginWorld } from '../netbox/plugin-world.js';
import { eventually } from '../support/eventually.js';
import { openBrowser, type Seen, type TestBrowser } from './browser.js';
import { giveFirewall } from './estates.js';
import { writeReport } from './report.js';
import { isButton } from './visit.js';

const root = '/plugins/proxbox/';
const api = '/api/plugins/proxbox/';

/** Of the browser's own. */
interface FormButton {
  readonly form: { submit(): void; requestSubmit(button: FormButton): void };
}

describe('the buttons of the plugin', () => {
  const estate = createEstate({ vms: 6, clusters: 1, seed: 5, profile: ['9.2'] });
  const [cluster] = estate.clusters;
  const guest: EstateGuest = [...cluster!.guests.values()].find(({ type, template }) => type === 'qemu' && !template)!;
  let world: PluginWorld;
  let browser: TestBrowser;
  let machine: string;
  const rows: { button: string; outcome: string; because: string }[] = [];
  const record = (button: string, outcome: string, because = ''): number => rows.push({ button, outcome, because });

  beforeAll(async () => {
    giveFirewall(cluster!);
    guest.status = 'stopped';
    world = await openPluginWorld(estate);
    expectCompleted(await world.sync(['all']));
    const states = await allOf(world.netbox, `${api}sync-state/virtual-machines/`, `&proxmox_vm_id=${guest.vmid}`);
    machine = `/virtualization/virtual-machines/${states[0].virtual_machine.id}/`;
    browser = await openBrowser(server().url);
  });
  beforeEach(() => {
    world.proxmox[0]!.resetCounters();
    world.problems();
  });
  afterAll(async () => {
    await writeReport('buttons', { rows });
    await browser.close();
    await world.close();
  });

  /** What Proxmox was told. */
  const writes = (): string[] =>
    world.proxmox[0]!.requestLog.filter(({ method, path }) => method !== 'GET' && path !== '/access/ticket').map(
      ({ method, path }) => `${method} ${path}`,
    );
  /** Presses what is there and waits for the answer to it. */
  const press = (selector: string): Promise<Seen> =>
    browser.watch(async () => {
      const { page } = browser;
      const button = page.locator(selector).first();
      const answered = page.waitForResponse((response) => response.request().method() === 'POST');
      // In a menu that is closed.
      if (await button.isVisible()) await button.click();
      else await button.evaluate((one: FormButton) => one.form.requestSubmit(one));
      await answered;
      await page.waitForLoadState('networkidle');
    });
  const pushButton = '[data-firewall-push-form] button';
  /** Sends the form itself, past the script of the page. */
  const sendPush = (): Promise<Seen> =>
    browser.watch(async () => {
      const posted = browser.page.waitForResponse((response) => response.request().method() === 'POST');
      await browser.page
        .locator(pushButton)
        .first()
        .evaluate((button: FormButton) => button.form.submit());
      await posted;
      await browser.page.waitForLoadState('networkidle');
    });
  const submit = (action: string): string => `form[action$="${action}"] button[type=submit]`;
  const firstOf = async (collection: string, query = ''): Promise<number> => {
    const [first] = await allOf(world.netbox, collection, query);
    expect(first, collection).toBeDefined();
    return first.id;
  };
  /** Changes fields of a form and saves it. */
  const edit = async (path: string, fields: Readonly<Record<string, string | boolean>>): Promise<void> => {
    await browser.open(`${path}edit/`);
    const { page } = browser;
    for (const [name, value] of Object.entries(fields)) {
      const field = page.locator(`[name="${name}"]:not([type=hidden])`).first();
      await (typeof value === 'boolean' ? field.setChecked(value) : field.fill(value));
    }
    const seen = await press('form button[name=_update], form button[type=submit].btn-primary');
    expect([seen.url, seen.alerts.filter((text) => /error/i.test(text))]).toEqual([
      expect.not.stringContaining('/edit/'),
      [],
    ]);
  };
  const switchWriting = (isOn: boolean): Promise<void> =>
    edit(`${root}endpoints/proxmox/${world.endpointIds[0]}/`, { allow_writes: isOn });

  /** The firewall rows that can be pushed, with the field that is edited and how Proxmox has it. */
  const comment = 'said in NetBox';
  const ofCluster = () => firewallAt(cluster!, 'cluster');
  const pushed: readonly (readonly [string, string, Record<string, string>, () => unknown])[] = [
    ['a rule', 'rules', { comment }, () => ofCluster().rules[0]!['comment']],
    ['a security group', 'security-groups', { comment }, () => ofCluster().groups[0]!.comment],
    ['an IP set', 'ipsets', { comment }, () => ofCluster().ipsets[0]!.comment],
    ['an entry of an IP set', 'ipset-entries', { comment }, () => ofCluster().ipsets[0]!.entries[0]!['comment']],
    ['an alias', 'aliases', { cidr: '10.1.0.0/16' }, () => ofCluster().aliases[0]!['cidr']],
    ['the options', 'options', { policy_out: 'REJECT' }, () => ofCluster().options['policy_out']],
  ];
  const rowOf = async (kind: string): Promise<string> =>
    `${root}firewall/${kind}/${await firstOf(`${api}firewall/${kind}/`, kind === 'rules' ? '&zone=datacenter' : '')}/`;

  describe('while writing is off', () => {
    it.each(pushed)('do not push %s, and what is sent all the same does not reach Proxmox', async (what, kind) => {
      const row = await rowOf(kind);
      await browser.open(row);
      const button = browser.page.locator('button', { hasText: 'Push to Proxmox' }).first();
      expect(await button.isDisabled()).toBe(true);

      const page = await world.worker.press(`${row}push-to-proxmox/`);

      expect(page.messages[0]!.level).toMatch(/danger|error/);
      expect(writes()).toEqual([]);
      record(
        `Push to Proxmox, ${what}, writing off`,
        'grey; refused when it is sent all the same, Proxmox is asked nothing',
      );
    });

    it('do not act on a machine', async () => {
      await browser.open(machine);
      for (const verb of ['Start', 'Stop', 'Snapshot', 'Migrate'])
        expect(await browser.page.locator(`button[title*="allow"]`, { hasText: verb }).first().isDisabled()).toBe(true);
      expect(writes()).toEqual([]);
      record('Start, Stop, Snapshot, Migrate, writing off', 'grey');
    });
  });

  describe('once the switch on the page of the endpoint is on', () => {
    beforeAll(async () => {
      await switchWriting(true);
      await eventually(async () => {
        const [row] = await world.ask('/proxmox/endpoints');
        expect(row.allow_writes).toBe(true);
      });
    });

    it.each(pushed)(
      'push %s that was edited in NetBox, and pushing again changes nothing',
      async (what, kind, fields, stored) => {
        const row = await rowOf(kind);
        await edit(row, fields);
        world.proxmox[0]!.resetCounters();
        await browser.open(row);

        expect((await sendPush()).alerts).toContain('Firewall object pushed to Proxmox.');
        expect(stored()).toBe(Object.values(fields)[0]);
        expect(writes()).not.toEqual([]);

        world.proxmox[0]!.resetCounters();
        expect((await sendPush()).alerts).toContain('Firewall object pushed to Proxmox.');
        expect(writes()).toEqual([]);
        record(`Push to Proxmox, ${what} that was edited`, 'Proxmox has the change; pushed again it writes nothing');
      },
    );

    it('push nothing by the script of the page, which NetBox does not let read its cookie', async () => {
      await browser.open(await rowOf('aliases'));
      world.proxmox[0]!.resetCounters();
      const seen = await press(pushButton);

      expect(seen.failures.join()).toMatch(/POST .*\/push\/: 403/);
      expect([await browser.page.locator('[data-firewall-push-status]').innerText(), writes()]).toEqual([
        expect.stringContaining('CSRF Failed'),
        [],
      ]);
      record(
        'Push to Proxmox, by the script of the page',
        'CSRF Failed; this service is asked nothing',
        'static/netbox_proxbox/js/firewall_push.js:2 reads a cookie that NetBox hides from scripts (CSRF_COOKIE_HTTPONLY); the form itself, sent without the script, works: the rows above',
      );
    });

    it('push the rules that are selected', async () => {
      await browser.open(`${root}firewall/rules/`);
      await browser.page.locator('td input[name=pk]').first().check();
      const seen = await press('button[name=_push]');

      expect(seen.alerts.join()).toContain('Pushed 1 firewall rule(s) to Proxmox.');
      record('Push Selected, rules', 'pushed');
    });

    it.each([
      ['start', 'status/start'],
      ['snapshot', 'snapshot'],
      ['stop', 'status/stop'],
    ])('%s a machine', async (verb, path) => {
      await browser.open(machine);
      const seen = await press(submit(`proxbox-operational-${verb}/`));

      expect(seen.alerts.join()).toContain(`Proxmox ${verb} dispatched.`);
      expect(writes()).toEqual([`POST /nodes/${guest.node}/qemu/${guest.vmid}/${path}`]);
      expect(world.problems()).toEqual([]);
      record(`${verb}, virtual machine`, `dispatched; Proxmox is told ${path} once`);
    });
  });

  describe('that queue a job', () => {
    // What the steps before have queued.
    beforeAll(async () => {
      await world.worker.runQueued();
    });

    /** The job that the press queued, run as the worker would. */
    const runs = async (button: string, selector: string): Promise<void> => {
      await press(selector);
      const jobs = await world.worker.runQueued();
      expect(jobs).toHaveLength(1);
      expect([jobs[0]!.status, jobs[0]!.error, complaintsOf(jobs[0]!)]).toEqual(['completed', '', []]);
      expect(world.problems()).toEqual([]);
      record(button, 'its job completes without a warning');
    };

    it.each([
      ['nodes', 'devices'],
      ['storage', 'storage'],
      ['virtual_machines', 'virtual-machines'],
      ['backups', 'virtual-machines/backups'],
      ['snapshots', 'virtual-machines/snapshots'],
      ['virtual-disks', 'virtual-machines/virtual-disks'],
      ['interfaces', 'network-interfaces'],
      ['ip-addresses', 'ip-addresses'],
      ['backup-routines', 'backup-routines'],
      ['replications', 'replications'],
      ['home', 'full-update'],
    ])('on the page %s sync %s', async (page, action) => {
      await browser.open(`${root}${page}/`);
      await runs(`Sync, ${action}`, submit(`${root}sync/${action}/`));
    });

    it.each([
      ['a virtual machine', async () => machine],
      ['an endpoint', async () => `${root}endpoints/proxmox/${world.endpointIds[0]}/`],
    ])('sync %s', async (what, page) => {
      await browser.open(await page());
      await runs(`Sync Now, ${what}`, 'form[action$="sync-now/"] button[type=submit]');
    });

    it.each([
      ['a cluster', async () => `/virtualization/clusters/${await firstOf('/api/virtualization/clusters/')}/`],
      ['a node', async () => `/dcim/devices/${await firstOf('/api/dcim/devices/')}/`],
      ['a storage', async () => `${root}storage/${await firstOf(`${api}storage/`)}/`],
      ['a backup', async () => `${root}backups/${await firstOf(`${api}backups/`)}/`],
      ['a snapshot', async () => `${root}snapshots/${await firstOf(`${api}snapshots/`)}/`],
      ['a task', async () => `${root}task-history/${await firstOf(`${api}task-history/`)}/`],
    ])('sync %s at once, without a job', async (what, page) => {
      await browser.open(await page());
      const seen = await press('form[action$="sync-now/"] button[type=submit]');

      expect(seen.alerts.join()).toMatch(/successfully/);
      expect(await world.worker.runQueued()).toEqual([]);
      expect(world.problems()).toEqual([]);
      record(`Sync Now, ${what}`, 'synced at once');
    });

    it('repair the sync state', async () => {
      await browser.open(`${root}sync-state/`);
      await runs('Repair / Rebuild', 'form[action*="repair"] button[type=submit]');
    });
  });

  /** What is not pressed here, with where it is, or why nothing of it reaches this service. */
  const elsewhere: Readonly<Record<string, string>> = {
    '/core/jobs/<int:pk>/proxbox-cancel/': "takes a job out of NetBox's queue",
    '/core/jobs/<int:pk>/proxbox-run/': 'queues the same job as the button that made it',
    '/plugins/proxbox/endpoints/proxmox/<int:pk>/create-instance/': 'not built: making machines is answered with 501',
    '/plugins/proxbox/endpoints/proxmox/<int:pk>/ssh-terminal/session/': 'not built: terminals are answered with 501',
    '/plugins/proxbox/virtual-machines/<int:pk>/console/session/':
      'services/vm_console.py:191 misses a key that utils/__init__.py:391 does not give: the plugin never asks; its page works with this service: `test/browser/console.test.ts`',
    '/plugins/proxbox/endpoints/proxmox/enable-selected/': 'what it sends is in `test/netbox/plugin.test.ts`',
    '/plugins/proxbox/endpoints/proxmox/disable-selected/': 'what it sends is in `test/netbox/plugin.test.ts`',
    '/plugins/proxbox/intent/apply-jobs/<int:pk>/cancel/': "changes a row of the plugin's",
    '/plugins/proxbox/ha/arm/': 'no page has a button for it: `test/netbox/plugin-verbs.test.ts`',
    '/plugins/proxbox/ha/disarm/': 'no page has a button for it: `test/netbox/plugin-verbs.test.ts`',
    '/plugins/proxbox/settings/encryption/rotate/': "changes the key of the plugin's own secrets",
    '/plugins/proxbox/settings/encryption/reset/': "forgets the plugin's own secrets",
    '/plugins/proxbox/logs/path/': "changes a setting of the plugin's",
  };
  const selected =
    "views/sync.py queues a job that ends at once with Django's SynchronousOnlyOperation; with DJANGO_ALLOW_ASYNC_UNSAFE it works: `test/netbox/plugin.test.ts`";

  it('are all named: pressed here, or why not', async () => {
    const routes = (await world.worker.pages()).filter(isButton).map(({ route }) => route);
    const isPressed = (route: string): boolean =>
      /\/(proxbox-operational-(start|stop|snapshot)|[\w-]*sync-now|push-to-proxmox|push-selected|repair)\/$/.test(
        route,
      ) || /^\/plugins\/proxbox\/sync\/(?!selected)/.test(route);

    const rest = [...new Set(routes)].filter((route) => !isPressed(route)).sort();

    expect(rest.filter((route) => elsewhere[route] === undefined && !route.includes('/sync/selected/'))).toEqual([]);
    for (const route of rest) record(`\`${route}\``, 'not pressed', elsewhere[route] ?? selected);
  });
});
