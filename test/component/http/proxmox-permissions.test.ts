/** What docs/proxmox-permissions.md says, tried on the simulators of both releases. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readNeeds, readerPrivileges, requiredPrivileges, type Major } from '../../../src/proxmox/privileges.js';
import { pveum, root } from '../../support/pveum.js';
import { aDoctorWorld } from './proxmox-doctor-world.js';

const page = readFileSync(new URL('../../../docs/proxmox-permissions.md', import.meta.url), 'utf8');
const clusters = { 8: 'lab', 9: 'edge' } as const satisfies Record<Major, string>;
const commands = [...page.matchAll(/^pveum .*$/gm)].map(([line]) => line);
const named = (start: string): readonly string[] => commands.filter((line) => line.startsWith(start));

describe.each([8, 9] as const)('on Proxmox VE %i', (major) => {
  const cluster = clusters[major];

  it('the commands of the page make an account that the doctor finds well, backups included', async () => {
    const { simulator, app, headers, examine } = await aDoctorWorld({ cluster, acl: 'nothing', users: [root] });
    const roles = named('pveum role add NetBoxReadOnly');
    expect(roles).toHaveLength(2);
    const other = roles[major === 8 ? 1 : 0]!;
    await expect(pveum(other, simulator.url)).rejects.toThrow(/invalid privilege/);

    await pveum(roles[major === 8 ? 0 : 1]!, simulator.url);
    await pveum(named('pveum user add')[0]!, simulator.url);
    const { value } = (await pveum(named('pveum user token add')[0]!, simulator.url)) as { value: string };
    for (const line of [...named('pveum role add NetBoxBackups'), ...named('pveum acl modify')])
      await pveum(line, simulator.url);
    const payload = { username: 'netbox@pve', token_name: 'sync', token_value: value };
    await app.inject({ method: 'PUT', url: '/proxmox/endpoints/1', headers, payload });

    const [endpoint] = (await examine()).report.endpoints;
    expect(endpoint!.problems.map(({ code }) => code)).toEqual(['tls_unverified']);
    expect(endpoint!.login).toMatchObject({ kind: 'token', account: 'netbox@pve!sync', accepted: true });
  });

  const required = requiredPrivileges(major).filter(({ role }) => role === 'reader');
  it.each(required.map((one) => [`${one.privilege} on ${one.on}`, one] as const))(
    'without %s the reads of the table are refused or left out, the others are not',
    async (_, { privilege, on, needs }) => {
      const all = readerPrivileges(major);
      const rest = all.filter((one) => one !== privilege);
      const acl =
        on === '/'
          ? [
              { path: '/', privileges: rest },
              { path: '/nodes', privileges: all },
            ]
          : [
              { path: '/', privileges: all },
              { path: on, privileges: rest },
            ];
      // What is granted on a pool (also from `/`) holds for its members beside what is granted on their own paths.
      const pools = on === '/vms' ? [{ path: '/pool', privileges: rest }] : [];
      const { examine } = await aDoctorWorld({
        cluster,
        users: [{ userid: 'ops@pve', password: 'pw', acl: [...acl, ...pools] }],
        endpoint: () => ({ username: 'ops@pve', password: 'pw' }),
      });

      const [report] = (await examine()).report.endpoints;

      const refused = report!.reads.filter(({ outcome }) => outcome === 'refused').map(({ read }) => read);
      const expected = needs.filter(({ denial }) => denial === 'refused').map(({ read }) => read);
      // What is not seen at all cannot be asked for.
      const untried = report!.reads.filter(({ outcome }) => outcome === 'not_tried').map(({ read }) => read);
      expect(refused.toSorted()).toEqual(expected.filter((read) => !untried.includes(read)).toSorted());
      const missing = report!.privileges.filter(({ state, reader }) => state === 'missing' && reader);
      // What lies below lacks it, too.
      const below = required.filter((one) => one.privilege === privilege && `${one.on}/`.startsWith(`${on}/`));
      expect(missing.map((one) => `${one.privilege} ${one.path}`)).toEqual(
        below.map((one) => `${one.privilege} ${one.on}`),
      );
      const rows = (read: string) => report!.reads.find((one) => one.read === read)?.detail;
      for (const { read } of needs.filter(
        ({ denial, path }) => denial === 'left out' && path.match(/^(cluster|storage|pools)|any_bridge/),
      ))
        expect(rows(read)).toBe('0 rows');
    },
  );
});

it('every read is in the table of the page', () => {
  for (const { path } of readNeeds) expect(page).toContain(`| \`${path}\` |`);
});
