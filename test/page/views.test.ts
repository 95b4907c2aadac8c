/** The doctor, the settings and the log. */
import { describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import { eventually } from '../support/eventually.js';
import { startRelay } from '../support/relay.js';
import { onStage } from './support.js';

describe('beside runs the page', () => {
  const estate = createEstate({ vms: 4, clusters: 1, seed: 5, profile: ['9.2'] });
  const variables = { PROXBOX_BULK_BATCH_SIZE: '7' };
  const stage = onStage({ estate, variables, proxmox: { acl: 'no-agent' } });

  it('says which privilege is missing, what that costs, and the command that mends it', async () => {
    const { world, operator } = stage;
    const { page, signIn, expectGood } = operator;
    await signIn(world.apiKey, '#/doctor');

    const problem = page.getByRole('listitem').filter({ hasText: 'Privileges missing' });
    await problem.getByText('IP addresses and DNS names of QEMU machines').waitFor();
    await page.getByText('Not well').waitFor();
    await page.getByRole('heading', { name: 'NetBox Well' }).waitFor();
    await page.getByText(/^Permissions of .* in NetBox$/).click();
    await page.getByRole('row', { name: 'ipam.add_ipaddress' }).getByText('Present').waitFor();
    await page.getByText(/^Privileges of /).click();
    await page.getByRole('row', { name: 'VM.GuestAgent.Audit' }).getByText('Missing').waitFor();
    await expectGood('doctor');

    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await problem.getByRole('button', { name: 'Copy' }).click();
    await problem.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toBe(await problem.getByLabel('Commands').innerText());
    expect(copied).toContain('pveum role modify');
    await page.getByRole('button', { name: 'Examine again' }).click();
    await problem.waitFor();
  });

  it('says why a guest has no address and what mends that, three clicks after the overview', async () => {
    const { world, operator } = stage;
    const { page, signIn, expectGood } = operator;
    const guest = [...estate.clusters[0]!.guests.values()].find(
      ({ type, status, agent }) => type === 'qemu' && status === 'running' && agent.state === 'running',
    )!;
    for (const path of ['/dcim/devices', '/virtualization/virtual-machines'])
      await world.stream(`${path}/create/stream`);
    await signIn(world.apiKey);
    await page.getByRole('navigation').getByRole('link', { name: 'Guest' }).click();
    await page.getByLabel('Name, VMID').fill(guest.name);
    await page.getByRole('button', { name: 'Find' }).click();

    await page.getByRole('heading', { name: guest.name, level: 2 }).waitFor();
    const findings = page.getByRole('list', { name: 'Findings' }).getByRole('listitem');
    await findings.filter({ hasText: 'VM.GuestAgent.Audit' }).first().waitFor();
    const fields = page.getByRole('group', { name: `Fields of Virtual machine ${guest.name}` });
    expect(
      await fields
        .getByRole('row', { name: /^memory / })
        .getByRole('cell')
        .allTextContents(),
    ).toEqual([`${guest.memoryMb}`, `${guest.memoryMb}`, 'As Proxmox has it. ']);
    await expectGood('guest');
    await page.getByRole('list', { name: 'History' }).getByRole('link', { name: 'The run' }).first().click();
    await page.getByRole('heading', { name: /^Virtual machines/, level: 1 }).waitFor();

    await page.goBack();
    await page.getByLabel('Name, VMID').fill('999999');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByText('No virtual machine in NetBox has that.').waitFor();
  });

  it('says of every setting its value, where that comes from and what it does', async () => {
    const { world, operator } = stage;
    const { page, signIn, expectGood } = operator;
    await signIn(world.apiKey, '#/settings');
    const settings = page.getByRole('list', { name: 'Settings' }).getByRole('listitem');
    const { settings: rows } = (await world.ask('GET', '/proxbox/settings')).body;
    await settings.first().waitFor();
    expect(await settings.count()).toBe(rows.length);
    await expectGood('settings');

    await page.getByLabel('Find a setting').fill('bulk_batch_size');

    await eventually(async () => expect(await settings.count()).toBeLessThan(4));
    const found = settings.filter({ has: page.getByRole('heading', { name: 'PROXBOX_BULK_BATCH_SIZE' }) });
    expect(await found.textContent()).toMatch(/^PROXBOX_BULK_BATCH_SIZE7 variable.*In the plugin: bulk_batch_size$/);
  });

  it('shows the log as it is written, of one level or one run, over a lost connection', async () => {
    const { world } = stage;
    const relay = await startRelay(world.url);
    const { page, signIn, expectGood } = await stage.comeFrom(relay.url);
    const { complete } = await world.fullUpdate();
    await signIn(world.apiKey, '#/log');
    const lines = page.getByRole('list', { name: 'Lines' }).getByRole('listitem');
    await page.getByText(complete.message).waitFor();
    await page.getByText('Live').waitFor();
    await expectGood('log');

    await page.getByRole('combobox', { name: 'Level of the console' }).selectOption('ERROR');
    await page.getByRole('button', { name: 'Change' }).click();
    await lines.first().getByText('The log level of the console was changed.').waitFor();
    expect((await world.ask('GET', '/admin/log-level')).body).toEqual({ level: 'ERROR' });
    relay.before = () => Promise.reject(new Error('The connection is lost.'));
    relay.cut();
    await page.getByText('The connection is lost').waitFor();
    relay.before = () => Promise.resolve();
    await page.getByText('Live').waitFor();
    await page.getByText(complete.message).waitFor();
    await page.getByRole('combobox', { name: 'Show' }).selectOption('WARNING');
    await page.getByText(complete.message).waitFor({ state: 'hidden' });
    await lines.first().getByText('The log level of the console was changed.').waitFor();

    await page.goto(`${relay.url}/ui#/runs/${String(complete.result?.['run_id'])}`);
    await page.getByRole('link', { name: 'Its log' }).click();
    await lines.filter({ hasText: complete.message }).getByRole('link', { name: 'The run' }).click();
    await page.getByRole('heading', { level: 1, name: 'Full update' }).waitFor();
    await relay.close();
  });
});
