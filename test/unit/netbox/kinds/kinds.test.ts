import { describe, expect, it } from 'vitest';
import { readFields } from '../../../../src/netbox/kinds/decode.js';
import {
  companionsOf,
  fieldSpec,
  isKind,
  isPluginKind,
  kindDefinition,
  objectKinds,
  storedKind,
  type ObjectKind,
} from '../../../../src/netbox/kinds/index.js';
import { precedes, writeOrder } from '../../../../src/netbox/kinds/order.js';
import { kindsFor } from '../../../simulator/netbox/kinds/index.js';

const views = objectKinds.filter((kind) => storedKind(kind) !== kind);

/** Kinds that the relations of a kind name. */
function targetsOf(kind: ObjectKind): readonly string[] {
  const { fields } = kindDefinition(kind);
  return Object.values(fields).flatMap((spec) => (typeof spec === 'string' ? [] : spec.to));
}

/** Kinds that must be written before a kind, as its row says. */
function neededBy(kind: ObjectKind): readonly string[] {
  const { fields, after = [], viewOf, makesRoom } = kindDefinition(kind);
  const tags = 'tags' in fields ? ['tag'] : [];
  const room = views.filter((one) => storedKind(one) === kind && kindDefinition(one).makesRoom === true);
  const stored = viewOf === undefined || makesRoom === true ? [] : [viewOf];
  return [...targetsOf(kind), ...after, ...tags, ...room, ...stored];
}

describe('the table of NetBox objects', () => {
  it.each(objectKinds)(
    'gives %s a path that begins with /api/ and ends with a slash, its own unless it is a view',
    (kind) => {
      const { path } = kindDefinition(kind);
      expect(path).toMatch(/^\/api\/.+\/$/);
      const owners = objectKinds.filter((other) => kindDefinition(other).path === path && storedKind(other) === other);
      expect(owners).toEqual([storedKind(kind)]);
    },
  );

  it.each(objectKinds)('has every field of %s in the simulated NetBox', (kind) => {
    const { path, fields } = kindDefinition(kind);
    const simulated = kindsFor('4.7.3', true).find((one) => `/api/${one.path}/` === path);
    expect(Object.keys(simulated?.fields ?? {})).toEqual(expect.arrayContaining(Object.keys(fields)));
  });

  it.each(views)('reads what %s compares with the kind it is a view of', (kind) => {
    const read = readFields(storedKind(kind)).split(',');
    expect(read).toEqual(expect.arrayContaining(Object.keys(kindDefinition(kind).fields)));
  });

  it('knows the tables of the plugin by their path', () => {
    expect(isPluginKind('storage')).toBe(true);
    expect(isPluginKind('vm-state')).toBe(true);
    expect(isPluginKind('virtual-machine')).toBe(false);
    expect(isPluginKind('journal-entry')).toBe(false);
  });

  it('marks as companions only what hangs on another object: sidecars, links and reflections of a guest', () => {
    const companions = objectKinds.flatMap((kind) => companionsOf(kind));
    expect(companions.filter((kind) => !isPluginKind(kind) && storedKind(kind) === kind)).toEqual([]);
    for (const kind of ['storage', 'snapshot', 'backup', 'task-history', 'replication', 'backup-routine'] as const)
      expect(companions).not.toContain(kind);
    expect(companionsOf('virtual-machine')).toEqual(['machine-journal', 'vm-state', 'vm-state-role', 'cloud-init']);
  });

  it('asks NetBox for the id, every compared field and what is read besides', () => {
    expect(readFields('cluster-link')).toBe('id,netbox_cluster,name,endpoint,custom_fields');
    expect(readFields('virtual-machine').split(',')).toEqual(
      expect.arrayContaining(['id', 'name', 'tags', 'display_url', 'virtual_disk_count']),
    );
  });

  it('asks once for a field that is read whole and inside', () => {
    expect(readFields('vm-interface').match(/untagged_vlan/g)).toHaveLength(1);
    expect(readFields('vm-interface')).not.toContain('untagged_vid');
  });

  it('never manages what belongs to the operator', () => {
    const managed = Object.keys(kindDefinition('virtual-machine').fields);
    for (const field of ['tenant', 'comments', 'primary_ip4', 'primary_ip6', 'serial'])
      expect(managed).not.toContain(field);
  });

  it.each(objectKinds)('names kinds, and never itself, wherever %s names another one', (kind) => {
    const { after = [], companionOf, replacedWith, viewOf } = kindDefinition(kind);
    const named = [...targetsOf(kind), ...after, companionOf, replacedWith, viewOf].filter((one) => one !== undefined);
    expect(named.filter((one) => !isKind(one))).toEqual([]);
    expect(named).not.toContain(kind);
  });

  it.each(views)('makes %s a view of a kind that is none itself', (kind) => {
    const stored = storedKind(kind);
    expect(storedKind(stored)).toBe(stored);
    expect(kindDefinition(stored).path).toBe(kindDefinition(kind).path);
  });

  it.each(objectKinds.filter((kind) => kindDefinition(kind).natural !== null))(
    'recognises %s by declared fields',
    (kind) => {
      const { natural, fields } = kindDefinition(kind);
      const keys = natural?.fields ?? [];
      expect(keys.filter((field) => fieldSpec(kind, field) === undefined)).toEqual([]);
      expect(new Set(keys).size).toBe(keys.length);
      if (natural?.anyCase !== undefined) {
        expect(keys).toContain(natural.anyCase);
        expect(fields[natural.anyCase]).toBe('text');
      }
    },
  );

  it('lets the single-object routes ask for one kind by one name', () => {
    const asked = objectKinds.flatMap((kind) => kindDefinition(kind).askedAs?.type ?? []);
    expect(new Set(asked).size).toBe(asked.length);
  });
});

describe('the order of writing', () => {
  it('holds every kind once', () => {
    expect([...writeOrder].sort()).toEqual([...objectKinds].sort());
  });

  it.each(objectKinds)('puts %s after what it needs', (kind) => {
    const before = writeOrder.slice(0, writeOrder.indexOf(kind));
    expect(neededBy(kind).filter((one) => !before.some((other) => other === one))).toEqual([]);
  });

  it.each(objectKinds)(
    'lets nothing be written at once with %s that it needs, directly or by way of others',
    (kind) => {
      const needed = new Set<string>(neededBy(kind));
      for (const one of needed) if (isKind(one)) for (const further of neededBy(one)) needed.add(further);

      expect([...needed].filter((one) => !isKind(one) || !precedes(one, kind))).toEqual([]);
    },
  );

  it.each(objectKinds)('writes %s only at a time when nothing else of the same objects is', (kind) => {
    const same = objectKinds.filter((other) => other !== kind && storedKind(other) === storedKind(kind));

    expect(same.filter((other) => precedes(other, kind) === precedes(kind, other))).toEqual([]);
  });

  // NetBox keeps counts and sums of what hangs on an object in its row, and a change of the object saves the whole row.
  it.each(views)('writes %s at no time when something is written that hangs on the object', (view) => {
    const hanging = objectKinds.filter((kind) => kind !== view && targetsOf(kind).includes(storedKind(view)));

    expect(hanging.filter((kind) => precedes(view, kind) === precedes(kind, view))).toEqual([]);
  });

  it('agrees with what precedes what', () => {
    for (const [place, kind] of writeOrder.entries())
      expect(writeOrder.slice(place).filter((later) => precedes(later, kind))).toEqual([]);
  });

  it('leaves room: what is kept about a device, and machines on it', () => {
    expect([precedes('device-state', 'virtual-machine'), precedes('virtual-machine', 'device-state')]).toEqual([
      false,
      false,
    ]);
  });

  // Until its rows are there an object looks as if it were nobody's, to other runs and after a crash. Notes can wait.
  it.each(['cluster', 'device', 'virtual-machine'] as const)('puts what goes with a %s right after it', (kind) => {
    const companions = companionsOf(kind).filter((one) => kindDefinition(one).isNote !== true);
    const next = writeOrder.indexOf(kind) + 1;
    // Among themselves in the order in which they name one another.
    expect(new Set(writeOrder.slice(next, next + companions.length))).toEqual(new Set(companions));
  });

  it('links the rows of the plugin before the sidecars that name them: NetBox takes no other', () => {
    expect([precedes('node-link', 'device-state'), precedes('cluster-link', 'cluster-state')]).toEqual([true, true]);
  });
});
