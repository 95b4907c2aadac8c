/** Names that a guest gives its addresses: they follow the guest, any other name is an operator's. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { GuestConfig, ListedResource } from '../../proxmox/types.js';
import type { HostName } from '../guests.js';
import type { RememberedMachine } from '../machine-memory.js';

interface NamedGuest {
  readonly resource: ListedResource;
  readonly config: GuestConfig;
  readonly hostName: HostName;
}

/** What a guest is called now: inside, by its configuration, in Proxmox. */
export function givenNames({ resource, config, hostName }: NamedGuest): readonly string[] {
  const names = [
    hostName.status === 'told' ? hostName.name : null,
    config['hostname'],
    resource.isDescribed ? resource.name : null,
  ];
  return names.flatMap((name) => (typeof name === 'string' && name !== '' ? [name] : []));
}

/** What it was called, as far as that is remembered: the name that it had in Proxmox is what most guests call themselves. */
export function rememberedNames(remembered: RememberedMachine | undefined): readonly string[] {
  const { hostNames = [], guestName } = remembered ?? {};
  return guestName === undefined ? hostNames : [...hostNames, guestName];
}

/** `names` in small letters. */
export function isNameOf({ dns_name: name }: RecordOf<'ip-address'>, names: ReadonlySet<string>): boolean {
  return name !== '' && names.has(name.toLowerCase());
}
