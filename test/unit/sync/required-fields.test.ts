/** Custom fields in which NetBox wants a value: they are asked of its objects, whatever part of one is written. */
import { describe, expect, it } from 'vitest';
import { kindDefinition, objectKinds, storedKind } from '../../../src/netbox/kinds/index.js';
import { modelOf } from '../../../src/netbox/kinds/models.js';
import { requiredFieldReason } from '../../../src/sync/executor/failure-reasons.js';
import { RequiredFields } from '../../../src/sync/required-fields.js';
import { kindsFor } from '../../simulator/netbox/kinds/index.js';

describe('the model of a kind', () => {
  const specs = new Map(kindsFor('4.7.3', true).map(({ path, model }) => [`/api/${path}/`, model]));

  it.each(objectKinds)('is what NetBox calls it: %s', (kind) => {
    expect(modelOf(kind)).toBe(specs.get(kindDefinition(kind).path));
    expect(modelOf(storedKind(kind))).toBe(modelOf(kind));
  });
});

describe('a custom field that NetBox wants', () => {
  it.each([
    ['machine-mark', 'virtual-machine'],
    ['virtual-machine', 'freed-name'],
    ['primary-address', 'released-primary'],
    ['device', 'device-primary-address'],
    ['released-mac', 'vm-interface'],
    ['mac-address', 'mac-address'],
    ['address-journal', 'machine-journal'],
  ] as const)('of one part of an object it wants of all: %s, %s', (learned, asked) => {
    const fields = new RequiredFields();
    fields.learn(learned, 'owner');

    expect(fields.missing(asked, {})).toBe('owner');
    expect(fields.missing(asked, { owner: 'Ann' })).toBeUndefined();
    expect(fields.missing('cluster', {})).toBeUndefined();
    const row = { id: 1, name: 'owner', required: true, default: null };
    fields.review([{ ...row, object_types: [modelOf(asked)] }]);
    expect(fields.missing(asked, {})).toBe('owner');
    fields.review([{ ...row, object_types: ['virtualization.cluster'] }]);
    expect(fields.missing(asked, {})).toBeUndefined();
  });

  it('is to be filled in for the object, not for the part of it that was to be written', () => {
    const desired = { kind: 'machine-mark', key: '1', label: 'web', fields: {}, rules: {} } as const;

    expect(requiredFieldReason(desired, 'owner').message).toBe(
      'The mark of a machine whose guest is gone "web" was not written: NetBox wants a value in the custom field "owner", which only an operator can fill. Give the field a default value, or fill it in for this virtual machine; then sync again.',
    );
  });
});
