/** `dry_run=true` never writes: walked over every registered route, so that a new route is covered at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { routesOf, type Route } from '../../support/routes.js';
import { openWorld, type World } from '../../support/world.js';
import { anApp } from './app-fixture.js';

const estate = createEstate({ vms: 6, clusters: 1, seed: 11 });
const [cluster] = estate.clusters;
const guest = [...cluster!.guests.values()].find(({ type, template }) => type === 'qemu' && !template)!;

let world: World;
let machineId: number;

beforeAll(async () => {
  world = await openWorld({ estate });
  await world.ask('PUT', '/proxmox/endpoints/1', { allow_writes: true });
  await world.fullUpdate();
  machineId = world.netbox.state.objects('virtualization/virtual-machines')[0]!.id;
  // A run has something to write now, of every kind that a guest has.
  for (const one of cluster!.guests.values()) Object.assign(one, { name: `${one.name}-renamed` });
  Object.assign(guest.config, {
    scsi7: 'local-lvm:vm-1-disk-7,size=3G',
    net7: 'virtio=BC:24:11:00:00:77,bridge=vmbr0',
  });
});
afterAll(() => world.close());

/** What would be written if it were no dry run: requests of a method that is not safe (RFC 9110, 9.2.1), at either side. */
function writes(): readonly string[] {
  const changes = ({ method }: { readonly method: string }): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method);
  return [
    ...world.netbox.requestLog.filter(changes).map(({ method, target }) => `NetBox ${method} ${target}`),
    ...world.proxmox.flatMap(({ requestLog }) =>
      requestLog
        .filter((request) => changes(request) && request.path !== '/access/ticket')
        .map(({ method, path }) => `Proxmox ${method} ${path}`),
    ),
  ];
}

function concrete(pattern: string): string {
  const values: Readonly<Record<string, string>> = {
    netbox_vm_id: String(machineId),
    vmid: String(guest.vmid),
    cluster_name: cluster!.name,
    node: guest.node,
    type: 'qemu',
    endpoint_id: '1',
    netbox_id: '1',
  };
  return pattern.replace(/:([A-Za-z_]+)/g, (_all, name: string) => values[name] ?? '1').replace('*', 'version');
}

const query = (): string =>
  new URLSearchParams({
    dry_run: 'true',
    cluster_name: cluster!.name,
    node: guest.node,
    node_name: guest.node,
    type: 'qemu',
    vmid: String(guest.vmid),
    storage_name: 'local-lvm',
    interface_name: 'net0',
    disk_name: 'scsi0',
    ip_address: '192.0.2.1',
    ...{ storage: 'local', volid: 'local:backup/x', snapshot_name: 'x', replication_id: '1-0', job_id: '' },
  }).toString();

async function ask({ method, pattern }: Route) {
  const abort = new AbortController();
  const headers = { 'X-Proxbox-API-Key': world.apiKey };
  // What chooses an endpoint elsewhere is the address of a guest here.
  const asked = pattern.startsWith('/sync/individual')
    ? query()
    : 'dry_run=true&endpoint_id=1&custom_fields_enabled=true';
  const response = await fetch(`${world.url}${concrete(pattern)}?${asked}`, { method, headers, signal: abort.signal });
  // A stream of the log has no end; a run has, and writes until then.
  if (!pattern.startsWith('/admin')) await response.text();
  abort.abort();
  return response.status;
}

describe('dry_run=true', () => {
  it('writes nothing to NetBox or Proxmox, on whatever route', async () => {
    const { app } = await anApp();
    const routes = routesOf(app).filter(({ method, pattern }) => method !== 'OPTIONS' && !pattern.startsWith('/ws'));
    expect(routes.length).toBeGreaterThan(200);
    const answers: { readonly route: string; readonly status: number }[] = [];
    for (const route of routes) {
      world.netbox.resetCounters();
      for (const simulator of world.proxmox) simulator.resetCounters();
      const status = await ask(route);
      const name = `${route.method} ${route.pattern}`;
      expect({ name, writes: writes() }).toEqual({ name, writes: [] });
      answers.push({ route: name, status });
    }

    const carriedOut = answers.filter(({ route, status }) => !/^(GET|HEAD) /.test(route) && status < 400);
    expect(carriedOut.map(({ route }) => route)).toEqual(
      expect.arrayContaining(['POST /sync/individual/backup-routines', 'POST /sync/individual/disk']),
    );
    for (const { route } of carriedOut) expect(route).toMatch(/^POST \/sync\/individual\//);
    expect((await world.ask('GET', '/proxmox/endpoints')).body).toHaveLength(1);
  });

  it('is refused with 422 where nothing can be previewed, whatever the word for it is', async () => {
    for (const word of ['true', '1', 'yes', 'maybe', '']) {
      const { status, body } = await world.ask(
        'POST',
        `/proxmox/qemu/${guest.vmid}/stop?endpoint_id=1&dry_run=${word}`,
      );
      expect({ word, status, detail: body.detail }).toEqual({
        word,
        status: 422,
        detail: expect.stringContaining('cannot be previewed'),
      });
    }
    for (const at of ['/extras/extras/custom-fields/create', '/clear-cache'])
      expect(await world.ask('GET', `${at}?dry_run=true`)).toMatchObject({ status: 422 });
  });

  it('is not overheard where it is misspelt: what was meant to be a preview is refused', async () => {
    for (const word of ['dryrun', 'dry-run', 'dryRun', 'DRY_RUN']) {
      world.netbox.resetCounters();
      for (const [method, at] of [
        ['GET', '/full-update'],
        ['GET', '/dcim/devices/create/stream'],
        ['POST', `/proxmox/qemu/${guest.vmid}/stop`],
      ] as const)
        expect(await world.ask(method, `${at}?${word}=true`)).toMatchObject({
          status: 422,
          body: { detail: `There is no parameter '${word}'. Did you mean dry_run? Nothing was done.` },
        });
      expect(writes()).toEqual([]);
    }
    expect(await world.ask('GET', '/runs?dryrun=true')).toMatchObject({ status: 200 });
  });

  it('is no obstacle where it says false', async () => {
    expect(await world.ask('POST', '/clear-cache?dry_run=false')).toMatchObject({ status: 200 });
  });

  it('tells of a stage and of a full update what they would do, as they then do it', async () => {
    const at = '/virtualization/virtual-machines/create/stream';
    const dry = await world.stream(`${at}?dry_run=true`);
    expect(dry.complete).toMatchObject({ ok: true, result: { dry_run: true, updated: cluster!.guests.size } });
    const full = await world.fullUpdate('?dry_run=true');
    expect(full.complete.result).toMatchObject({ dry_run: true });
    const json = await world.ask('GET', '/full-update?dry_run=true');
    expect(json).toMatchObject({ status: 200, body: { status: 'completed', ok: true, dry_run: true } });

    world.netbox.resetCounters();
    const real = await world.stream(at);
    expect(writes()).not.toEqual([]);
    expect(real.complete.result).toMatchObject({ updated: cluster!.guests.size });
    expect(real.complete.result?.['dry_run']).toBeUndefined();
  });
});
