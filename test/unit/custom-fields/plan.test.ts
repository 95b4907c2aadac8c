import { describe, expect, it } from 'vitest';
import { fieldInventory } from '../../../src/custom-fields/inventory.js';
import { fieldBody, planFields } from '../../../src/custom-fields/plan.js';

const field = fieldInventory.find(({ name }) => name === 'proxmox_node')!;
const bridge = fieldInventory.find(({ name }) => name === 'proxbox_bridge')!;
const stored = (changes: object = {}) => ({ id: 7, ...fieldBody(field), ...changes });

describe('the custom fields', () => {
  it('are 43 with names, labels and descriptions that NetBox takes', () => {
    expect(fieldInventory).toHaveLength(43);
    expect(new Set(fieldInventory.map(({ name }) => name)).size).toBe(43);
    for (const { name, label, description, objectTypes } of fieldInventory) {
      expect(name).toMatch(/^[a-z0-9_]{1,50}$/);
      expect(label.length).toBeLessThanOrEqual(50);
      expect(description.length).toBeLessThanOrEqual(200);
      expect(objectTypes.length).toBeGreaterThan(0);
    }
  });

  it('are created when they are missing', () => {
    expect(planFields([field], []).create).toEqual([
      expect.objectContaining({ name: 'proxmox_node', object_types: ['dcim.device', 'virtualization.virtualmachine'] }),
    ]);
  });

  it.each([
    ['as they are written', {}],
    [
      'with choices as objects',
      { type: { value: 'text', label: 'Text' }, ui_editable: { value: 'hidden', label: '' } },
    ],
    [
      'with types as objects',
      { object_types: [{ app_label: 'dcim', model: 'device' }, { name: 'virtualization.virtualmachine' }] },
    ],
  ])('are left alone when NetBox has them %s', (_, changes) => {
    expect(planFields([field], [stored(changes)])).toEqual({ create: [], patch: [], failures: [], kept: [] });
  });

  it('compare what an object field points to', () => {
    const record = { id: 8, ...fieldBody(bridge), related_object_type: { app_label: 'dcim', model: 'interface' } };

    expect(planFields([bridge], [record]).patch).toEqual([]);
    expect(planFields([bridge], [{ ...record, related_object_type: 'dcim.device' }]).patch).toEqual([
      { id: 8, body: { related_object_type: 'dcim.interface' } },
    ]);
  });

  it('get only what differs, and keep object types that somebody added', () => {
    const record = stored({ label: 'Node', object_types: ['dcim.site', 'virtualization.virtualmachine'] });

    const { patch, kept } = planFields([field], [record]);

    const object_types = ['dcim.device', 'virtualization.virtualmachine', 'dcim.site'];
    expect(patch).toEqual([{ id: 7, body: { label: 'Proxmox Node', object_types } }]);
    expect(kept).toEqual([{ name: 'proxmox_node', objectTypes: ['dcim.site'] }]);
  });

  it.each([
    ['its type differs', { type: { value: 'integer', label: 'Integer' } }, /integer.*text.*cannot change/],
    ['its object types cannot be read', { object_types: [{ id: 3 }] }, /cannot be read/],
    ['it has no object types', { object_types: null }, /cannot be read/],
  ])('are not written when %s', (_, changes, error) => {
    const { patch, failures } = planFields([field], [stored(changes)]);

    expect(patch).toEqual([]);
    expect(failures).toEqual([{ name: 'proxmox_node', error: expect.stringMatching(error) }]);
  });
});
