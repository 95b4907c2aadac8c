import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGuestDisks } from '../../../src/proxmox/parse/disks.js';
import { parseGuestConfig } from '../../../src/proxmox/parse/guest-config.js';
import { parseNetworkDevices } from '../../../src/proxmox/parse/network-devices.js';
import { privilegeReports } from '../../../src/proxmox-doctor/diagnose-privileges.js';
import { missingBackupPrivileges } from '../../../src/proxmox/privileges.js';
import { isStorageOnNode } from '../../../src/proxmox/parse/storages.js';
import { parseTagColours } from '../../../src/proxmox/parse/tags.js';
import { readAgentHostName, readAgentInterfaces } from '../../../src/proxmox/reads/agent.js';
import { readBackupJobs, readPermissions, readReplicationJobs } from '../../../src/proxmox/reads/cluster.js';
import { readContainerInterfaces, readGuestConfig, readSnapshots } from '../../../src/proxmox/reads/guests.js';
import { readNodeNetwork, readTasks } from '../../../src/proxmox/reads/nodes.js';
import { readBackups, readStorages } from '../../../src/proxmox/reads/storage.js';
import type { ConnectedSession } from '../../../src/proxmox/session.js';
import { createFixtureEstate, type Estate, migrateGuest, removeGuest } from '../../simulator/estate/index.js';
import { type AclPreset, createProxmoxSimulator, type ProxmoxSimulator } from '../../simulator/proxmox/index.js';
import { endpointOf, openSessions, tokenOf } from './open-sessions.js';

const sessions = openSessions();
const simulators: ProxmoxSimulator[] = [];
let nextId = 1;

async function connect(
  name: string,
  acl: AclPreset = 'read-only',
): Promise<{ session: ConnectedSession; estate: Estate }> {
  const estate = createFixtureEstate();
  const simulator = createProxmoxSimulator({ cluster: estate.clusters.find((one) => one.name === name)!, acl });
  simulators.push(simulator);
  await simulator.listen();
  const session = await sessions.open(endpointOf(simulator, { id: nextId++ }), tokenOf(simulator));
  return { session, estate };
}

let lab: ConnectedSession;
let edge: ConnectedSession;

beforeAll(async () => {
  lab = (await connect('lab')).session;
  edge = (await connect('edge')).session;
});

afterAll(async () => {
  await sessions.close();
  await Promise.all(simulators.map((simulator) => simulator.close()));
});

const agentOptions = { timeoutMs: 15_000 };

describe('every guest of the fixture', () => {
  it.each([
    ['lab', () => lab],
    ['edge', () => edge],
  ])('of %s can be read and parsed, unless its node is away', async (_, sessionOf) => {
    const session = sessionOf();
    const guests = await session.guests();
    expect(guests.length).toBeGreaterThan(1);
    const online = (await session.clusterStatus()).nodes.filter((node) => node.online).map((node) => node.name);
    for (const guest of guests.filter((one) => online.includes(one.node))) {
      const answer = await readGuestConfig(session, guest);
      const config = answer.status === 'read' ? answer.config : {};
      const { disks, totalMb } = parseGuestDisks(config);
      expect(totalMb).toBe(disks.reduce((sum, disk) => sum + disk.sizeMb, 0));
      expect(parseGuestConfig(config).memoryMb).toBeGreaterThan(0);
      const devices = Object.keys(config).filter((key) => /^net\d+$/.test(key));
      expect(parseNetworkDevices(config, guest.type)).toHaveLength(devices.length);
      const snapshots = await readSnapshots(session, guest);
      if (snapshots.status === 'read') expect(snapshots.snapshots.every((one) => one.name !== 'current')).toBe(true);
    }
  });
});

describe('the guest agent', () => {
  it('answers interfaces and a host name', async () => {
    const guest = { node: 'pve1', vmid: 100 };
    const answer = await readAgentInterfaces(lab, guest, agentOptions);
    expect(answer.status === 'answered' && answer.value.map((one) => one.mac)).toContain('bc:24:11:20:99:1e');
    expect(await readAgentHostName(lab, guest, agentOptions)).toEqual({
      status: 'answered',
      value: 'web01.example.org',
    });
  });

  it('that is silent costs only that guest', async () => {
    expect(await readAgentInterfaces(lab, { node: 'pve1', vmid: 106 }, agentOptions)).toMatchObject({
      status: 'unavailable',
      problem: { code: 'agent_not_running' },
    });
  });

  it.each([
    ['lab', 'VM.Monitor'],
    ['edge', 'VM.GuestAgent.Audit'],
  ])('of %s without privilege names %s', async (name, privilege) => {
    const { session } = await connect(name, 'no-agent');
    const guest = (await session.guests()).find(
      (one) => one.type === 'qemu' && one.isDescribed && one.status === 'running',
    )!;
    expect(await readAgentInterfaces(session, guest, agentOptions)).toMatchObject({
      status: 'unavailable',
      problem: { code: 'privilege_missing', message: expect.stringContaining(privilege) },
    });
  });
});

describe('guests that move or go', () => {
  it('are found on their new node or reported as gone', async () => {
    const { session, estate } = await connect('lab');
    const cluster = estate.clusters.find((one) => one.name === 'lab')!;
    const listed = (await session.guests()).find((guest) => guest.vmid === 100)!;
    migrateGuest(cluster, 100, 'pve2');
    expect(await readGuestConfig(session, listed)).toMatchObject({ status: 'read', node: 'pve2' });
    removeGuest(cluster, 100);
    expect(await readGuestConfig(session, listed)).toEqual({ status: 'gone' });
  });
});

describe('what belongs to a cluster', () => {
  it('has addresses of DHCP containers', async () => {
    const guest = (await lab.guests()).find((one) => one.vmid === 201)!;
    const interfaces = await readContainerInterfaces(lab, guest);
    expect(interfaces.flatMap((one) => one.addresses).length).toBeGreaterThan(0);
  });

  it('tells guests without snapshot support', async () => {
    const guest = (await lab.guests()).find((one) => one.vmid === 204)!;
    expect(await readSnapshots(lab, guest)).toEqual({ status: 'unsupported' });
  });

  it('has storages without secrets, and backups with known formats', async () => {
    const storages = await readStorages(lab);
    expect(JSON.stringify(storages)).not.toMatch(/"(password|keyring|encryption-key)"/);
    const holders = storages.filter((storage) => storage.enabled && storage.contentKinds.includes('backup'));
    expect(holders.length).toBeGreaterThan(0);
    const { session } = await connect('lab', 'full');
    for (const storage of holders.filter((one) => isStorageOnNode(one, 'pve1'))) {
      for (const backup of await readBackups(session, { node: 'pve1', storage: storage.name })) {
        expect(backup).toMatchObject({ storage: storage.name, creationTime: expect.stringMatching(/Z$/) });
      }
    }
  });

  it('has tag colours as text (8) and as object (9)', async () => {
    expect(Object.fromEntries(parseTagColours(await lab.clusterOptions()))).toEqual({ prod: 'ff0000', db: '00aaff' });
    expect(parseTagColours(await edge.clusterOptions()).size).toBeGreaterThan(0);
  });

  it('has jobs, node networks and more tasks than one page', async () => {
    expect((await readBackupJobs(lab)).length).toBeGreaterThan(0);
    expect((await readReplicationJobs(lab)).length).toBeGreaterThan(0);
    const { interfaces, isPending } = await readNodeNetwork(lab, 'pve1');
    expect(isPending).toBe(false);
    expect(interfaces.some((one) => one.netboxType === 'bridge' && one.addresses.length > 0)).toBe(true);
    const { tasks, problem } = await readTasks(lab, { node: 'pve1', until: 4_000_000_000 });
    expect(tasks.length).toBeGreaterThan(500);
    expect(problem).toBeNull();
  });

  it('tells what the reader may not do', async () => {
    const permissions = await readPermissions(lab);
    const lacking = privilegeReports({ version: lab.version, permissions }).filter(
      ({ reader, state }) => reader && state !== 'present',
    );
    expect(lacking).toEqual([]);
    expect(missingBackupPrivileges(permissions, 'local')).toEqual(['Datastore.AllocateSpace', 'VM.Backup']);
  });
});
