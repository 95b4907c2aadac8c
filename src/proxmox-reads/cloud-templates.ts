/** What guests can be made from: templates of virtual machines, and archives for containers. Of one endpoint. */
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import { toInt, toText, type Row } from '../proxmox/parse/coerce.js';
import { readStorageContent, readStorages } from '../proxmox/reads/storage.js';
import type { GuestResource, ProxmoxSession } from '../proxmox/types.js';
import type { ReadDeps } from './read-endpoints.js';

const driveKey = /^(ide|sata|scsi|virtio)\d+$/;
const bytesPerMib = 1024 ** 2;

export interface TemplateDeps extends ReadDeps {
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'all' | 'find' | 'credentials'>;
}

/** @throws ProxboxError `not_found` (404) or `invalid_request` (422) as clients of these routes know them */
function enabledEndpoint(id: number, { proxmoxEndpoints }: TemplateDeps): ProxmoxEndpoint {
  const endpoint = proxmoxEndpoints.find(id);
  if (endpoint === null) {
    const detail = { reason: 'endpoint_not_found', endpoint_id: id };
    throw new ProxboxError('not_found', `No Proxmox endpoint has the id ${id}.`, { detail });
  }
  if (endpoint.enabled) return endpoint;
  const detail = { reason: 'endpoint_disabled', endpoint_id: id };
  throw new ProxboxError('invalid_request', `Proxmox endpoint '${endpoint.name}' is disabled.`, { detail });
}

/** @throws as enabledEndpoint, and what opening a session throws */
export async function openEnabled(id: number, deps: TemplateDeps) {
  const endpoint = enabledEndpoint(id, deps);
  const session = await deps.proxmoxSessions.open(endpoint, deps.proxmoxEndpoints.credentials(endpoint.id));
  return { endpoint, session };
}

function cloudInitDrives(config: Row): readonly string[] {
  const isCloudInit = (value: unknown): boolean => /cloudinit/i.test(toText(value) ?? '');
  return Object.keys(config)
    .filter((key) => driveKey.test(key) && isCloudInit(config[key]))
    .sort();
}

function templateRow(guest: GuestResource, config: Row, { session, endpoint }: Opened): Row {
  const { vmid, node, name, status, raw, maxmem, maxdisk } = guest;
  const drives = cloudInitDrives(config);
  const cicustom = toText(config['cicustom']);
  return {
    id: vmid,
    endpoint_id: endpoint.id,
    endpoint_name: endpoint.name,
    cluster_name: session.name,
    source_vmid: vmid,
    vmid,
    name,
    node,
    target_node: node,
    status,
    template: true,
    cloud_init: drives.length > 0 || cicustom !== null,
    cloud_init_drives: drives,
    cicustom,
    tags: toText(raw['tags']),
    memory_mb: Math.round(maxmem / bytesPerMib),
    maxdisk_bytes: maxdisk,
    description: toText(config['description']),
    live_source: true,
  };
}

type Opened = Awaited<ReturnType<typeof openEnabled>>;
type Logger = ReadDeps['logger'];

/** Of a template whose configuration cannot be read it is not known whether it has cloud-init: it is no such template. */
async function configOf(session: ProxmoxSession, guest: GuestResource, logger: Logger): Promise<Row> {
  try {
    return await session.guestConfig(guest);
  } catch (error) {
    logger.warn({ vmid: guest.vmid, reason: errorText(error) }, 'The configuration of a template could not be read.');
    return {};
  }
}

/** By node and number. A template that is not described, because its node is away, cannot be cloned and is left out. */
export async function machineTemplates(
  opened: Opened,
  { cloudInitOnly, logger }: { readonly cloudInitOnly: boolean; readonly logger: Logger },
): Promise<readonly Row[]> {
  const { session } = opened;
  const templates = (await session.guests())
    .filter((guest) => guest.isDescribed)
    .filter(({ type, template }) => type === 'qemu' && template)
    .sort((left, right) => (left.node === right.node ? left.vmid - right.vmid : left.node < right.node ? -1 : 1));
  const rows = await Promise.all(
    templates.map(async (guest) => templateRow(guest, await configOf(session, guest, logger), opened)),
  );
  return cloudInitOnly ? rows.filter((row) => row.cloud_init === true) : rows;
}

interface Place {
  readonly node: string;
  readonly storage: string;
}

/** Where to ask: a shared storage once, another one on each of its nodes that is online. */
async function places(session: ProxmoxSession): Promise<readonly Place[]> {
  const [storages, { nodes }] = await Promise.all([readStorages(session), session.clusterStatus()]);
  const online = nodes.filter((node) => node.online).map(({ name }) => name);
  return storages
    .filter(({ contentKinds, enabled }) => enabled && contentKinds.includes('vztmpl'))
    .flatMap(({ name: storage, nodeNames, shared }) => {
      const usable = nodeNames.length === 0 ? online : online.filter((name) => nodeNames.includes(name));
      return usable.slice(0, shared ? 1 : undefined).map((node) => ({ node, storage }));
    });
}

async function archivesAt(session: ProxmoxSession, place: Place): Promise<readonly Row[]> {
  const rows = await readStorageContent(session, { ...place, content: 'vztmpl' });
  return rows.flatMap((row) => {
    const volid = toText(row.volid);
    return volid === null ? [] : [{ volid, storage: place.storage, path: toText(row.path), size: toInt(row.size) }];
  });
}

/**
 * Each archive once, by its name. A storage that cannot be read costs only its own, and a line of the log.
 * @throws what reading failed with, when none could be read
 */
export async function containerTemplates(
  { session }: Pick<Opened, 'session'>,
  logger: Logger,
): Promise<readonly Row[]> {
  const asked = await places(session);
  const lists = await Promise.allSettled(asked.map((place) => archivesAt(session, place)));
  const read = lists.flatMap((list) => (list.status === 'fulfilled' ? [list.value] : []));
  const failed = lists.flatMap((list, index) => (list.status === 'rejected' ? [{ ...asked[index], ...list }] : []));
  for (const { node, storage, reason } of failed)
    logger.warn({ node, storage, reason: errorText(reason) }, 'The archives of a storage could not be read.');
  if (read.length === 0 && failed[0] !== undefined) throw failed[0].reason;
  const byVolid = new Map(read.flat().map((row) => [row.volid, row]));
  return [...byVolid.entries()]
    .sort(([left], [right]) => (String(left) < String(right) ? -1 : 1))
    .map(([, row]) => row);
}
