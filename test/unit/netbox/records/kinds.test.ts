import { describe, expect, it } from 'vitest';
import { kindDefinition, kinds, readFields, type ObjectKind } from '../../../../src/netbox/records/kinds.js';

const all = Object.keys(kinds) as ObjectKind[];

describe('the table of NetBox objects', () => {
  it.each(all)('gives %s a path of its own that begins with /api/ and ends with a slash', (kind) => {
    const { path } = kindDefinition(kind);
    expect(path).toMatch(/^\/api\/.+\/$/);
    expect(all.filter((other) => kindDefinition(other).path === path)).toEqual([kind]);
  });

  it.each(all)("marks %s as the plugin's exactly when it lives below the plugin, storages excepted", (kind) => {
    const { path, plugin } = kindDefinition(kind);
    const isSidecar = path.startsWith('/api/plugins/') && kind !== 'storage';
    expect(plugin === true).toBe(isSidecar);
  });

  it('asks NetBox for the id, every compared field and what is read besides', () => {
    expect(readFields('cluster-link')).toBe('id,netbox_cluster,name,endpoint');
    expect(readFields('virtual-machine').split(',')).toEqual(
      expect.arrayContaining(['id', 'name', 'tags', 'display_url', 'virtual_disk_count']),
    );
  });

  it('never manages what belongs to the operator', () => {
    const managed = Object.keys(kindDefinition('virtual-machine').fields);
    for (const field of ['tenant', 'platform', 'comments', 'primary_ip4', 'primary_ip6', 'serial'])
      expect(managed).not.toContain(field);
  });
});
