import { coreKinds } from './core.js';
import { dcimDevicesKinds } from './dcim-devices.js';
import { dcimTypesKinds } from './dcim-types.js';
import { extrasKinds } from './extras.js';
import { ipamKinds } from './ipam.js';
import { pluginEndpointsKinds } from './plugin-endpoints.js';
import { pluginGuestsKinds } from './plugin-guests.js';
import { pluginInventoryKinds } from './plugin-inventory.js';
import { pluginSettingsKinds } from './plugin-settings.js';
import { sidecarsKinds } from './sidecars.js';
import { sidecarsOtherKinds } from './sidecars-other.js';
import { virtualizationKinds } from './virtualization.js';
import { atLeast } from '../release.js';
import type { FieldSpec, KindSpec, NetBoxRelease } from '../types.js';

const everyKind: readonly KindSpec[] = [
  ...extrasKinds,
  ...dcimTypesKinds,
  ...virtualizationKinds,
  ...dcimDevicesKinds,
  ...ipamKinds,
  ...pluginEndpointsKinds,
  ...pluginSettingsKinds,
  ...pluginInventoryKinds,
  ...pluginGuestsKinds,
  ...sidecarsKinds,
  ...sidecarsOtherKinds,
  ...coreKinds,
];

/** Fields NetBox 4.5 does not have yet. */
const newIn46: Readonly<Record<string, readonly string[]>> = {
  'virtualization.virtualmachine': ['virtual_machine_type'],
};

const fieldsOf = (kind: KindSpec, release: NetBoxRelease): Readonly<Record<string, FieldSpec>> => {
  const missing = newIn46[kind.model];
  if (missing === undefined || atLeast(release, '4.6')) return kind.fields;
  return Object.fromEntries(Object.entries(kind.fields).filter(([name]) => !missing.includes(name)));
};

/** The kinds a NetBox of this release offers, with or without the Proxbox plugin. */
export const kindsFor = (release: NetBoxRelease, plugin: boolean): readonly KindSpec[] =>
  everyKind
    .filter((kind) => plugin || kind.plugin !== true)
    .filter((kind) => kind.since === undefined || atLeast(release, kind.since))
    .map((kind) => ({ ...kind, fields: fieldsOf(kind, release) }));
