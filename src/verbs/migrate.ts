/** Moving a guest to another node. */
import { z } from 'zod';
import { ProxboxError } from '../errors/proxbox-error.js';
import { isNodeName, nodeNamePattern } from '../proxmox/host.js';
import { rowsOf, toBool, toText, type Row } from '../proxmox/parse/coerce.js';
import { statusOf } from '../proxmox/reads/rows.js';
import { writeTimeoutMs } from '../proxmox/session.js';
import { isObject } from '../values/plain-object.js';
import type { GuestPlace, Settled, Told, Verb, VerbCall } from './types.js';

interface Wish {
  readonly target: string;
  /** Without stopping the guest; a container is restarted. */
  readonly online: boolean;
}

function wishOf({ body }: VerbCall): Wish {
  const row = isObject(body) ? body : {};
  const target = typeof row.target === 'string' ? row.target.trim() : '';
  if (target === '') {
    throw new ProxboxError('target_required', "Migrate verb requires a JSON body with a non-empty 'target' field.");
  }
  if (!isNodeName(target)) {
    throw new ProxboxError('invalid_parameter', "'target' must be the name of a Proxmox node.");
  }
  const online = row.online === undefined || row.online === null ? false : toBool(row.online);
  if (online === null) throw new ProxboxError('invalid_parameter', "'online' must be true or false.");
  return { target, online };
}

/** What Proxmox says beforehand; null where its release says nothing. */
interface Preflight {
  readonly raw: Row;
  readonly running: boolean | null;
  readonly allowed: readonly string[] | null;
  readonly refused: Row;
  readonly localDisks: readonly string[];
  readonly localResources: readonly string[];
}

/** QEMU spells with underscores, containers with dashes. */
function either(row: Row, name: string): unknown {
  return row[name] ?? row[name.replaceAll('_', '-')];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(toText).filter((text) => text !== null) : [];
}

function diskName(row: Row): string {
  return toText(row.volid) ?? toText(row.drivename) ?? 'a disk';
}

function parsePreflight(answer: unknown): Preflight {
  const raw = isObject(answer) ? answer : {};
  const allowed = either(raw, 'allowed_nodes');
  const refused = either(raw, 'not_allowed_nodes');
  return {
    raw,
    running: toBool(raw.running),
    // Proxmox leaves the list out for a running QEMU guest.
    allowed: Array.isArray(allowed) ? texts(allowed) : null,
    refused: isObject(refused) ? refused : {},
    localDisks: rowsOf(either(raw, 'local_disks')).map(diskName),
    localResources: texts(either(raw, 'local_resources')),
  };
}

/** Containers have no preflight before Proxmox 9: 501. */
async function readPreflight({ session, path }: GuestPlace): Promise<Preflight> {
  try {
    return parsePreflight(await session.get(`${path}/migrate`));
  } catch (error) {
    if (statusOf(error) === 501 || statusOf(error) === 404) return parsePreflight({});
    throw error;
  }
}

/** Why the target will not do; undefined when it will, as far as Proxmox tells. */
async function targetProblem(
  { session, node }: GuestPlace,
  { target }: Wish,
  { allowed, refused }: Preflight,
): Promise<string | undefined> {
  if (target === node) return `The guest is on node '${target}' already.`;
  const { nodes } = await session.clusterStatus();
  const known = nodes.find(({ name }) => name === target);
  if (known === undefined) return `Cluster '${session.name}' has no node '${target}'.`;
  if (!known.online) return `Node '${target}' is offline.`;
  if (allowed === null || allowed.includes(target)) return undefined;
  const why = refused[target];
  const others = allowed.length === 0 ? 'no node' : allowed.join(', ');
  return `Proxmox allows ${others} for this guest, not '${target}'${why === undefined ? '' : `: ${JSON.stringify(why)}`}.`;
}

function obstacle({ online }: Wish, preflight: Preflight): Pick<Settled, 'code' | 'detail'> | undefined {
  const { localDisks, localResources, running } = preflight;
  if (!online && running === true) {
    return { code: 'online_required', detail: 'The guest runs. Send "online": true, or stop it first.' };
  }
  if (online && localDisks.length > 0) {
    return {
      code: 'local_disks_block_online_migrate',
      detail: `On storage of its node alone: ${localDisks.join(', ')}.`,
    };
  }
  if (online && localResources.length > 0) {
    return {
      code: 'local_resources_block_online_migrate',
      detail: `Devices of its node: ${localResources.join(', ')}.`,
    };
  }
  return undefined;
}

async function check(place: GuestPlace, wish: Wish): Promise<Settled | undefined> {
  const preflight = await readPreflight(place);
  const problem = await targetProblem(place, wish, preflight);
  const refused =
    problem === undefined ? obstacle(wish, preflight) : { code: 'target_not_allowed' as const, detail: problem };
  if (refused === undefined) return undefined;
  return { result: 'rejected', ...refused, told: { ...wish, preflight: preflight.raw } };
}

function parametersOf({ type }: GuestPlace, { target, online }: Wish) {
  return type === 'qemu' ? { target, online } : { target, restart: online };
}

function followUrl({ type, vmid }: GuestPlace, upid: string, { endpointId, endpointIdKind }: VerbCall): string {
  const query = new URLSearchParams({ endpoint_id: String(endpointId) });
  if (endpointIdKind !== undefined) query.set('endpoint_id_kind', endpointIdKind);
  return `/proxmox/${type}/${vmid}/migrate/${encodeURIComponent(upid)}/stream?${query.toString()}`;
}

export const migrateVerb: Verb = {
  name: 'migrate',
  summary: 'Move a guest to node `target`; `online` while it runs',
  body: z.looseObject({ target: z.string().max(255).regex(nodeNamePattern), online: z.boolean().nullish() }),
  plan: (call) => {
    const wish = wishOf(call);
    return {
      check: (place) => check(place, wish),
      dispatch: (place) =>
        place.session.write('POST', `${place.path}/migrate`, parametersOf(place, wish), {
          timeoutMs: writeTimeoutMs,
        }),
      told: (place, upid): Told => ({
        ...wish,
        source_node: place.node,
        ...(upid === null ? {} : { sse_url: followUrl(place, upid, call) }),
      }),
    };
  },
  accepted: { status: 202, result: 'accepted' },
  failed: { code: 'proxmox_dispatch_failed', result: 'failed' },
  checkFailed: 'proxmox_preflight_failed',
  isIdempotent: true,
};
