/** docs/with-the-plugin.md, done step by step as it says: on a NetBox without the plugin, in a shell and in a browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf, path } from '../contract/netbox/target.js';
import { createEstate } from '../simulator/estate/index.js';
import { sectionsOf, type Step } from './document-steps.js';
import { netbox } from './harness.js';
import { allOf, expectEstate } from './plugin-estate.js';
import { openReader, type Reader } from './reader.js';

const sections = sectionsOf(new URL('../../docs/with-the-plugin.md', import.meta.url));

function tableOf(text: string): readonly { readonly seen: string; readonly because: string }[] {
  const lines = text.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => {
    const [, seen = '', because = ''] = line.split('|').map((cell) => cell.trim());
    return { seen: seen.replaceAll('`', ''), because };
  });
}

/** What the page says about jobs that are not green: what is seen. */
const troubles = tableOf(sections.find(({ title }) => title === 'When the job is not green')!.text);

/** What starts a full update. */
const fullUpdate: readonly Step[] = [
  { does: 'open', way: ['Proxbox', 'Overview', 'Homepage'] },
  { does: 'press', button: 'Sync Actions' },
  { does: 'press', button: 'Full Update Sync' },
];

describe('docs/with-the-plugin.md', () => {
  const estate = createEstate({ vms: 8, clusters: 1, seed: 5, profile: ['9.1'] });
  let folder: string;
  let reader: Reader;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proxbox-reader-'));
    reader = await openReader({ estate, folder });
  });
  afterAll(async () => {
    await reader.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('has something to do in each of its numbered parts', () => {
    const idle = sections.filter(({ steps }) => !steps.some(({ does }) => does !== 'nothing'));

    expect(idle.map(({ title }) => title)).toEqual(['When the job is not green', 'Over a network']);
  });

  it.each(sections.filter(({ steps }) => steps.length > 0))('$title', async ({ steps }) => {
    for (const step of steps) await reader.take(step);
  });

  const api = () => apiOf(netbox());
  const change = async (fields: Readonly<Record<string, unknown>>): Promise<void> => {
    const [endpoint] = await allOf(api(), path.endpoints);
    expect(await api().patch(`${path.endpoints}${endpoint.id}/`, fields)).toMatchObject({ status: 200 });
  };

  it('leaves NetBox as Proxmox is, by a job that complains of nothing', async () => {
    const [job] = await allOf(api(), '/api/core/jobs/', '&name__ic=Full+update&ordering=-id');
    const { body } = await api().get(`/api/core/jobs/${job.id}/`);

    expect(body.status.value).toBe('completed');
    expect(body.log_entries.map(({ level }: { level: string }) => level)).not.toContain('warning');
    expect(body.log_entries.map(({ level }: { level: string }) => level)).not.toContain('error');
    await expectEstate({ estate, netbox: api() });
  });

  /** In the order of the table, from the end: each leaves NetBox and service as the next one needs them. */
  const causes: Readonly<Record<string, () => Promise<void>>> = {
    'Proxmox does not accept the token': () => change({ token_value: 'another' }),
    'host, port, TLS setting or account of an endpoint changed since it was approved': () =>
      change({ username: 'somebody@pve' }),
    'no worker of NetBox runs': () => reader.end('netbox rqworker'),
  };

  it.each([...troubles].reverse())('a job says "$seen" when $because', async ({ seen, because }) => {
    await causes[because]!();

    for (const step of fullUpdate) await reader.take(step);

    await reader.take({ does: 'see', text: seen });
  });

  it('brings about whatever the table has', () => {
    expect(troubles.map(({ because }) => because).sort()).toEqual(Object.keys(causes).sort());
  });
});
