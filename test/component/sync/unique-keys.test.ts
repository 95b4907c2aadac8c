/**
 * What NetBox and the plugin keep unique: a row that leaves makes room for one that comes in the same run, and rows swap their
 * keys. Kind by kind, against what the simulated NetBox refuses.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, readFields } from '../../../src/netbox/kinds/decode.js';
import { kindDefinition, kinds, objectKinds, type ObjectKind, type RecordOf } from '../../../src/netbox/kinds/index.js';
import type { JsonObject, NetBoxClient } from '../../../src/netbox/types.js';
import { applyPlan } from '../../../src/sync/executor/executor.js';
import { PlanBuilder } from '../../../src/sync/plan/plan-builder.js';
import type { FieldsOf } from '../../../src/sync/types.js';
import { kindsFor } from '../../simulator/netbox/kinds/index.js';
import { defaultTokens } from '../../simulator/netbox/index.js';
import { anExecutorContext } from '../../support/factories/run.js';
import { apiOf, buildEstate, path, type Api } from '../../contract/netbox/target.js';
import { openSimulated, type SimulatedHarness } from '../netbox-client/harness.js';

/** Fields of the n-th row of a kind; the rows differ in their keys. */
type Bodies = (n: number, parents: Parents) => JsonObject;

interface Parents {
  readonly site: number;
  readonly deviceType: number;
  readonly role: number;
  readonly device: number;
  readonly cluster: number;
  readonly clusterType: number;
  readonly endpoint: number;
  readonly machine: number;
  /** Interfaces of the machine. */
  readonly ports: readonly number[];
}

/** A name is another key, so each row has one of its own. */
let named = 0;

/** By kind and the field of the key that changes hands. */
const rows: readonly (readonly [ObjectKind, string, Bodies])[] = [
  ['storage', 'name', (n, { cluster }) => ({ cluster, name: `store${n}` })],
  [
    'backup',
    'volume_id',
    (n, { machine: virtual_machine }) => ({
      virtual_machine,
      storage: 'local',
      subtype: 'qemu',
      format: 'zst',
      vmid: 100,
      volume_id: `local:backup/${n}`,
    }),
  ],
  [
    'snapshot',
    'node',
    (n, { machine: virtual_machine }) => ({
      virtual_machine,
      name: 'daily',
      vmid: 100,
      node: `pve${n}`,
      subtype: 'qemu',
      status: 'active',
    }),
  ],
  [
    'task-history',
    'upid',
    (n, { machine: virtual_machine }) => ({
      virtual_machine,
      upid: `UPID:${n}`,
      node: 'pve1',
      task_type: 'qmstart',
      username: 'root@pam',
      start_time: '2026-11-27T10:00:00Z',
      description: 'start',
      status: 'OK',
    }),
  ],
  [
    'replication',
    'replication_id',
    (n, { endpoint, machine: virtual_machine }) => ({
      endpoint,
      virtual_machine,
      replication_id: `100-${n}`,
      guest: 100,
      target: 'pve2',
      jobnum: n,
    }),
  ],
  ['l2vpn', 'name', (n) => ({ name: `net${n}`, slug: `net${(named += 1)}`, type: 'vxlan' })],
  [
    'sdn-binding',
    'source_name',
    (n, { endpoint }) => ({ endpoint, cluster_name: 'lab', source_type: 'vnet', source_name: `zone/vnet${n}` }),
  ],
  ['backup-routine', 'job_id', (n, { endpoint }) => ({ endpoint, job_id: `job${n}`, selection: [100] })],
  ['guest-vm-interface', 'name', (n, { machine: virtual_machine }) => ({ virtual_machine, name: `ens${n}` })],
  [
    'guest-vm-interface',
    'vm_interface',
    (n, { machine: virtual_machine, ports }) => ({
      virtual_machine,
      name: `eth${(named += 1)}`,
      vm_interface: ports[n],
    }),
  ],
  ['virtual-machine', 'name', (n, { cluster }) => ({ cluster, name: `web${n}`, status: 'active' })],
  ['vm-interface', 'name', (n, { machine: virtual_machine }) => ({ virtual_machine, name: `swp${n}` })],
  ['virtual-disk', 'name', (n, { machine: virtual_machine }) => ({ virtual_machine, name: `scsi${n}`, size: 1000 })],
  [
    'cluster',
    'name',
    (n, { clusterType: type, site }) => ({ name: `lab${n}`, type, scope_type: 'dcim.site', scope_id: site }),
  ],
  [
    'device',
    'name',
    (n, { site, role, deviceType: device_type }) => ({ name: `node${n}`, site, role, device_type, status: 'active' }),
  ],
  ['node-interface', 'name', (n, { device }) => ({ device, name: `eno${n}`, type: 'other' })],
];

/** Nothing of these keys is changed on an object that exists. */
const settled: readonly ObjectKind[] = [
  'tag',
  'custom-field',
  'tenant',
  'site',
  'manufacturer',
  'device-type',
  'device-role',
  'cluster-type',
  'vm-type',
  'platform',
  'vlan',
  // People's, only read.
  'tunnel-termination',
  // Written where they are empty, and never otherwise.
  'cluster-link',
  'node-link',
];

describe('the table of kinds', () => {
  const specs = kindsFor('4.7.3', true);
  const keysOf = (kind: ObjectKind) => kindDefinition(kind).unique ?? [];

  it('knows every key that NetBox and the plugin keep unique among what is changed', () => {
    const own = objectKinds.filter((kind) => kindDefinition(kind).viewOf === undefined && !settled.includes(kind));
    const unknown = own.flatMap((kind) => {
      const { path: at, fields, reads = {} } = kindDefinition(kind);
      const spec = specs.find((one) => `/api/${one.path}/` === at);
      const constraints = [
        ...(spec?.constraints ?? []).map((one) => one.fields.map((field) => field.replace('lower:', ''))),
        ...Object.entries(spec?.fields ?? {}).flatMap(([field, { unique }]) => (unique === true ? [[field]] : [])),
      ];
      const known = keysOf(kind).map((key) => [...key.fields].sort().join());
      return constraints
        .filter((constraint) => constraint.every((field) => field in fields || field in reads))
        .map((constraint) => [...constraint].sort().join())
        .filter((key) => !known.includes(key))
        .map((key) => `${kind}: ${key}`);
    });
    // A machine is always in a cluster.
    expect(unknown).toEqual(['virtual-machine: device,name,tenant']);
  });

  it('has a case below for each that may change', () => {
    const changing = objectKinds.flatMap((kind) =>
      keysOf(kind)
        .flatMap(({ parks }) => parks ?? [])
        .map((field) => `${kind} ${field}`),
    );
    expect(rows.map(([kind, field]) => `${kind} ${field}`).sort()).toEqual(changing.sort());
  });
});

describe.each(rows)('%s, by %s', (kind, field, bodyOf) => {
  let harness: SimulatedHarness;
  let client: NetBoxClient;
  let api: Api;
  let parents: Parents;
  /** Ids of what the rows belong to. */
  let aside: ReadonlySet<number> = new Set();
  const at = kinds[kind].path;

  beforeAll(async () => {
    harness = await openSimulated('4.7.3');
    ({ client } = harness);
    const { v1, v2 } = defaultTokens;
    const unused = { disabled: '', expired: '', readOnly: '', foreignAddress: '' };
    api = apiOf({ url: harness.simulator.url, tokens: { v1, v2Key: v2.key, v2: v2.secret, ...unused } });
    parents = await aPlace(api);
    aside = new Set((await stored()).map(({ id }) => id));
  });
  afterAll(() => harness.close());

  const body = (n: number): JsonObject => bodyOf(n, parents);
  const make = async (...numbers: readonly number[]): Promise<readonly number[]> => {
    for (const { id } of await stored()) await api.remove(`${at}${id}/`);
    return Promise.all(numbers.map(async (n) => Number((await api.create(at, body(n))).id)));
  };
  const stored = async (): Promise<readonly RecordOf<typeof kind>[]> => {
    const found = await client.list(
      at,
      { fields: readFields(kind), ...kindDefinition(kind).query },
      { cache: 'bypass' },
    );
    return found.map((row) => decode(kind, row)).filter(({ id }) => !aside.has(id));
  };
  const valueOf = (n: number): unknown => body(n)[field];
  /** What of a row a sync would write, as its fields. */
  const fieldsOf = (values: JsonObject): FieldsOf<typeof kind> => values;
  /** Rows by id get the key of another number, new ones come, and some go; the outcome of each. */
  const apply = async (moves: ReadonlyMap<number, number>, { comes = [], goes = [] }: Change = {}) => {
    const builder = new PlanBuilder();
    const current = new Map((await stored()).map((row) => [row.id, row]));
    const common = { kind, rules: {} };
    for (const [id, n] of moves)
      builder.add(
        { ...common, key: `${id}`, label: `${id}`, fields: fieldsOf({ [field]: valueOf(n) }) },
        current.get(id),
      );
    for (const n of comes)
      builder.add({ ...common, key: `new ${n}`, label: `new ${n}`, fields: fieldsOf(body(n)) }, undefined);
    for (const id of goes)
      builder.remove(
        { ...common, key: `${id}`, label: `${id}`, current: current.get(id)! },
        { code: 'gone_from_proxmox', message: 'Gone.' },
      );
    const { outcomes, warnings } = await applyPlan(builder.build('virtual-machines'), anExecutorContext(client));
    expect(warnings).toEqual([]);
    return outcomes.map(({ status }) => status);
  };
  const keys = async (): Promise<ReadonlyMap<number, unknown>> =>
    new Map((await stored()).map((row) => [row.id, Object.entries(row).find(([name]) => name === field)?.[1]]));

  it('is refused twice by NetBox', async () => {
    await make(1);
    expect((await api.post(at, body(1))).status).toBeGreaterThanOrEqual(400);
    expect(await stored()).toHaveLength(1);
  });

  it('is swapped, and goes round among three', async () => {
    const [a, b, c] = await make(1, 2, 3);
    expect(
      await apply(
        new Map([
          [a!, 2],
          [b!, 1],
        ]),
      ),
    ).toEqual(['updated', 'updated']);
    expect(await keys()).toEqual(
      new Map([
        [a, valueOf(2)],
        [b, valueOf(1)],
        [c, valueOf(3)],
      ]),
    );
    expect(
      await apply(
        new Map([
          [a!, 3],
          [b!, 2],
          [c!, 1],
        ]),
      ),
    ).toEqual(['updated', 'updated', 'updated']);
    expect(await keys()).toEqual(
      new Map([
        [a, valueOf(3)],
        [b, valueOf(2)],
        [c, valueOf(1)],
      ]),
    );
  });

  it('passes on in a row, and what is left at its end is had by a new one', async () => {
    const [a, b] = await make(1, 2);
    expect(
      await apply(
        new Map([
          [a!, 2],
          [b!, 3],
        ]),
        { comes: [1] },
      ),
    ).toEqual(['updated', 'updated', 'created']);
    expect([...(await keys()).values()]).toEqual([valueOf(2), valueOf(3), valueOf(1)]);
  });

  it('of a row that goes is had by a new one, and by another row', async () => {
    const [a, b] = await make(1, 2);
    expect((await apply(new Map(), { goes: [a!], comes: [1] })).sort()).toEqual(['created', 'deleted']);
    const [, fresh] = [...(await keys()).keys()];
    expect((await apply(new Map([[fresh!, 2]]), { goes: [b!] })).sort()).toEqual(['deleted', 'updated']);
    expect(await keys()).toEqual(new Map([[fresh, valueOf(2)]]));
  });
});

interface Change {
  readonly comes?: readonly number[];
  readonly goes?: readonly number[];
}

/** What the rows belong to. */
async function aPlace(api: Api): Promise<Parents> {
  const estate = await buildEstate(api);
  const endpoint = await api.create(path.endpoints, { name: 'lab', domain: 'pve.example.org', mode: 'cluster' });
  const machine = await api.create(path.vms, { name: 'host', cluster: estate.cluster });
  const ports: number[] = [];
  for (const n of [1, 2, 3, 4, 5])
    ports.push((await api.create(path.vmInterfaces, { virtual_machine: machine.id, name: `net${n}` })).id);
  return { ...estate, endpoint: endpoint.id, machine: machine.id, ports };
}
