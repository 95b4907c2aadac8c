import { attachedKinds } from './attached.js';
import { coreKinds } from './core.js';
import { dcimDevicesKinds } from './dcim-devices.js';
import { dcimPlacesKinds } from './dcim-places.js';
import { dcimTypesKinds } from './dcim-types.js';
import { extrasKinds } from './extras.js';
import { ipamKinds } from './ipam.js';
import { ipamGroupsKinds } from './ipam-groups.js';
import { ipamServicesKinds } from './ipam-services.js';
import { pluginEndpointsKinds } from './plugin-endpoints.js';
import { pluginGuestsKinds } from './plugin-guests.js';
import { pluginInventoryKinds } from './plugin-inventory.js';
import { pluginSdnKinds } from './plugin-sdn.js';
import { pluginSettingsKinds } from './plugin-settings.js';
import { sidecarsKinds } from './sidecars.js';
import { sidecarsOtherKinds } from './sidecars-other.js';
import { virtualizationKinds } from './virtualization.js';
import { atLeast } from '../release.js';
import { computed } from './fields.js';
import type { FieldSpec, KindSpec, NetBoxRelease } from '../types.js';

const everyKind: readonly KindSpec[] = [
  ...extrasKinds,
  ...dcimPlacesKinds,
  ...dcimTypesKinds,
  ...virtualizationKinds,
  ...dcimDevicesKinds,
  ...ipamGroupsKinds,
  ...ipamKinds,
  ...ipamServicesKinds,
  ...attachedKinds,
  ...pluginEndpointsKinds,
  ...pluginSettingsKinds,
  ...pluginInventoryKinds,
  ...pluginGuestsKinds,
  ...pluginSdnKinds,
  ...sidecarsKinds,
  ...sidecarsOtherKinds,
  ...coreKinds,
];

interface Addition {
  readonly model: string;
  readonly field: string;
  readonly since: '4.6' | '4.7';
  /** What it was before; undefined = not there. */
  readonly before?: FieldSpec;
}

const additions: readonly Addition[] = [
  { model: 'virtualization.virtualmachine', field: 'virtual_machine_type', since: '4.6' },
  { model: 'dcim.macaddress', field: 'is_primary', since: '4.7' },
  { model: 'dcim.interface', field: 'mac_address', since: '4.7', before: computed },
  { model: 'virtualization.vminterface', field: 'mac_address', since: '4.7', before: computed },
];

const fieldsOf = (kind: KindSpec, release: NetBoxRelease): Readonly<Record<string, FieldSpec>> => {
  const later = additions.filter(({ model, since }) => model === kind.model && !atLeast(release, since));
  return Object.fromEntries(
    Object.entries(kind.fields).flatMap(([name, field]) => {
      const addition = later.find((one) => one.field === name);
      const spec = addition === undefined ? field : addition.before;
      return spec === undefined ? [] : [[name, spec]];
    }),
  );
};

/** The kinds a NetBox of this release offers, with or without the Proxbox plugin. */
export const kindsFor = (release: NetBoxRelease, plugin: boolean): readonly KindSpec[] =>
  everyKind
    .filter((kind) => plugin || kind.plugin !== true)
    .filter((kind) => kind.since === undefined || atLeast(release, kind.since))
    .map((kind) => ({ ...kind, fields: fieldsOf(kind, release) }));
