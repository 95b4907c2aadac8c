import { describe, expect, it } from 'vitest';
import type { PluginSettings } from '../../../src/config/types.js';
import type { NetBoxRecord } from '../../../src/netbox/types.js';
import { fromNames, overwriteFlags, syncResources } from '../../../src/sync/plan/options.js';
import { parseSyncRequest, type RawQuery } from '../../../src/sync/request.js';
import { resolveOptions } from '../../../src/sync/resolve-options.js';
import { someSettings } from '../../support/factories/run.js';

interface Said {
  readonly query?: RawQuery;
  readonly row?: Readonly<Record<string, unknown>>;
  readonly flags?: readonly (readonly [string, boolean])[];
  readonly modes?: readonly (readonly [string, string])[];
}

function resolve({ query = {}, row, flags = [], modes = [] }: Said, notes: string[] = []) {
  const plugin = { overwriteFlags: new Map(flags), syncModes: new Map(modes) } as unknown as PluginSettings;
  const endpointRow: NetBoxRecord | undefined = row === undefined ? undefined : { id: 1, ...row };
  return resolveOptions(
    {
      request: parseSyncRequest(query),
      settings: { ...someSettings(), plugin },
      endpointRow,
      runId: 'R1',
      kind: 'devices',
    },
    notes,
  );
}

describe('an overwrite flag', () => {
  it.each<[string, Said, boolean]>([
    ['is on when nobody says anything', {}, true],
    ['is what the settings say', { flags: [['overwrite_vm_tags', false]] }, false],
    [
      'is what the endpoint says rather than the settings',
      { row: { overwrite_vm_tags: true }, flags: [['overwrite_vm_tags', false]] },
      true,
    ],
    [
      'is inherited where the endpoint has null',
      { row: { overwrite_vm_tags: null }, flags: [['overwrite_vm_tags', false]] },
      false,
    ],
    [
      'is what the query says before all',
      { query: { overwrite_vm_tags: 'false' }, row: { overwrite_vm_tags: true } },
      false,
    ],
  ])('%s', (_behaviour, said, expected) => expect(resolve(said).overwrite.overwrite_vm_tags).toBe(expected));

  it('is on for each but that of platforms when the plugin cannot be read', () => {
    const { overwrite } = resolveOptions(
      { request: parseSyncRequest({}), settings: someSettings(), endpointRow: undefined, runId: 'R1', kind: 'devices' },
      [],
    );
    expect(overwrite).toEqual(fromNames(overwriteFlags, (flag) => flag !== 'overwrite_vm_platform'));
    expect(overwriteFlags).toHaveLength(26);
  });
});

describe('a sync mode', () => {
  it.each<[string, Said, string]>([
    ['is always when nobody says anything', {}, 'always'],
    ['is what the settings say', { modes: [['sync_mode_vm', 'disabled']] }, 'disabled'],
    [
      'is what the endpoint says rather than the settings',
      { row: { sync_mode_vm: 'bootstrap_only' }, modes: [['sync_mode_vm', 'disabled']] },
      'bootstrap_only',
    ],
    [
      'is inherited where the endpoint says nothing',
      { row: { sync_mode_vm: '' }, modes: [['sync_mode_vm', 'disabled']] },
      'disabled',
    ],
    [
      'is what the query says before all',
      { query: { sync_mode_vm: 'always' }, row: { sync_mode_vm: 'disabled' } },
      'always',
    ],
  ])('%s', (_behaviour, said, expected) => expect(resolve(said).modes.vm).toBe(expected));

  it('that is unknown is always, with a note that says where it came from', () => {
    const notes: string[] = [];
    expect(resolve({ row: { sync_mode_vm: 'x' }, modes: [['sync_mode_node', 'y']] }, notes).modes.vm).toBe('always');
    expect(notes.map((note) => note.split(' is ')[0])).toEqual([
      'sync_mode_vm of the endpoint',
      'sync_mode_node of the plugin settings',
    ]);
  });

  it('of SDN is off by default', () => {
    expect(resolve({}).modes).toEqual({
      ...fromNames(syncResources, () => 'always'),
      sdn: 'disabled',
      sdn_bgp: 'disabled',
    });
    expect(resolve({ query: { sync_mode_sdn: 'always', sync_mode_sdn_bgp: 'always' } }).modes).toMatchObject({
      sdn: 'always',
      sdn_bgp: 'always',
    });
  });

  it.each<[RawQuery, readonly string[]]>([
    [{ sync_mode_cluster: 'disabled' }, ['cluster', 'node']],
    [{ sync_mode_node: 'disabled' }, ['node']],
    [{ sync_mode_vm: 'disabled' }, ['vm']],
    [
      { sync_mode_vm: 'disabled', sync_mode_vm_template: 'disabled' },
      ['vm', 'vm_template', 'vm_interface', 'mac', 'ip_address'],
    ],
    [{ sync_mode_vm_interface: 'disabled' }, ['vm_interface', 'mac', 'ip_address']],
    [{ sync_mode_mac: 'disabled' }, ['mac']],
    [{ sync_mode_sdn_bgp: 'always' }, []],
  ])('%j switches off %j', (query, off) => {
    const { modes } = resolve({ query });
    const disabled = Object.entries(modes).filter(([name, mode]) => mode === 'disabled' && !name.startsWith('sdn'));
    expect(disabled.map(([name]) => name).sort()).toEqual([...off].sort());
    expect(modes.sdn_bgp).toBe('disabled');
  });
});

it('carries the selection and the run id', () => {
  expect(resolve({ query: { netbox_vm_ids: '4', force_deletes: '1' } })).toMatchObject({
    netboxVmIds: [4],
    deleteLimit: { percent: 30, force: true },
    runId: 'R1',
  });
});

it('deletes the rows of vanished backups in a full update without being asked, and of snapshots never', () => {
  const optionsOf = (kind: string, query: RawQuery = {}) =>
    resolveOptions(
      { request: parseSyncRequest(query), settings: someSettings(), endpointRow: undefined, runId: 'R1', kind },
      [],
    );
  expect(optionsOf('full-update')).toMatchObject({ deleteNonexistentBackups: true, deleteNonexistentSnapshots: false });
  expect(optionsOf('backups')).toMatchObject({ deleteNonexistentBackups: false });
  expect(optionsOf('full-update', { delete_nonexistent_backup: 'false' })).toMatchObject({
    deleteNonexistentBackups: false,
  });
});

it('models the network as the query says, else as the settings do', () => {
  const settings = someSettings({ vmInterfaceSyncStrategy: 'legacy_rename', primaryIpPreference: 'ipv6' });
  const request = parseSyncRequest({ primary_ip_preference: 'ipv4', assign_vm_interface_ips: 'false' });
  expect(
    resolveOptions({ request, settings, endpointRow: undefined, runId: 'R1', kind: 'x' }, []).network,
  ).toMatchObject({
    strategy: 'legacy_rename',
    primaryIpPreference: 'ipv4',
    assignIps: false,
    syncMacs: true,
  });
});

it('makes records with exactly the given names', () => {
  expect(fromNames(['a', 'b'], (name) => name.toUpperCase())).toEqual({ a: 'A', b: 'B' });
});
