/** The configuration of one guest as the plugin's page shows it. */
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import { toBool, toInt, type Row } from '../proxmox/parse/coerce.js';
import { parseGuestDisks, type DiskEntry } from '../proxmox/parse/disks.js';
import { parseAgentFlag, parseGuestConfig } from '../proxmox/parse/guest-config.js';
import { numberedTexts } from '../proxmox/parse/network-devices.js';
import { parsePropertyString } from '../proxmox/parse/property-string.js';
import { readGuestConfig } from '../proxmox/reads/guests.js';
import type { GuestConfig, GuestType, ProxmoxSession } from '../proxmox/types.js';
import { flatten, withoutNulls, type FlatRow } from './flat-rows.js';
import { unknownBecause } from './one-cluster.js';
import { readEndpoints, type ReadDeps } from './read-endpoints.js';
import type { EndpointScope } from '../plugin-endpoints/select-endpoints.js';

export interface GuestPlace {
  readonly node: string;
  readonly type: GuestType;
  readonly vmid: number;
}

export interface ConfigAnswer {
  readonly body: Row;
  readonly failedIds: readonly number[];
}

const numberKeys = ['cores', 'sockets', 'vcpus', 'balloon', 'shares', 'swap', 'cpuunits'];
const flagKeys = [
  'onboot', 'numa', 'template', 'protection', 'unprivileged', 'kvm', 'acpi', 'tablet', 'autostart', 'freeze',
  'localtime', 'reboot', 'debug', 'console',
]; // prettier-ignore

function converted(config: FlatRow, keys: readonly string[], read: (value: unknown) => number | boolean | null) {
  const present = keys.filter((key) => Object.hasOwn(config, key));
  return Object.fromEntries(present.map((key) => [key, read(config[key]) ?? config[key]]));
}

function diskOf({ name, rawValue, kind, sizeMb, volume, storageName, format, description }: DiskEntry) {
  const size = kind === 'disk' ? sizeMb : null;
  return {
    name,
    raw_value: rawValue,
    size,
    size_mb: sizeMb,
    storage: volume,
    storage_name: storageName,
    format,
    description,
  };
}

function networksOf(config: GuestConfig, type: GuestType) {
  const bare = type === 'qemu' ? 'model' : 'name';
  return numberedTexts(config, 'net').map(([key, , text]) => ({
    [key]: Object.fromEntries(parsePropertyString(text, bare)),
  }));
}

/**
 * Every key that Proxmox sent, without secrets, and beside them `disks` and `networks`. Numbers and flags are such;
 * `agent` says whether the guest agent is on, and `agent_raw` how that is written.
 */
export function configBody(config: GuestConfig, type: GuestType): Row {
  const flat = withoutNulls(flatten(config));
  const memory = parseGuestConfig(config).memoryMb;
  const agent = flat['agent'];
  return {
    ...flat,
    ...converted(flat, numberKeys, toInt),
    ...converted(flat, flagKeys, toBool),
    ...(memory === null ? {} : { memory }),
    ...(agent === undefined ? {} : { agent: parseAgentFlag(agent), agent_raw: String(agent) }),
    networks: networksOf(config, type),
    disks: parseGuestDisks(config).disks.map(diskOf),
  };
}

type Attempt = { readonly config: GuestConfig } | { readonly reason: string };

async function attempt(session: ProxmoxSession, place: GuestPlace): Promise<Attempt> {
  const { node, type, vmid } = place;
  if (session.mode !== 'restricted') {
    const { nodes } = await session.clusterStatus();
    if (!nodes.some(({ name }) => name === node)) return { reason: `${session.name} has no node '${node}'` };
  }
  const read = await readGuestConfig(session, place);
  return read.status === 'read' ? { config: read.config } : { reason: `${session.name} has no ${type}/${vmid}` };
}

/**
 * The first endpoint of the scope that has the guest answers; a guest that moved is found on its new node.
 * @throws ProxboxError `bad_request` (400) when no endpoint has it, and what prevented the reading
 */
export async function guestConfigAnswer(
  scope: EndpointScope,
  place: GuestPlace,
  deps: ReadDeps,
): Promise<ConfigAnswer> {
  const { results, failures, failedIds } = await readEndpoints(scope, (session) => attempt(session, place), deps);
  const found = results.find((result) => 'config' in result);
  if (found !== undefined) return { body: configBody(found.config, place.type), failedIds };
  const what = `${place.type}/${place.vmid}`;
  const reasons = results.flatMap((result) => ('reason' in result ? [result.reason] : []));
  const told = [...reasons, ...failures.map(({ endpoint, error }) => `${endpoint.name}: ${errorText(error)}`)];
  const detail = `VM Config not found. ${told.length === 0 ? 'No Proxmox endpoints configured' : told.join('; ')}.`;
  throw unknownBecause(what, failures) ?? new ProxboxError('bad_request', 'VM Config not found.', { detail });
}
