/** The commands that the doctor proposes, run on the simulator: they help, and nobody has less than before. */
import { Agent, fetch } from 'undici';
import { describe, expect, it } from 'vitest';
import type { EndpointReport, Problem } from '../../../src/proxmox-doctor/types.js';
import { createRandom } from '../../simulator/estate/index.js';
import type { ProxmoxSimulator, ProxmoxSimulatorOptions } from '../../simulator/proxmox/index.js';
import { pveum, root } from '../../support/pveum.js';
import { aDoctorWorld } from './proxmox-doctor-world.js';

type Users = NonNullable<ProxmoxSimulatorOptions['users']>;
type Entries = NonNullable<Users[number]['acl']>;
type Groups = NonNullable<ProxmoxSimulatorOptions['groups']>;

const roles = {
  NetBoxReadOnly: ['Datastore.Audit', 'Sys.Audit', 'VM.Audit'],
  Ops: ['VM.Audit', 'VM.PowerMgmt', 'Sys.Audit'],
  Disks: ['Datastore.AllocateSpace'],
};
const on = (path: string, role: string, propagate = true) => ({ path, role, privileges: [], propagate });
const secret = 'v';
const all = { name: 'all', value: secret, privilegeSeparation: false };

interface Access {
  readonly acl?: Entries;
  readonly groups?: Groups;
  /** Of the separated token; without it the endpoint has one that is not. */
  readonly tokenAcl?: Entries;
}

/** `ops@pve` is the account; a colleague is in every group. */
function world({ acl = [], groups = {}, tokenAcl }: Access, cluster: 'lab' | 'edge') {
  const own = Object.keys(groups);
  const token = tokenAcl === undefined ? all : { name: 'less', value: secret, acl: tokenAcl };
  const users: Users = [
    root,
    { userid: 'ops@pve', password: 'pw', acl, groups: own, tokens: [...new Set([all, token])] },
    { userid: 'colleague@pve', password: 'pw', groups: own, acl: [on('/vms/100', 'Ops')], tokens: [all] },
    { userid: 'reader@pve', password: 'pw', acl: [on('/', 'NetBoxReadOnly')], tokens: [all] },
  ];
  const endpoint = () => ({ username: 'ops@pve', token_name: token.name, token_value: secret });
  return aDoctorWorld({ cluster, users, groups, roles, endpoint, acl: 'nothing' });
}

const places = [
  ...['/', '/access', '/nodes', '/nodes/pve1', '/pool', '/pool/production', '/sdn/zones/localnetwork/vmbr0'],
  ...['/storage', '/storage/local', '/vms', '/vms/100', '/vms/101'],
];

/** Each privilege of everybody on every place. */
async function held({ url }: ProxmoxSimulator): Promise<readonly string[]> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const accounts = ['ops@pve!all', 'ops@pve!less', 'colleague@pve!all', 'reader@pve!all'];
  const asked = accounts.flatMap((account) => places.map((place) => ({ account, place })));
  const answers = await Promise.all(
    asked.map(async ({ account, place }) => {
      const answer = await fetch(`${url}/api2/json/access/permissions?path=${encodeURIComponent(place)}`, {
        dispatcher,
        headers: { authorization: `PVEAPIToken=${account}=${secret}` },
      });
      // Of an account that does not exist nothing is told, not even in a body.
      const { data } = (answer.ok ? await answer.json() : {}) as { data?: Record<string, object> };
      return Object.keys(data?.[place] ?? {}).map((privilege) => `${account} ${privilege} ${place}`);
    }),
  );
  await dispatcher.close();
  return answers.flat();
}

const lacks = ['privileges_missing', 'privileges_partial', 'token_without_privileges', 'backups_hidden'];
const lacking = ({ problems }: EndpointReport): readonly Problem[] =>
  problems.filter(({ code }) => lacks.includes(code));
async function runAll(commands: readonly string[], { url }: ProxmoxSimulator): Promise<void> {
  for (const command of commands)
    await pveum(command, url).catch((error: unknown) => {
      // A group that an earlier proposal has made.
      if (!String(error).includes('already exists')) throw error;
    });
}

async function cured(access: Access, cluster: 'lab' | 'edge') {
  const { examine, simulator, clock } = await world(access, cluster);
  const look = async (): Promise<readonly Problem[]> => {
    clock.advance(60_000);
    return lacking((await examine()).report.endpoints[0]!);
  };
  const before = await held(simulator);
  const first = await look();
  for (const { commands } of first) await runAll(commands, simulator);
  // An account that could see nothing of its entries can now, and then backups may be missing still. A path on which nothing
  // at all is held has no row in the tree of permissions: what is missing there shows when something else is held there.
  for (let round = 0; round < 3; round += 1) for (const { commands } of await look()) await runAll(commands, simulator);
  const after = new Set(await held(simulator));
  return { first, left: await look(), lost: before.filter((one) => !after.has(one)) };
}

const cases: Readonly<Record<string, Access>> = {
  'an own entry with the role as it was': { acl: [on('/', 'NetBoxReadOnly')] },
  'a group with another role': { groups: { sync: [on('/', 'Ops')] } },
  'a group with a role that nobody may change': { groups: { sync: [on('/', 'PVEAuditor')] } },
  'two groups': { groups: { sync: [on('/', 'PVEAuditor')], more: [on('/', 'Disks')] } },
  'own entries with other roles': { acl: [on('/', 'Ops'), on('/', 'Disks')] },
  'an own entry that is not passed on, beside a group': {
    acl: [on('/', 'Ops', false)],
    groups: { sync: [on('/', 'PVEAuditor')] },
  },
  'a group on /vms, an own entry on /': { acl: [on('/', 'PVEAuditor')], groups: { sync: [on('/vms', 'Ops')] } },
  'nothing at all': {},
  'a token with less than its user': { acl: [on('/', 'NetBoxReadOnly')], tokenAcl: [on('/', 'Ops')] },
  'a token with nothing, its user with the role': { acl: [on('/', 'NetBoxReadOnly')], tokenAcl: [] },
  'a token with nothing, its user in a group': { groups: { sync: [on('/', 'PVEAuditor')] }, tokenAcl: [] },
  'a token and its user with nothing': { tokenAcl: [] },
  'a token with the role on single paths': {
    groups: { sync: [on('/', 'PVEAuditor')] },
    tokenAcl: [on('/vms', 'Ops'), on('/', 'PVEAuditor')],
  },
};

describe.each(['lab', 'edge'] as const)('the commands of the doctor on %s', (cluster) => {
  it.each(Object.entries(cases))('give what is missing and take nothing away: %s', async (_name, access) => {
    const { first, left, lost } = await cured(access, cluster);

    expect(first).not.toEqual([]);
    expect(lost).toEqual([]);
    expect(left).toEqual([]);
  });
});

describe('a proposal', () => {
  it('names the group that holds what the account has, not the account', async () => {
    const { first } = await cured({ groups: { sync: [on('/', 'PVEAuditor')] } }, 'lab');
    const commands = first.flatMap((problem) => problem.commands);
    expect(commands).toContain('pveum acl modify / --groups sync --roles NetBoxReadOnly --propagate 1');
    expect(commands.join('\n')).not.toContain('--users');
  });

  it('only adds to the role where the role is in use', async () => {
    const { first } = await cured({ acl: [on('/', 'NetBoxReadOnly')] }, 'lab');
    expect(first[0]!.commands).toEqual([
      'pveum role modify NetBoxReadOnly --append 1 --privs "Pool.Audit,SDN.Audit,VM.Monitor"',
    ]);
  });

  it('says what it does not do where NoAccess decides', async () => {
    const { first, lost } = await cured({ acl: [on('/', 'PVEAuditor'), on('/vms', 'NoAccess')] }, 'lab');
    expect(first[0]!.cure).toMatch(/ops@pve on \/vms no command is proposed/);
    expect(lost).toEqual([]);
  });
});

/** Random entries on random paths: the account may stay short of something, with a reason, but nobody loses anything. */
describe('whatever an account has', () => {
  const seeds = Array.from({ length: 12 }, (_, n) => n + 1);

  function randomAccess(seed: number): Access {
    const random = createRandom(seed);
    const role = (): string => random.pick(['NetBoxReadOnly', 'Ops', 'Disks', 'PVEAuditor', 'PVEVMUser', 'NoAccess']);
    const path = (): string => random.pick(['/', '/', '/vms', '/vms/100', '/storage', '/nodes', '/pool', '/sdn']);
    const entries = (most: number): Entries =>
      Array.from({ length: random.int(0, most) }, () => on(path(), role(), random.chance(0.8)));
    const groups = Object.fromEntries(['one', 'two'].slice(0, random.int(0, 2)).map((name) => [name, entries(2)]));
    return { acl: entries(2), groups, ...(random.chance(0.5) ? { tokenAcl: entries(3) } : {}) };
  }

  it.each(seeds)('nobody has less after the commands (seed %i)', async (seed) => {
    const { left, lost } = await cured(randomAccess(seed), seed % 2 === 0 ? 'lab' : 'edge');

    expect(lost).toEqual([]);
    for (const { cure } of left) expect(cure).toMatch(/no command is proposed|does not show which entries/);
  });
});
