import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { readAgentHostName, readAgentInterfaces } from '../../../src/proxmox/reads/agent.js';
import { readBackupJobs, readPermissions, readReplicationJobs } from '../../../src/proxmox/reads/cluster.js';
import { readContainerInterfaces, readGuestConfig, readSnapshots } from '../../../src/proxmox/reads/guests.js';
import { readNodeNetwork, readTasks } from '../../../src/proxmox/reads/nodes.js';
import { readSdnZones } from '../../../src/proxmox/reads/sdn.js';
import { readBackups, readStorages } from '../../../src/proxmox/reads/storage.js';
import type { ProxmoxSession, ReadOptions } from '../../../src/proxmox/types.js';

type Get = (path: string, options?: ReadOptions) => unknown;

/** A session whose every read goes through one function. */
function aSession(get: Get, release = '9.1'): ProxmoxSession {
  const ask = async (path: string, options?: ReadOptions) => get(path, options) as never;
  return {
    endpointId: 1,
    endpointName: 'lab',
    name: 'lab',
    mode: 'cluster',
    version: { version: `${release}.1`, release, repoid: '' },
    account: { user: 'netbox@pve', token: null },
    host: 'pve1.lab',
    port: 8006,
    clusterStatus: async () => ({ cluster: null, nodes: [] }),
    rootCertificate: async () => null,
    resources: (type, options) => ask('cluster/resources', { ...options, query: { type } }),
    guests: async () => [],
    guestConfig: (guest, options) => ask(`nodes/${guest.node}/${guest.type}/${guest.vmid}/config`, options),
    storages: (options) => ask('storage', options),
    clusterOptions: (options) => ask('cluster/options', options),
    get: ask,
    counters: () => ({ requests: 0, retries: 0, logins: 0 }),
  };
}

const refusal = (code: 'proxmox_error' | 'proxmox_forbidden', status: number, statusText: string) =>
  new ProxboxError(code, statusText, { upstream: { status, statusText } });
const failing = (error: unknown, release?: string) =>
  aSession(() => {
    throw error;
  }, release);

const gone = refusal('proxmox_error', 500, "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist");
const guest = { node: 'pve1', type: 'qemu', vmid: 100 } as const;

describe('reading the guest agent', () => {
  const options = { timeoutMs: 15_000 };
  const address = { 'ip-address': '10.0.0.5', prefix: 24 };

  it('asks with its own timeout', async () => {
    const seen: unknown[] = [];
    const session = aSession((path, given) => {
      seen.push([path, given?.timeoutMs]);
      return path.endsWith('host-name')
        ? { result: { 'host-name': 'Web1.' } }
        : { result: [{ name: 'eth0', 'ip-addresses': [address] }] };
    });
    expect(await readAgentInterfaces(session, guest, options)).toEqual({
      status: 'answered',
      value: [{ name: 'eth0', mac: null, addresses: [{ address: '10.0.0.5', prefix: 24, family: 4 }] }],
    });
    expect(await readAgentHostName(session, guest, options)).toEqual({ status: 'answered', value: 'web1' });
    expect(seen).toEqual([
      ['nodes/pve1/qemu/100/agent/network-get-interfaces', 15_000],
      ['nodes/pve1/qemu/100/agent/get-host-name', 15_000],
    ]);
  });

  const interfaces = (...hosts: readonly string[]) => [
    {
      name: 'lo',
      'ip-addresses': [
        { 'ip-address': '127.0.0.1', prefix: 8 },
        { 'ip-address': '::1', prefix: 128 },
      ],
    },
    { name: 'ens18', 'ip-addresses': hosts.map((host) => ({ 'ip-address': host })) },
  ];

  it.each<[string, unknown, object]>([
    [
      'an error of the agent, in its own words',
      { result: { error: { class: 'CommandDisabled', desc: 'The command has been disabled' } } },
      { code: 'agent_failed', message: expect.stringContaining('The command has been disabled (CommandDisabled)') },
    ],
    [
      'an error without a text',
      { result: { error: { class: 'Unsupported' } } },
      { code: 'agent_failed', message: expect.stringContaining('Unsupported') },
    ],
    ['an error as text', { error: 'busy' }, { code: 'agent_failed', message: expect.stringContaining('busy') }],
    ['null', null, { code: 'no_addresses' }],
    ['null as result', { result: null }, { code: 'no_addresses' }],
    ['no interface', { result: [] }, { code: 'no_addresses' }],
    ['only the loopback', { result: interfaces().slice(0, 1) }, { code: 'no_addresses' }],
    ['an interface without addresses', { result: interfaces() }, { code: 'no_addresses' }],
    ['link-local addresses', { result: interfaces('fe80::1%ens18', '169.254.7.7') }, { code: 'no_addresses' }],
    ['what is no address', { result: interfaces('0.0.0.0', '::', 'x', '10.0.0.300') }, { code: 'no_addresses' }],
  ])('takes an answer with %s for none: nothing is told', async (_text, answer, problem) => {
    const told = await readAgentInterfaces(
      aSession(() => answer),
      guest,
      options,
    );
    expect(told).toMatchObject({ status: 'unavailable', problem });
  });

  it.each([['192.0.2.5'], ['2001:db8::5'], ['fd00::5'], ['100.64.0.5']])(
    'is told as soon as there is %s',
    async (host) => {
      const told = await readAgentInterfaces(
        aSession(() => ({ result: interfaces('fe80::1', host) })),
        guest,
        options,
      );
      expect(told).toMatchObject({ status: 'answered' });
    },
  );

  it.each([
    ['QEMU guest agent is not running', 'agent_not_running', 'info'],
    ['No QEMU guest agent configured', 'agent_disabled', 'info'],
    ['agent is not enabled for this VM', 'agent_disabled', 'info'],
    ["VM 100 qmp command 'guest-network-get-interfaces' failed - got timeout", 'agent_timeout', 'warning'],
    ['something new', 'agent_failed', 'warning'],
  ])('tells what "%s" means', async (reason, code, severity) => {
    const answered = await readAgentInterfaces(failing(refusal('proxmox_error', 500, reason)), guest, options);
    expect(answered).toMatchObject({ status: 'unavailable', problem: { code, severity } });
  });

  it.each([
    ['8.4', '(/vms/100, VM.Monitor)', 'VM.Monitor', 'VM.GuestAgent'],
    ['9.1', '(/vms/100, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)', 'VM.GuestAgent.Audit', 'VM.Monitor'],
  ])('names privilege and command of release %s', async (release, reason, privilege, foreign) => {
    const error = refusal('proxmox_forbidden', 403, `Permission check failed ${reason}`);
    const answered = await readAgentInterfaces(failing(error, release), guest, options);
    expect(answered).toMatchObject({
      status: 'unavailable',
      problem: { code: 'privilege_missing', severity: 'error', message: expect.stringContaining(privilege) },
    });
    const message = answered.status === 'unavailable' ? answered.problem.message : '';
    const command = /pveum role modify .*/.exec(message)?.[0] ?? '';
    expect(command).toContain(privilege);
    expect(command).not.toContain(foreign);
  });

  it('takes a timeout as the guest being slow', async () => {
    const answered = await readAgentInterfaces(failing(new ProxboxError('proxmox_timeout', 'x')), guest, options);
    expect(answered).toMatchObject({
      problem: { code: 'agent_timeout', message: expect.stringContaining('PROXBOX_GUEST_AGENT_TIMEOUT') },
    });
  });

  it.each(['cancelled', 'proxmox_unreachable', 'proxmox_unauthorized', 'proxmox_node_unreachable'] as const)(
    'does not blame the guest for %s',
    async (code) => {
      const read = readAgentInterfaces(failing(new ProxboxError(code, 'x')), guest, options);
      await expect(read).rejects.toMatchObject({ code });
    },
  );
});

describe('reading a guest configuration', () => {
  const listed = (node: string | null) => (path: string) => {
    if (path === 'cluster/resources') return node === null ? [] : [{ type: 'qemu', vmid: 100, node }];
    if (path === 'nodes/pve2/qemu/100/config') return { name: 'web1' };
    throw gone;
  };

  it('follows a guest that migrated since it was listed', async () => {
    expect(await readGuestConfig(aSession(listed('pve2')), guest)).toEqual({
      status: 'read',
      config: { name: 'web1' },
      node: 'pve2',
    });
  });

  it('says that a guest is gone only when a fresh list lacks it', async () => {
    expect(await readGuestConfig(aSession(listed(null)), guest)).toEqual({ status: 'gone' });
    await expect(readGuestConfig(aSession(listed('pve1')), guest)).rejects.toBe(gone);
  });

  it('does not take any other failure for an absence', async () => {
    const error = refusal('proxmox_error', 500, 'unable to open file');
    await expect(readGuestConfig(failing(error), guest)).rejects.toBe(error);
  });
});

describe('reading lists', () => {
  it.each([
    ['snapshots', (session: ProxmoxSession) => readSnapshots(session, guest)],
    ['networks', (session: ProxmoxSession) => readNodeNetwork(session, 'pve1')],
    ['tasks', (session: ProxmoxSession) => readTasks(session, { node: 'pve1', until: 1 })],
    ['backup jobs', (session: ProxmoxSession) => readBackupJobs(session)],
    ['replication jobs', (session: ProxmoxSession) => readReplicationJobs(session)],
    ['backups', (session: ProxmoxSession) => readBackups(session, { node: 'pve1', storage: 'local' })],
  ])('never takes a missing list of %s for an empty one', async (_, read) => {
    await expect(read(aSession(() => null))).rejects.toMatchObject({ code: 'remote_protocol' });
    await expect(read(failing(refusal('proxmox_forbidden', 403, 'no')))).rejects.toMatchObject({
      code: 'proxmox_forbidden',
    });
  });

  it('keeps guests without snapshot support apart from guests without snapshots', async () => {
    expect(
      await readSnapshots(
        aSession(() => [{ name: 'current' }]),
        guest,
      ),
    ).toEqual({ status: 'read', snapshots: [] });
    expect(await readSnapshots(failing(refusal('proxmox_error', 501, 'not implemented')), guest)).toEqual({
      status: 'unsupported',
    });
  });

  it.each([
    ['nothing', []],
    ['snapshots', [{ name: 'clean' }]],
  ])('takes a list of snapshots that has %s but not the row `current` for none at all', async (_text, answer) => {
    const told = await readSnapshots(
      aSession(() => answer),
      guest,
    );
    expect(told).toEqual({ status: 'untold' });
  });

  it('finds the snapshots of a guest that moved since it was listed, on its new node', async () => {
    const moved = { id: 'qemu/100', type: 'qemu', vmid: 100, node: 'pve2', status: 'running' };
    const session = aSession((below) => {
      if (below === 'cluster/resources') return [moved];
      if (below === 'nodes/pve2/qemu/100/snapshot') return [{ name: 'clean', snaptime: 1 }, { name: 'current' }];
      throw refusal('proxmox_error', 404, 'not here');
    });

    expect(await readSnapshots(session, { node: 'pve1', type: 'qemu', vmid: 100 })).toMatchObject({
      status: 'read',
      snapshots: [{ name: 'clean', node: 'pve2' }],
    });
    expect(await readSnapshots(session, { node: 'pve1', type: 'qemu', vmid: 101 })).toEqual({ status: 'gone' });
  });

  it('takes no interfaces for a stopped container', async () => {
    expect(
      await readContainerInterfaces(
        aSession(() => null),
        guest,
      ),
    ).toEqual([]);
  });

  it('keeps odd rows', async () => {
    const session = aSession(() => [{ storage: 'a', content: 5, nodes: null }]);
    expect(await readStorages(session)).toMatchObject([{ name: 'a', content: '5' }]);
  });

  it.each<[string, (session: ProxmoxSession) => Promise<unknown>, object]>([
    ['snapshots', (session) => readSnapshots(session, guest), { name: 'current' }],
    ['storages', readStorages, { storage: 'a' }],
    ['backups', (session) => readBackups(session, { node: 'pve1', storage: 's' }), { volid: 's:1' }],
    ['networks', (session) => readNodeNetwork(session, 'pve1'), { iface: 'vmbr0' }],
    ['backup jobs', readBackupJobs, { id: 'nightly' }],
    ['replication jobs', readReplicationJobs, { id: '100-0' }],
    ['zones', readSdnZones, { zone: 'office', type: 'simple' }],
  ])('takes a list of %s with an entry that means nothing for none, as that could be any', async (_text, read, row) => {
    await expect(read(aSession(() => [row]))).resolves.toBeDefined();
    for (const entry of [{}, null, 'text', []])
      await expect(read(aSession(() => [row, entry]))).rejects.toMatchObject({
        code: 'remote_protocol',
        message: expect.stringContaining('without a name or id in every entry'),
      });
  });

  it('filters backups by VMID again', async () => {
    const rows = [{ volid: 's:1', vmid: 100 }, { volid: 's:2', vmid: 1000 }, { volid: 's:3' }];
    const queries: unknown[] = [];
    const session = aSession((_, options) => {
      queries.push(options?.query);
      return rows;
    });
    const backups = await readBackups(session, { node: 'pve1', storage: 's', vmid: 100 });
    expect(backups.map((backup) => backup.volumeId)).toEqual(['s:1']);
    expect(queries).toEqual([{ content: 'backup', vmid: 100 }]);
  });

  it('reads what the account may do', async () => {
    const permissions = await readPermissions(aSession(() => ({ '/': { 'Sys.Audit': 1 } })));
    expect(permissions.has('/nodes/pve1', 'Sys.Audit')).toBe(true);
  });
});

describe('reading the task archive', () => {
  const row = (n: number) => ({ upid: `UPID:pve1:0001E240:00A2F3E1:5F8B2D3C:qmstart:${n}:root@pam:`, status: 'OK' });
  const archive = (total: number, page: (start: number, limit: number) => unknown) => {
    const starts: number[] = [];
    const session = aSession((_, options) => {
      const { start, limit, source, until } = options?.query ?? {};
      expect({ source, until }).toEqual({ source: 'archive', until: 42 });
      starts.push(Number(start));
      return page(Number(start), Number(limit));
    });
    const read = () => readTasks(session, { node: 'pve1', until: 42, pageSize: 3 });
    return { read, starts, rows: Array.from({ length: total }, (_, n) => row(n)) };
  };

  it.each([
    [0, [0]],
    [2, [0]],
    [3, [0, 3]],
    [7, [0, 3, 6]],
  ])('reads %i tasks with the pages %j', async (total, expected) => {
    const setUp: ReturnType<typeof archive> = archive(total, (start, limit) => setUp.rows.slice(start, start + limit));
    const { tasks, problem } = await setUp.read();
    expect([tasks.length, problem, setUp.starts]).toEqual([total, null, expected]);
  });

  it('stops with a problem when a page repeats', async () => {
    const { read, starts } = archive(0, () => [row(1), row(2), row(3)]);
    expect(await read()).toMatchObject({ tasks: [{}, {}, {}], problem: { code: 'remote_protocol' } });
    expect(starts).toEqual([0, 3]);
  });

  it('keeps what it has when a later page fails', async () => {
    const error = new ProxboxError('proxmox_timeout', 'x');
    const { read } = archive(0, (start) => {
      if (start > 0) throw error;
      return [row(1), row(2), row(3)];
    });
    expect(await read()).toMatchObject({ tasks: [{}, {}, {}], problem: error });
  });

  it('fails when the first page fails and when it is cancelled', async () => {
    const down = archive(0, () => {
      throw new ProxboxError('proxmox_timeout', 'x');
    });
    await expect(down.read()).rejects.toMatchObject({ code: 'proxmox_timeout' });
    const cancelled = archive(0, (start) => {
      if (start > 0) throw new ProxboxError('cancelled', 'x');
      return [row(1), row(2), row(3)];
    });
    await expect(cancelled.read()).rejects.toMatchObject({ code: 'cancelled' });
  });
});
