/** The command `proxbox-api` as cron, a Kubernetes job and an operator start it: its output, its exit status, what it leaves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEstate, setNodeOnline, type Estate } from '../../simulator/estate/index.js';
import { defaultTokens } from '../../simulator/netbox/index.js';
import { openWorld, type World } from '../../support/world.js';

let estate: Estate;
let world: World;
beforeEach(async () => {
  estate = createEstate({ vms: 4, clusters: 1, seed: 5 });
  world = await openWorld({ estate });
});
afterEach(() => world.close());

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function command(words: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['dist/cli/proxbox-api.js', ...words], {
    stdio: 'pipe',
    env: { ...process.env, ...world.variables, ...variables },
  });
  const exited = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = (await exited) as [number];
  return { status, stdout, stderr };
}

/** The same, of the running service. */
const asked = (...words: readonly string[]) =>
  command(words, { PROXBOX_URL: world.url, PROXBOX_API_KEY: world.apiKey });
const alone = (...words: readonly string[]) => command(words);
const writes = () => world.netbox.requestLog.filter(({ method }) => method !== 'GET').length;
const databasePath = () => world.variables['PROXBOX_DATABASE_PATH']!;

describe('proxbox-api sync without a service', () => {
  it('ends with 0 when all is done, has nothing to do the second time, and is in the list of runs', async () => {
    await world.withoutService(async () => {
      const first = await alone('sync');
      expect([first.status, first.stderr]).toEqual([0, '']);
      expect(first.stdout).toMatch(/virtual machines?.*4.*\n[^]*Full update sync completed\.\n$/i);

      world.netbox.resetCounters();
      expect((await alone('sync', '--json')).status).toBe(0);
      expect(writes()).toBe(0);

      const listed = await alone('runs', '--json');
      const vmid = String([...estate.clusters[0]!.guests.keys()][0]);
      const why = await alone('explain', vmid);
      expect([why.status, why.stderr]).toEqual([0, '']);
      expect(why.stdout).toMatch(/A sync would write nothing|a sync would write nothing/);
      expect(why.stdout).toMatch(/\nvirtual-machine .*: It is as it should be\.\n/);

      expect(JSON.parse(listed.stdout)).toMatchObject([
        { kind: 'full-update', trigger: 'cli', status: 'completed' },
        { kind: 'full-update', trigger: 'cli', status: 'completed' },
      ]);
    });
    const { body } = await world.ask('GET', '/runs/latest');
    expect(body).toMatchObject({ trigger: 'cli', status: 'completed' });
  });

  it('ends with 2 in part, which names what is missing, and the run that has it all', async () => {
    setNodeOnline(estate.clusters[0]!, 'pve2', false);
    await world.withoutService(async () => {
      const { status, stdout } = await alone('sync');
      expect(status).toBe(2);
      expect(stdout).toContain('! node_offline');
      const [, id] = /Every object: proxbox-api runs (\S+)/.exec(stdout)!;
      const { stdout: objects } = await alone('runs', id!);
      expect(objects).toMatch(/^full-update .*: partial/);
      expect(objects).toContain('skipped virtual-machine');
      expect(objects).toContain('node_offline');
      expect(objects).not.toContain('Beside the run before');

      await alone('sync');
      setNodeOnline(estate.clusters[0]!, 'pve2', true);
      await alone('sync');
      const [last] = JSON.parse((await alone('runs', '--json')).stdout);
      const { stdout: beside } = await alone('runs', last.id);
      expect(beside).toMatch(/\nBeside the run before \(\S+\): 0 new, [1-9]\d* gone, 0 as before\.\ngone: skipped /);
    });
  });

  it('ends with 1 when NetBox refuses the token', async () => {
    world.netbox.faults.add({ match: {}, action: { status: 403, body: { detail: 'Invalid token' } } });
    await world.withoutService(async () => {
      const { status, stdout } = await alone('sync', '--stage', 'devices');
      expect(status).toBe(1);
      expect(stdout).toMatch(/Invalid token/);
    });
  });

  it('one stage of one endpoint, with any parameter, in a dry run', async () => {
    await world.withoutService(async () => {
      world.netbox.resetCounters();
      const words = ['--stage', 'virtual-machines', '--endpoints', '1', '--set', 'sync_vm_network=false', '--dry-run'];
      const { status, stdout } = await alone('sync', ...words, '--json');
      expect([status, writes()]).toEqual([0, 0]);
      const { result } = JSON.parse(stdout);
      expect(result).toMatchObject({ status: 'completed', dry_run: true });
      expect(result.kinds['virtual-machine']).toMatchObject({ created: 4 });
      expect(result.kinds['vm-interface']).toBeUndefined();
    });
  });
});

describe('beside a running service', () => {
  it('a sync of its own is refused, with the way to ask that one, and works so', async () => {
    world.netbox.resetCounters();
    const refused = await alone('sync');
    expect([refused.status, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/another proxbox-api is running with it.*PROXBOX_URL and PROXBOX_API_KEY\.\n$/);
    expect(world.netbox.requestLog).toEqual([]);

    const done = await asked('sync', '--stage', 'devices');
    expect([done.status, done.stderr]).toEqual([0, '']);
    expect(done.stdout).toContain('devices sync completed.');
    const listed = await asked('runs');
    expect(listed.stdout).toMatch(/devices +cli .*completed/);
  });

  it('a plan is shown, applied, and refused when it is no longer what would be done', async () => {
    const planned = await asked('plan');
    expect(planned.status).toBe(0);
    expect(planned.stdout).toContain('  + ');
    const [, id] = /Carry it out: proxbox-api apply (\S+)/.exec(planned.stdout)!;
    const applied = await asked('apply', id!);
    expect([applied.status, applied.stdout]).toEqual([0, expect.stringMatching(/^Applied: completed\./)]);

    const again = await asked('apply', id!);
    expect(again.status).toBe(1);
    expect(again.stdout).toMatch(/no longer what would be done/);
    expect((await asked('apply', 'nonsense')).stderr).toMatch(/There is no plan with the id 'nonsense'/);
  });

  it('a key that is added lets in at once, one that is revoked does not, and the last one stays', async () => {
    const { status, stdout, stderr } = await alone('keys', 'add', '--label', 'cron');
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^Key 2;/)]);
    const key = stdout.trim();
    const use = async () => (await fetch(`${world.url}/runs`, { headers: { 'X-Proxbox-API-Key': key } })).status;
    expect(await use()).toBe(200);
    expect((await alone('keys', 'list')).stdout).toMatch(/2 +yes .*cron/);
    expect((await alone('keys', 'list')).stdout).not.toContain(key);

    expect((await alone('keys', 'revoke', '2')).status).toBe(0);
    expect(await use()).toBe(401);
    const last = await alone('keys', 'revoke', '1');
    expect([last.status, last.stderr]).toEqual([1, expect.stringMatching(/Create and verify another active API key/)]);
  });

  it('endpoints are listed without their secrets', async () => {
    const { stdout } = await alone('endpoints', 'list');
    expect(stdout).toMatch(/NetBox +1 /);
    expect(stdout).toMatch(/Proxmox +1 /);
    const all = (await alone('endpoints', 'list', '--json')).stdout;
    for (const secret of [defaultTokens.v1, defaultTokens.v2.secret, world.proxmox[0]!.password])
      expect(all).not.toContain(secret);
  });

  it('the database is saved whole, for its owner only, and nothing is overwritten', async () => {
    await world.ask('GET', '/dcim/devices/create');
    const file = path.join(path.dirname(databasePath()), 'saved.db');
    const saved = await alone('backup', file);
    expect([saved.status, saved.stderr]).toEqual([0, '']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}-wal`)).toBe(false);
    const there = await command(['runs', '--json'], { PROXBOX_DATABASE_PATH: file });
    expect(JSON.parse(there.stdout)).toMatchObject([{ kind: 'devices', status: 'completed' }]);
    const size = statSync(file).size;
    const second = await alone('backup', file);
    expect([second.status, statSync(file).size]).toEqual([1, size]);
    expect(second.stderr).toContain('exists and was left as it is');
  });
});

describe('what is called wrongly', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ['a command that is none', ['sinc'], {}, /unknown command 'sinc'/],
    ['an option that is none', ['sync', '--all'], {}, /unknown option '--all'/],
    [
      'a stage that is none',
      ['sync', '--stage', 'vms'],
      {},
      /--stage <name>.*Allowed choices are full-update, devices/,
    ],
    ['a parameter that is no pair', ['sync', '--set', 'dry_run'], {}, /--set takes name=value/],
    ['a plan that is not named', ['apply'], {}, /missing required argument 'plan'/],
    ['an address without a key', ['runs'], { PROXBOX_URL: 'http://127.0.0.1:1' }, /PROXBOX_API_KEY is not/],
    ['an address that is none', ['runs'], { PROXBOX_URL: 'pve', PROXBOX_API_KEY: 'k' }, /PROXBOX_URL must be/],
  ])('%s ends with 64', async (_case, words, variables, told) => {
    const { status, stdout, stderr } = await command(words, variables);
    expect([status, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(told);
  });

  it('help and version are no failures', async () => {
    const help = await alone('--help');
    expect([help.status, help.stderr]).toEqual([0, '']);
    for (const name of [
      'serve',
      'sync',
      'plan',
      'apply',
      'runs',
      'explain',
      'doctor',
      'keys',
      'endpoints',
      'backup',
      'schema',
    ])
      expect(help.stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect((await alone('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('a service that does not answer is a failure with what to look at', async () => {
    const { status, stderr } = await command(['runs'], { PROXBOX_URL: 'http://127.0.0.1:1', PROXBOX_API_KEY: 'k' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/does not answer: .*ECONNREFUSED\)\. Is the service running/);
    const wrong = await command(['runs'], { PROXBOX_URL: world.url, PROXBOX_API_KEY: 'not-the-key-of-this-service' });
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringMatching(/Invalid API key/)]);
  });
});
