/** The configuration of one guest: as it is, and as it is written. */
import { createHash } from 'node:crypto';
import type { EstateGuest, GuestKind, PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { Call, Route } from '../route.js';
import { guestAt, placeOf } from '../route.js';
import { assertTags, uniqueTags } from './guest-tags.js';

const configPrivileges = [
  'VM.Config.Disk',
  'VM.Config.CDROM',
  'VM.Config.CPU',
  'VM.Config.Memory',
  'VM.Config.Network',
  'VM.Config.HWType',
  'VM.Config.Options',
  'VM.Config.Cloudinit',
];
const tag = '[A-Za-z0-9_][A-Za-z0-9_.+-]*';

/** What can be written here of the many options that Proxmox has. */
const options = ['tags', 'description'] as const;

export const guestConfigRoutes = (type: GuestKind): readonly Route[] => [
  {
    method: 'GET',
    path: `/nodes/{node}/${type}/{vmid}/config`,
    parameters: { current: { type: 'boolean' }, snapshot: { type: 'string' } },
    permission: { at: '/vms/{vmid}', all: ['VM.Audit'] },
    handler: (call) => configOf(guestAt(call, type), call.parameters['current'] === true),
  },
  {
    method: 'PUT',
    path: `/nodes/{node}/${type}/{vmid}/config`,
    permission: { at: '/vms/{vmid}', any: () => configPrivileges },
    parameters: {
      tags: {
        type: 'string',
        pattern: new RegExp(`^(${tag})?([,;\\s]+${tag})*$`),
        complaint: () => 'invalid format - invalid characters in tag\n',
      },
      description: { type: 'string' },
      delete: { type: 'string' },
      digest: { type: 'string' },
    },
    handler: (call) => change(call, guestAt(call, type)),
  },
];

/** Since 8 Proxmox stores QEMU's memory as a property string, so it arrives as text; a container's is a number. */
function configOf(guest: EstateGuest, isCurrent: boolean): PveRow {
  const config: PveRow = {
    ...(guest.type === 'qemu' ? { memory: String(guest.memoryMb) } : { memory: guest.memoryMb }),
    cores: guest.cpus,
    ...(guest.name === '' ? {} : { [guest.type === 'qemu' ? 'name' : 'hostname']: guest.name }),
    ...(guest.tags === '' ? {} : { tags: guest.tags }),
    ...(guest.description === '' ? {} : { description: guest.description }),
    ...(guest.lock === '' ? {} : { lock: guest.lock }),
    ...(guest.template ? { template: 1 } : {}),
    ...guest.config,
  };
  if (!isCurrent) applyPending(config, guest);
  if ('cipassword' in config) config['cipassword'] = '**********';
  return { ...config, digest: digestOf(guest) };
}

/** Of the whole file, whatever of it is shown. */
function digestOf({ memoryMb, cpus, name, tags, description, lock, template, config, pending }: EstateGuest): string {
  const file = [memoryMb, cpus, name, tags, description, lock, template, config, pending];
  return createHash('sha1').update(JSON.stringify(file)).digest('hex');
}

/** As `load_current_config` of the real server does unless `current` is set. */
function applyPending(config: PveRow, { pending }: EstateGuest): void {
  for (const key of pending?.delete ?? []) Reflect.deleteProperty(config, key);
  Object.assign(config, pending?.set);
}

/** The options that the call takes out. */
function deletedBy({ parameters }: Call): readonly string[] {
  const deleted = String(parameters['delete'] ?? '')
    .split(/[,;\s]+/)
    .filter((name) => name !== '');
  const unknown = deleted.find((name) => !options.some((option) => option === name));
  if (unknown === undefined) return deleted;
  throw new ApiError(400, 'Parameter verification failed.', { delete: `unknown option '${unknown}'` });
}

/** In the order of Proxmox's checks: is the file still the same, is it locked, may these options be changed. */
function change(call: Call, guest: EstateGuest): null {
  const { digest } = call.parameters;
  const deleted = deletedBy(call);
  if (digest !== undefined && digest !== digestOf(guest)) throw new ApiError(500, modified(guest));
  if (guest.lock !== '') throw new ApiError(500, `${guest.type === 'qemu' ? 'VM' : 'CT'} is locked (${guest.lock})`);
  /** undefined: left as it is. */
  const wanted = (name: (typeof options)[number]): string | undefined => {
    const value = call.parameters[name];
    if (deleted.includes(name)) return '';
    return value === undefined ? undefined : String(value);
  };
  const description = wanted('description');
  const tags = wanted('tags');
  if (description !== undefined) call.permissions.requireAll(`/vms/${placeOf(call, 'vmid')}`, ['VM.Config.Options']);
  if (tags !== undefined) {
    assertTags(call, guest, tags);
    guest.tags = uniqueTags(tags, call.cluster.options);
  }
  guest.description = description ?? guest.description;
  return null;
}

/** Machines and containers have words of their own for it. */
function modified({ type }: EstateGuest): string {
  return type === 'qemu'
    ? 'checksum mismatch (file change by other user?)'
    : 'detected modified configuration - file changed by other user? Try again.';
}
