/** Signing in, and what the page shows of runs. */
import { describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import { aMoment, eventually } from '../support/eventually.js';
import { startRelay } from '../support/relay.js';
import { onStage, readAll } from './support.js';

describe('the page', () => {
  const stage = onStage({ estate: createEstate({ vms: 12, clusters: 2, seed: 5 }) }, async (world) => {
    world.netbox.faults.add({
      match: { method: 'POST', path: /ip-addresses/ },
      action: { status: 400, body: { detail: 'Refused for a test.' } },
    });
    await world.fullUpdate();
    world.netbox.faults.clear();
  });

  it('takes no wrong key, keeps the right one for the tab alone, and forgets it', async () => {
    const { world, operator } = stage;
    const { page, expectGood } = operator;
    await page.goto(`${world.url}/ui`);
    await expectGood('sign-in');
    await page.keyboard.type('a-wrong-key-of-at-least-32-characters');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('This is no API key of this service.').waitFor();

    await page.getByLabel('API key').fill(world.apiKey);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.reload();
    await page.getByRole('navigation').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    expect(await page.evaluate('localStorage.length')).toBe(0);
    expect(page.url()).not.toContain(world.apiKey);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  it('says which command registers the first key where there is none yet', async () => {
    const { world, operator } = stage;
    const { page, expectGood } = operator;
    const json = { needs_bootstrap: true, has_db_keys: false };
    await page.route('**/auth/bootstrap-status', (route) => route.fulfill({ json }));

    await page.goto(`${world.url}/ui`);

    await page.getByText(`curl -X POST ${world.url}/auth/register-key`).waitFor();
    await expectGood('first-key');
  });

  it('is signed out as soon as the service refuses the key', async () => {
    const { world, operator } = stage;
    const { page, signIn } = operator;
    const { body } = await world.ask('POST', '/auth/keys', { label: 'for a while' });
    await signIn(body.raw_key, '#/runs');
    await page.getByRole('link', { name: 'Full update' }).first().waitFor();
    await world.ask('DELETE', `/auth/keys/${body.id}`);

    await page.reload();

    await page.getByLabel('API key').waitFor();
  });

  it('finds the objects that a run could not write, with their reason', async () => {
    const { world, operator } = stage;
    const { page, signIn, expectGood } = operator;
    await signIn(world.apiKey, '#/runs');
    await expectGood('runs');
    await page.getByRole('link', { name: 'Full update' }).click();
    await page.getByText('What is missing').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await expectGood('run');

    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('Failed');
    const failed = page.getByRole('list', { name: 'Objects' }).getByRole('button');
    await eventually(async () => expect(await failed.first().textContent()).toContain('Refused for a test.'));
    await page.getByRole('combobox', { name: 'Stage' }).selectOption('Storage');
    await page.getByText('No object is like that.').waitFor();
    await page.getByRole('combobox', { name: 'Stage' }).selectOption('');
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('Created');
    await page.getByRole('combobox', { name: 'Kind' }).selectOption('Virtual machine');
    const [guest] = world.estate.clusters[0]!.guests.values();
    await page.getByLabel('Name or sentence').fill(guest!.name);
    const made = page.getByRole('button', { name: guest!.name });
    await made.first().focus();
    await page.keyboard.press('Enter');

    const details = page.getByRole('dialog');
    await details.getByRole('link', { name: 'Open in NetBox' }).waitFor();
    expect(await details.getByRole('link', { name: 'Open in NetBox' }).getAttribute('href')).toMatch(
      /virtual-machines\/\d+\/$/,
    );
    await expectGood('object');
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'hidden' });
  });

  it('shows field by field what was and what is', async () => {
    const { world, operator } = stage;
    const { page, signIn, expectGood } = operator;
    const guest = [...world.proxmox[0]!.state.guests.values()].find(({ type }) => type === 'qemu')!;
    guest.memoryMb += 1024;
    const { complete } = await world.fullUpdate();
    await signIn(world.apiKey, `#/runs/${String(complete.result?.['run_id'])}?kind=virtual-machine`);

    await page.getByRole('list', { name: 'Objects' }).getByRole('button', { name: guest.name }).click();

    const row = page.getByRole('dialog').getByRole('row', { name: 'memory' });
    expect(await row.getByRole('cell').allTextContents()).toEqual([`${guest.memoryMb - 1024}`, `${guest.memoryMb}`]);
    await expectGood('changes');
    await page.keyboard.press('Escape');
    const beside = page.getByRole('region', { name: 'Beside the run before' });
    await beside.getByText('Problems that are gone').click();
    await beside.getByText('Refused for a test.').first().waitFor();
    const [now, before] = await beside.getByRole('row', { name: 'Failed' }).getByRole('cell').allTextContents();
    expect([now, Number(before) > 0]).toEqual(['0', true]);
    await expectGood('comparison');
  });

  it('holds no more of a long list than is seen, whichever part that is', async () => {
    const { world, operator } = stage;
    const { page, signIn } = operator;
    const all = 10_000;
    const [run] = (await world.ask('GET', '/runs?limit=1')).body.runs;
    const sample = { stage: 'virtual-machines', kind: 'virtual-machine', outcome: 'skipped', reason: 'held_back' };
    const empty = { netbox_id: null, netbox_url: null, endpoint_id: null, cluster: null, node: null, changes: [] };
    await page.route('**/items?*', (route) => {
      const asked = new URL(route.request().url()).searchParams;
      const from = Number(asked.get('cursor') ?? -1) + 1;
      const items = Array.from({ length: Number(asked.get('limit')) }, (_, index) => {
        const position = from + index;
        return {
          ...sample,
          ...empty,
          position,
          key: `${position}`,
          label: `web-${position}`,
          message: null,
          vmid: position,
        };
      });
      const last = from + items.length - 1;
      return route.fulfill({ json: { items, next_cursor: last + 1 >= all ? null : last } });
    });
    await signIn(world.apiKey, `#/runs/${run.id}`);
    const rows = page.getByRole('list', { name: 'Objects' }).getByRole('listitem');

    await readAll(rows, all, (count) => expect(count).toBeLessThan(50));

    await page.keyboard.press('End');
    await rows.filter({ hasText: `web-${all - 1} ` }).waitFor();
    await page.keyboard.press('Home');
    await rows.filter({ hasText: 'web-0 ' }).waitFor();
  });

  it('follows a run while it goes on, over a lost connection, and ends it', async () => {
    const { world } = stage;
    const relay = await startRelay(world.url);
    const { page, signIn, expectGood } = await stage.comeFrom(relay.url);
    const moment = aMoment();
    world.proxmox[0]!.faults.add({ match: { path: /qemu\/\d+\/config/, times: 1 }, action: { until: moment.come } });
    const run = world.fullUpdate();
    await signIn(world.apiKey, '#/runs');
    await page.getByRole('row', { name: 'Running' }).getByRole('link').click();
    const progress = page.getByRole('region', { name: 'Progress' });
    await progress.getByText('Virtual machines', { exact: true }).waitFor();
    await page.getByRole('row', { name: /Devices/ }).waitFor();
    await expectGood('running');

    relay.before = () => Promise.reject(new Error('The connection is lost.'));
    relay.cut();
    await progress.getByText('The connection is lost.').waitFor();
    relay.before = () => Promise.resolve();
    await progress.getByText('The connection is lost.').waitFor({ state: 'hidden' });
    page.once('dialog', (dialog) => void dialog.accept());
    await progress.getByRole('button', { name: 'Cancel the run' }).click();

    await page.getByRole('heading', { level: 1 }).getByText('Cancelled').waitFor();
    moment.now();
    expect((await run).complete.ok).toBe(false);
    await relay.close();
  });
});
