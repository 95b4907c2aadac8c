import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { parseMode, parseSyncRequest, type RawQuery } from '../../../src/sync/request.js';

const silent = {
  source: 'database',
  endpointIds: null,
  selector: null,
  netboxVmIds: null,
  branch: '',
  runId: undefined,
  fetchMaxConcurrency: undefined,
  overwrite: new Map(),
  modes: new Map(),
  network: {},
  syncVmNetwork: undefined,
  syncTaskHistory: undefined,
  deleteNonexistentBackups: undefined,
  deleteNonexistentSnapshots: undefined,
  parseDescriptionMetadata: undefined,
  orphanAction: undefined,
  vmStageFailed: false,
  forceDeletes: false,
  dryRun: false,
  includeObjects: false,
  showsObjects: false,
  notes: [],
  caller: { trigger: 'api', actor: '' },
};

function refusalOf(query: RawQuery): readonly [number, string] | undefined {
  try {
    parseSyncRequest(query);
    return undefined;
  } catch (error) {
    return error instanceof ProxboxError ? [error.status, error.message] : [0, String(error)];
  }
}

describe('the query of a sync route', () => {
  it.each<[RawQuery, object]>([
    [{}, {}],
    [{ unknown: 'x', netbox_endpoint_ids: '1' }, {}],
    [{ proxmox_endpoint_ids: '3, 1,3' }, { endpointIds: [1, 3] }],
    [{ endpoint_ids: '2' }, { endpointIds: [2] }],
    [{ proxmox_endpoint_ids: '1', endpoint_ids: '2' }, { endpointIds: [1] }],
    [{ proxmox_endpoint_ids: '' }, { endpointIds: null }],
    [{ netbox_vm_ids: '102,101,102' }, { netboxVmIds: [101, 102] }],
    [{ netbox_branch_schema_id: 'ab_12' }, { branch: 'ab_12' }],
    [{ netbox_branch_schema_id: ' ' }, { branch: '' }],
    [{ run_id: ' R1 ' }, { runId: 'R1' }],
    [
      { sync_vm_network: 'false', sync_task_history: '0' },
      { syncVmNetwork: false, syncTaskHistory: false },
    ],
    [{ delete_nonexistent_backup: 'true' }, { deleteNonexistentBackups: true }],
    [{ delete_nonexistent_snapshot: 'yes' }, { deleteNonexistentSnapshots: true }],
    [
      { vm_interface_sync_strategy: 'legacy_rename', use_guest_agent_interface_name: 'false' },
      { network: { strategy: 'legacy_rename', useGuestAgentInterfaceName: false } },
    ],
    [{ primary_ip_preference: 'IPv6' }, { network: { primaryIpPreference: 'ipv6' } }],
    [
      {
        ignore_ipv6_link_local_addresses: 'false',
        assign_vm_interface_ips: 'false',
        sync_vm_interface_macs: 'false',
      },
      { network: { ignoreIpv6LinkLocal: false, assignIps: false, syncMacs: false } },
    ],
    [{ run_id: '' }, { runId: undefined }],
    [{ run_id: 'x'.repeat(300) }, { runId: 'x'.repeat(255) }],
    [{ fetch_max_concurrency: '8' }, { fetchMaxConcurrency: 8 }],
    [{ fetch_max_concurrency: '9999' }, { fetchMaxConcurrency: 256 }],
    [{ fetch_max_concurrency: '' }, { fetchMaxConcurrency: undefined }],
    [
      { force_deletes: 'on', dry_run: 'Y', include_objects: 'TRUE' },
      { forceDeletes: true, dryRun: true, includeObjects: true },
    ],
    [{ run_id: ['a', 'b'] }, { runId: 'b' }],
    [{ source: 'database' }, {}],
    [{ source: '' }, {}],
    [{ source: 'netbox' }, { source: 'netbox' }],
    [{ name: ' lab ' }, { selector: { field: 'name', value: 'lab' } }],
    [{ name: 'lab', domain: 'pve.lan' }, { selector: { field: 'domain', value: 'pve.lan' } }],
    [{ domain: 'pve.lan', ip_address: '10.0.0.1' }, { selector: { field: 'ip_address', value: '10.0.0.1' } }],
  ])('%j', (query, expected) => expect(parseSyncRequest(query)).toEqual({ ...silent, ...expected }));

  it.each([
    ['true', true],
    ['T', true],
    ['1', true],
    ['Yes', true],
    ['on', true],
    ['y', true],
    ['false', false],
    ['F', false],
    ['0', false],
    ['no', false],
    ['OFF', false],
    ['n', false],
  ])('takes the flag %s for %j', (text, expected) => {
    expect([...parseSyncRequest({ overwrite_vm_tags: text }).overwrite]).toEqual([['overwrite_vm_tags', expected]]);
  });

  it.each([
    ['vm_interface_sync_strategy', 'vm_interface_sync_strategy must be one of guest_os_model, legacy_rename'],
    ['primary_ip_preference', 'primary_ip_preference must be one of ipv4, ipv6'],
  ])('refuses an unknown %s', (name, message) => {
    expect(refusalOf({ [name]: 'x' })).toEqual([422, message]);
    expect(refusalOf({ [name]: '' })).toBeUndefined();
  });

  const badIds = 'Invalid Proxmox endpoint_ids query parameter: ';
  it.each<[RawQuery, number, string]>([
    [{ proxmox_endpoint_ids: '1,x' }, 400, `${badIds}endpoint_ids must be a comma-separated list of integers.`],
    [{ proxmox_endpoint_ids: '1,' }, 400, `${badIds}endpoint_ids must be a comma-separated list of integers.`],
    [{ proxmox_endpoint_ids: '-1' }, 400, `${badIds}endpoint_ids must be a comma-separated list of integers.`],
    [
      { endpoint_ids: Array.from({ length: 101 }, () => '1').join(',') },
      400,
      `${badIds}Too many endpoint IDs specified.`,
    ],
    [{ endpoint_ids: '1'.repeat(256) }, 400, `${badIds}endpoint_ids exceeds maximum length.`],
    ...['', ' ', 'x', '1,x', '0', '1,', '-5', '1.5'].map((text): [RawQuery, number, string] => [
      { netbox_vm_ids: text },
      422,
      'netbox_vm_ids must be a comma-separated list of positive integers',
    ]),
    ...['ABC', 'a-b', 'a\r\nX-Evil: 1', 'a'.repeat(65)].map((text): [RawQuery, number, string] => [
      { netbox_branch_schema_id: text },
      422,
      'netbox_branch_schema_id must be the schema id of a branch: 1 to 64 lower-case letters, digits or underscores',
    ]),
    ...['0', '-1', 'x', '1.5'].map((text): [RawQuery, number, string] => [
      { fetch_max_concurrency: text },
      422,
      'fetch_max_concurrency must be an integer of at least 1',
    ]),
    [{ source: 'x' }, 400, "Invalid source parameter: source must be 'database' or 'netbox'."],
    [{ overwrite_vm_role: 'maybe' }, 422, 'overwrite_vm_role must be a boolean: true or false'],
    [{ overwrite_vm_role: '' }, 422, 'overwrite_vm_role must be a boolean: true or false'],
    [{ dry_run: '2' }, 422, 'dry_run must be a boolean: true or false'],
    [{ orphan_action: 'purge' }, 422, 'orphan_action must be one of mark, delete'],
    [{ force_deletes: '2' }, 422, 'force_deletes must be a boolean: true or false'],
  ])('%j is refused with %i', (query, status, message) => expect(refusalOf(query)).toEqual([status, message]));

  it('takes exactly 100 endpoints', () => {
    expect(refusalOf({ endpoint_ids: Array.from({ length: 100 }, () => '1').join(',') })).toBeUndefined();
  });
});

describe('sync modes', () => {
  it.each([
    ['always', 'always', 0],
    [' Bootstrap_Only ', 'bootstrap_only', 0],
    ['disabled', 'disabled', 0],
    ['sometimes', 'always', 1],
    ['', 'always', 1],
    [undefined, undefined, 0],
  ])('%j is %s', (text, expected, noted) => {
    const notes: string[] = [];
    expect(parseMode('sync_mode_vm', text, notes)).toBe(expected);
    expect(notes).toHaveLength(noted);
  });

  it('note an unknown value with its name', () => {
    expect(parseSyncRequest({ sync_mode_vm: 'x' }).notes).toEqual([
      'sync_mode_vm is "x", which is none of always, bootstrap_only, disabled; always is used.',
    ]);
  });
});
