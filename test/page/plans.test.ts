/** The overview, and previews: made, read, carried out, and refused when they are no longer true. */
import { describe, expect, it } from 'vitest';
import { createEstate } from '../simulator/estate/index.js';
import { eventually } from '../support/eventually.js';
import { onStage } from './support.js';

describe('the overview', () => {
  const estate = createEstate({ vms: 8, clusters: 2, seed: 5 });
  const stage = onStage({ estate, variables: { PROXBOX_SYNC_SCHEDULE: '0 0 1 1 *' } });
  const guest = () => [...stage.world.proxmox[0]!.state.guests.values()].find(({ type }) => type === 'qemu')!;

  it('says that nothing has run, what stands at both ends, and leads to a preview, which is applied', async () => {
    const { world, operator } = stage;
    const { page, signIn, expectGood } = operator;
    await signIn(world.apiKey);
    await page.getByText('No full update has run yet.').waitFor();
    const { next_at: next } = (await world.ask('GET', '/sync/schedule')).body;
    await page.getByText('The next full update comes by itself').locator(`time[datetime="${next}"]`).waitFor();
    const endpoints = page.getByRole('list', { name: 'Endpoints' }).getByRole('listitem');
    await eventually(async () => expect(await endpoints.filter({ hasText: 'Reachable' }).count()).toBe(3));
    const counts = estate.clusters.map(({ guests, nodes }) => `${nodes.length} nodes. ${guests.size} guests`);
    for (const [index, text] of counts.entries()) expect(await endpoints.nth(index + 1).textContent()).toContain(text);
    await page.getByText('Release 4.7.3, plugin Proxbox').waitFor();
    await page.getByText(/\d+ under way, \d+ waiting; up to \d+ requests? at once/).waitFor();
    await expectGood('overview-empty');
    world.netbox.resetCounters();

    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('button', { name: 'Apply' }).waitFor();
    expect(world.netbox.counters.writes).toBe(0);
    const [plan] = (await world.ask('GET', '/plans')).body.plans;
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
      `Full update: ${plan.drift} changes Completed`,
    );
    await page.getByRole('combobox', { name: 'Kind' }).selectOption('Virtual machine');
    await page.getByRole('button', { name: guest().name }).click();
    const memory = page.getByRole('dialog').getByRole('row', { name: 'memory' });
    expect(await memory.getByRole('cell').allTextContents()).toEqual([`${guest().memoryMb}`]);
    await page.keyboard.press('Escape');
    await expectGood('preview');

    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('Everything stayed as it was.').waitFor({ state: 'hidden' });
    await eventually(async () =>
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Full update Completed'),
    );
    const [run] = (await world.ask('GET', '/runs')).body.runs;
    expect(run).toMatchObject({ kind: 'full-update', trigger: 'page', status: 'completed' });
    expect(world.netbox.counters.writes).toBeGreaterThan(0);
  });

  it('says what failed last and begins a full update, which mends it', async () => {
    const { world, operator } = stage;
    const { page, signIn, expectGood } = operator;
    guest().memoryMb += 1024;
    const body = { detail: 'Refused for a test.' };
    world.netbox.faults.add({ match: { method: 'PATCH', path: /virtual-machines/ }, action: { status: 400, body } });
    const [node] = world.proxmox[1]!.state.nodes;
    node!.online = false;
    await world.fullUpdate();
    world.netbox.faults.clear();
    await signIn(world.apiKey);
    await page.getByText('The last full update was done in part.').waitFor();
    await page.getByText('Read what NetBox says about the field').waitFor();
    await page.getByText(`offline: ${node!.name}`).waitFor();
    await expectGood('overview');
    node!.online = true;
    await page.getByRole('listitem').filter({ hasText: 'Rejected' }).getByRole('link', { name: '1 time' }).click();
    await page.getByRole('button', { name: guest().name }).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();

    await page.getByRole('button', { name: 'Full update now' }).click();

    await eventually(async () =>
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Full update Completed'),
    );
    await page.getByRole('button', { name: guest().name }).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByText('All is well').waitFor();
    const tile = page.getByRole('listitem').filter({ hasText: /^Proxmox / });
    await eventually(async () => expect(await tile.getByRole('link', { name: 'full update' }).count()).toBe(2));
    await world.ask('POST', '/plans?stage=devices');
    await world.ask('POST', '/plans');
    await eventually(async () =>
      expect(await tile.getByText('NetBox did not differ when the last complete preview looked').count()).toBe(2),
    );
    const [drift] = (await world.ask('GET', '/drift')).body.endpoints;
    const line = tile.first().getByRole('img');
    expect(await line.getAttribute('aria-label')).toMatch(
      new RegExp(`^Last 30 days: at most ${drift.days[0].most} changes, on .+; looked at on 1\\.$`),
    );
    // A single day is a dot, as there is nothing beside it to draw a line to.
    expect(await line.locator('line').count()).toBe(1);
  });

  it('draws by how much NetBox differed day by day, and nothing where nobody looked', async () => {
    const { world, operator } = stage;
    const { page, signIn, expectGood } = operator;
    const endpoints: readonly { id: number }[] = (await world.ask('GET', '/proxmox/endpoints')).body;
    const found = [4, 0, 2, 9, 1, null, null, 3, 0, 0, 1, 7, null, 5, 2, 2, 0, 1, null, 3, 12, 6, 2, 1, 0, 0, 4];
    const days = found.flatMap((most, n) =>
      most === null ? [] : [{ day: `2026-11-${String(n + 3).padStart(2, '0')}`, looks: 24, most }],
    );
    const newest = { run_id: 'R1', by: 'preview', at: '2026-11-29T05:00:00.000Z', changes: 1 };
    const body = {
      since: '2026-11-01',
      until: '2026-11-30',
      endpoints: [{ endpoint_id: endpoints[0]!.id, newest, days }],
    };
    await page.route('**/drift', (route) => route.fulfill({ json: body }));

    const of = { endpoint_id: 1, is_overwhelmed: true, width: 2, max_width: 8, batch_limit: 25, pause_seconds: 12 };
    const pressure = { active: 2, waiting: 31, endpoints: [{ ...of, requests: 5210, retries: 9, turned_away: 7 }] };
    await page.route('**/netbox/pressure', (route) => route.fulfill({ json: pressure }));

    await signIn(world.apiKey);

    await page.getByText('Asked nothing for 12 s. 2 under way, 31 waiting; 2 of 8 requests at once').waitFor();
    const tile = page.getByRole('listitem').filter({ hasText: /^Proxmox / });
    await tile.first().getByText('NetBox differed by 1 change when the last complete preview looked').waitFor();
    await tile.nth(1).getByText('Nobody knows yet by how much NetBox differs').waitFor();
    const line = page.getByRole('img', { name: 'at most 12 changes' });
    expect(await line.getAttribute('aria-label')).toMatch(/; looked at on 23\.$/);
    expect([await line.locator('polyline').count(), await line.locator('line').count()]).toEqual([4, 23]);
    await expectGood('overview-drift');
  });

  it('applies nothing but what was shown: the differences are told, and the rest is done when asked for', async () => {
    const { world, operator } = stage;
    const { page, signIn, expectGood } = operator;
    const other = [...world.proxmox[1]!.state.guests.values()].find(({ type }) => type === 'qemu')!;
    guest().memoryMb += 512;
    other.memoryMb += 512;
    await world.ask('POST', '/plans');
    const former = guest().memoryMb;
    guest().memoryMb += 512;
    world.netbox.resetCounters();
    await signIn(world.apiKey, '#/plans');
    await expectGood('previews');
    await page.getByRole('link', { name: 'Full update' }).first().click();

    await page.getByRole('button', { name: 'Apply' }).click();

    const told = page.getByRole('alert');
    await told.getByText(`memory ${former} was shown, ${guest().memoryMb} now`).waitFor();
    expect(world.netbox.counters.writes).toBe(0);
    await expectGood('stale');
    await told.getByRole('button', { name: 'Apply the rest' }).click();
    await eventually(async () =>
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Full update Partial'),
    );
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('Updated');
    await page.getByRole('button', { name: other.name }).waitFor();
  });
});
