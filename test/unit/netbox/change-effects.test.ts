/** Which lists a row of the change log makes untrue. */
import { describe, expect, it } from 'vitest';
import { isWrittenUnsaid, madeUntrueByOthers, modelAt } from '../../../src/netbox/change-effects.js';
import { kindDefinition, objectKinds } from '../../../src/netbox/kinds/index.js';
import { kindsFor } from '../../simulator/netbox/kinds/index.js';

const address = (path: string) => ({ endpoint: 'e', branch: '', path });
const models = new Map(kindsFor('4.7.3', true).map(({ path, model }) => [`/api/${path}/`, model]));
const paths = [...new Set(objectKinds.map((kind) => kindDefinition(kind).path))];
const untrueBy = (...changed: readonly string[]): readonly string[] => {
  const isUntrue = madeUntrueByOthers(changed.map((model) => ({ model, objectId: 1 })));
  return paths.filter((path) => isUntrue(address(path)));
};

it.each(paths)('a changed object of %s makes its own list untrue, or the list is read every time', (path) => {
  const model = models.get(path);
  expect(model, 'the simulated NetBox has the list').toBeDefined();

  expect(untrueBy(model!).includes(path) || isWrittenUnsaid(address(path))).toBe(true);
});

it.each([...models.values()].filter((model) => model.startsWith('netbox_proxbox.')))(
  'what shows of %s is known: the plugin writes its tables all the time, and each that is not makes everything untrue',
  (model) => {
    expect(untrueBy(model)).not.toEqual(paths);
  },
);

describe('what shows in other lists makes those untrue', () => {
  it.each([
    [
      'virtualization.virtualdisk',
      '/api/virtualization/virtual-machines/',
      'the size of a machine is the sum of its disks',
    ],
    [
      'virtualization.virtualmachine',
      '/api/plugins/proxbox/snapshots/',
      'snapshots are read with the name of their machine',
    ],
    ['virtualization.vminterface', '/api/ipam/ip-addresses/', 'addresses are read with their interface'],
    ['dcim.macaddress', '/api/virtualization/interfaces/', 'interfaces are read with their MAC address'],
    ['dcim.macaddress', '/api/dcim/interfaces/', 'of devices too'],
    ['ipam.ipaddress', '/api/dcim/devices/', 'primary addresses are emptied'],
    ['ipam.vlan', '/api/virtualization/interfaces/', 'interfaces are read with the number of their VLAN'],
    ['ipam.fhrpgroup', '/api/ipam/ip-addresses/', 'addresses are read with what they are assigned to'],
  ])('%s: %s (%s)', (model, path) => {
    expect(untrueBy(model)).toContain(path);
  });

  it.each([
    'extras.tag',
    'extras.customfield',
    'dcim.site',
    'dcim.location',
    'dcim.device',
    'tenancy.tenant',
    'other.model',
    'netbox_proxbox.tableoftomorrow',
    '',
  ])('"%s" may show anywhere', (model) => {
    expect(untrueBy('ipam.service', model)).toEqual(paths);
  });

  it.each(['circuits.circuit', 'ipam.aggregate', 'users.token', 'netbox_proxbox.proxmoxfirewallrule'])(
    '"%s" shows nowhere',
    (model) => {
      expect(untrueBy(model)).toEqual([]);
    },
  );
});

it('the log need not name rows of the plugin, which takes a POST of what it has as no change', () => {
  expect(modelAt('/api/plugins/proxbox/storage/')).toBeUndefined();
  expect(modelAt('/api/virtualization/virtual-disks/')).toBe('virtualization.virtualdisk');
});
