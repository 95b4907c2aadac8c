import { atOnce } from '../../../../support/at-once.js';
import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../../src/netbox/kinds/index.js';
import { parseReplicationJob, type ReplicationJob } from '../../../../../src/proxmox/parse/replication.js';
import type { KnownGuest, OmittedGuest } from '../../../../../src/sync/plan/roster.js';
import { planReplications, type ReplicationInput } from '../../../../../src/sync/stages/replications/diff.js';
import type { ReplicationList } from '../../../../../src/sync/stages/replications/types.js';
import { ref, type Plan } from '../../../../../src/sync/types.js';
import { stored, tagsOf } from '../../../../support/factories/netbox-records.js';
import { aKnownGuest, anOmittedGuest, aRosterCluster } from '../../../../support/factories/roster.js';

const pluginEndpointId = 7;

/** A row of `cluster/replication`. */
const aJob = (id = '100-0', fields: object = {}): ReplicationJob =>
  parseReplicationJob({ id, type: 'local', source: 'pve1', target: 'pve2', schedule: '*/15', ...fields })!;

interface ListDraft extends Partial<Omit<ReplicationList, 'guests' | 'omitted'>> {
  readonly guests?: readonly KnownGuest[];
  readonly omitted?: readonly OmittedGuest[];
}

/** What cluster `lab` answered; its guest 100 is a virtual machine. */
function aList({ guests = [aKnownGuest()], omitted = [], ...changes }: ListDraft = {}): ReplicationList {
  return {
    cluster: aRosterCluster(),
    pluginEndpointId,
    jobs: [aJob()],
    gone: new Set(),
    ...changes,
    guests: new Map(guests.map((guest) => [guest.resource.vmid, guest])),
    omitted: new Map(omitted.map((guest) => [guest.source.vmid ?? 0, guest])),
  };
}

/** The row of the job as an earlier run wrote it. */
const row = (id: number, fields: object = {}): RecordOf<'replication'> =>
  stored('replication', {
    id,
    endpoint: { id: pluginEndpointId },
    replication_id: '100-0',
    virtual_machine: { id: 100 },
    proxmox_node: { id: 2 },
    guest: 100,
    target: 'pve2',
    job_type: { value: 'local' },
    schedule: '*/15',
    rate: null,
    comment: '',
    disable: false,
    source: 'pve1',
    jobnum: 0,
    remove_job: '',
    status: { value: 'active' },
    raw_config: { id: '100-0', type: 'local', source: 'pve1', target: 'pve2', schedule: '*/15' },
    tags: tagsOf([1, 'proxbox']),
    ...fields,
  });

const nodes = [
  stored('node-link', { id: 1, name: 'pve2', endpoint: { id: 8 } }),
  stored('node-link', { id: 2, name: 'pve2', endpoint: { id: pluginEndpointId } }),
];

function plan(lists: readonly ReplicationList[], changes: Partial<ReplicationInput> = {}): Plan {
  const deleteLimit = { percent: 30, force: false };
  const supportIds = new Map([['tag:proxbox', 1]] as const);
  return atOnce(
    planReplications({
      lists,
      rows: [],
      nodes,
      warnings: [],
      marked: new Set(),
      isSelection: false,
      supportIds,
      deleteLimit,
      ...changes,
    }),
  );
}

/** `update 1 {"status":"stale"}`, `skip vm_missing`. */
const told = ({ changes }: Plan): readonly string[] =>
  changes.map((change) => {
    const current = 'current' in change ? ` ${change.current.id}` : '';
    const patch = change.action === 'update' ? ` ${JSON.stringify(change.patch)}` : '';
    return `${change.action}${current}${patch}${'reason' in change ? ` ${change.reason.code}` : ''}`;
  });
const stale = (id: number): string => `update ${id} {"status":"stale"}`;

describe('a replication job', () => {
  it('is a row of the endpoint, with its machine and the node it goes to', () => {
    const [change] = plan([
      aList({ jobs: [aJob('100-1', { rate: '10', comment: 'nightly', disable: 1, digest: 'x' })] }),
    ]).changes;

    expect(change?.action === 'create' && change.desired.fields).toEqual({
      endpoint: pluginEndpointId,
      replication_id: '100-1',
      virtual_machine: ref('virtual-machine', '1/qemu/100'),
      proxmox_node: 2,
      guest: 100,
      target: 'pve2',
      job_type: 'local',
      schedule: '*/15',
      rate: 10,
      comment: 'nightly',
      disable: true,
      source: 'pve1',
      jobnum: 1,
      remove_job: null,
      status: 'active',
      // Without what Proxmox calculates anew in every answer.
      raw_config: {
        id: '100-1',
        type: 'local',
        source: 'pve1',
        target: 'pve2',
        schedule: '*/15',
        rate: '10',
        comment: 'nightly',
        disable: 1,
      },
      tags: [ref('tag', 'proxbox')],
    });
  });

  it.each<[string, ListDraft, readonly RecordOf<'replication'>[], readonly string[]]>([
    ['that is stored is kept', {}, [row(1)], ['keep 1']],
    [
      'that has changed is changed',
      { jobs: [aJob('100-0', { target: 'pve3' })] },
      [row(1)],
      [
        'update 1 {"target":"pve3","raw_config":{"id":"100-0","schedule":"*/15","source":"pve1","target":"pve3","type":"local"}}',
      ],
    ],
    ['that is back is active again', {}, [row(1, { status: { value: 'stale' } })], ['update 1 {"status":"active"}']],
    ['leaves the row of another endpoint alone', {}, [row(1, { endpoint: { id: 8 } })], ['create']],
    [
      'takes over a row of its machine that names no endpoint',
      {},
      [row(1, { endpoint: null })],
      ['update 1 {"endpoint":7}'],
    ],
    ['takes over none of another machine', {}, [row(1, { endpoint: null, virtual_machine: { id: 5 } })], ['create']],
    ['prefers the row of its endpoint', {}, [row(1, { endpoint: null }), row(2)], ['keep 2']],
    ['of an unknown guest is left out', { guests: [] }, [], ['skip vm_missing']],
    [
      'of a guest that was left out says why',
      { guests: [], omitted: [anOmittedGuest(100, 'node_offline')] },
      [],
      ['skip node_offline'],
    ],
    [
      'without an endpoint that is surely the one is left out',
      { pluginEndpointId: null },
      [row(1)],
      ['skip endpoint_unknown_to_plugin'],
    ],
  ])('%s', (_text, list, rows, expected) => {
    expect(told(plan([aList(list)], { rows }))).toEqual(expected);
  });

  it('keeps the node of the plugin where the node it goes to is not found', () => {
    expect(told(plan([aList()], { rows: [row(1)], nodes: [] }))).toEqual(['keep 1']);
  });

  it('of a machine outside of the selection is not looked at', () => {
    const jobs = [aJob(), aJob('200-0')];

    const built = plan([aList({ jobs })], { rows: [row(1)], isSelection: true });

    expect(told(built)).toEqual(['keep 1']);
    expect(built.discovered.get('replication')).toBe(1);
  });
});

describe('the row of a job that is gone', () => {
  const none: ListDraft = { jobs: [] };
  const unseen = { guest: 300, virtual_machine: { id: 300 } };

  it.each<[string, ListDraft, readonly RecordOf<'replication'>[], Partial<ReplicationInput>, readonly string[]]>([
    ['is marked', none, [row(1)], {}, [stale(1)]],
    ['is marked once', none, [row(1, { status: { value: 'stale' } })], {}, []],
    ['is marked of its endpoint alone', none, [row(1, { endpoint: { id: 8 } })], {}, []],
    ['is not marked while its guest is not listed', none, [row(1, unseen)], {}, []],
    [
      'is marked when its guest is proven to be gone',
      { ...none, gone: new Set([300]) },
      [row(1, unseen)],
      {},
      [stale(1)],
    ],
    [
      'of a guest that was left out is marked',
      { ...none, guests: [], omitted: [anOmittedGuest(100, 'node_offline')] },
      [row(1)],
      {},
      [stale(1)],
    ],
    [
      'of a class that is switched off is not marked',
      { ...none, guests: [], omitted: [anOmittedGuest(100, 'mode_disabled')] },
      [row(1)],
      {},
      [],
    ],
    [
      'outside of the selection is not marked',
      { ...none, gone: new Set([300]) },
      [row(1, unseen)],
      { isSelection: true },
      [],
    ],
    ['in the selection is marked', none, [row(1)], { isSelection: true }, [stale(1)]],
    ['of a machine that is marked as gone stays', none, [row(1)], { marked: new Set([100]) }, []],
    ['is not marked without an endpoint', { ...none, pluginEndpointId: null }, [row(1)], {}, []],
  ])('%s', (_text, list, rows, changes, expected) => {
    expect(told(plan([aList(list)], { rows, ...changes }))).toEqual(expected);
  });

  it('is not marked, with a warning that names the privilege, while its guest may be invisible', () => {
    expect(plan([aList(none)], { rows: [row(1, unseen)] }).warnings).toMatchObject([
      { code: 'read_incomplete', message: expect.stringContaining('VM.Audit on /vms') },
    ]);
  });

  it('is not marked when suspiciously many are gone, unless that is asked for', () => {
    const rows = Array.from({ length: 11 }, (_, n) => row(n + 1, { replication_id: `100-${n}` }));

    const limited = plan([aList(none)], { rows });
    const forced = plan([aList(none)], { rows, deleteLimit: { percent: 30, force: true } });

    expect(told(limited)).toEqual([]);
    expect(limited.warnings).toMatchObject([{ code: 'delete_limit' }]);
    expect(told(forced)).toEqual(rows.map(({ id }) => stale(id)));
  });

  it('counts as discovered', () => {
    expect(plan([aList(none)], { rows: [row(1)] }).discovered.get('replication')).toBe(1);
  });
});
