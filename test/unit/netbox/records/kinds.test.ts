import { describe, expect, it } from 'vitest';
import {
  kindDefinition,
  kinds,
  readFields,
  storedKind,
  type ObjectKind,
} from '../../../../src/netbox/records/kinds.js';

const all = Object.keys(kinds) as ObjectKind[];

describe('the table of NetBox objects', () => {
  it.each(all)('gives %s a path that begins with /api/ and ends with a slash, its own unless it is a view', (kind) => {
    const { path } = kindDefinition(kind);
    expect(path).toMatch(/^\/api\/.+\/$/);
    const owners = all.filter((other) => kindDefinition(other).path === path && storedKind(other) === other);
    expect(owners).toEqual([storedKind(kind)]);
  });

  it.each(all.filter((kind) => storedKind(kind) !== kind))(
    'reads what %s compares with the kind it is a view of',
    (kind) => {
      const read = readFields(storedKind(kind)).split(',');
      expect(read).toEqual(expect.arrayContaining(Object.keys(kindDefinition(kind).fields)));
    },
  );

  it('marks as companions only what hangs on another object: sidecars, links and reflections of a guest', () => {
    const companions = all.filter((kind) => kindDefinition(kind).plugin === true);
    expect(companions.filter((kind) => !kindDefinition(kind).path.startsWith('/api/plugins/'))).toEqual([
      'backup-journal',
    ]);
    for (const kind of ['storage', 'snapshot', 'backup', 'task-history', 'replication', 'backup-routine'] as const)
      expect(companions).not.toContain(kind);
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
