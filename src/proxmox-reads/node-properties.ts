/** Further properties of nodes and their storages. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { path } from '../proxmox/host.js';
import { rowsOf, toInt, toNumber, toText, type Row } from '../proxmox/parse/coerce.js';
import { restrictedError } from '../proxmox/restricted.js';
import { listRows, statusOf } from '../proxmox/reads/rows.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { isObject } from '../values/plain-object.js';

export async function nodeConfig(session: ProxmoxSession, node: string): Promise<Row> {
  const answer = await session.get(path`nodes/${node}/config`);
  const config = isObject(answer) ? answer : {};
  return {
    cluster_name: session.name,
    node,
    description: toText(config.description),
    wakeonlan: config.wakeonlan ?? null,
    startall_onboot_delay: toInt(config['startall-onboot-delay']),
    location: config.location ?? null,
    status: 'ok',
    error: null,
  };
}

/** What tells storages of one kind apart. Some kinds have nothing of it, and releases before 9.2 do not know the question. */
export async function storageIdentity(session: ProxmoxSession, node: string, storage: string): Promise<Row> {
  const head = { cluster_name: session.name, node, storage };
  try {
    const answer = await session.get(path`nodes/${node}/storage/${storage}/identity`);
    const { id, type } = isObject(answer) ? answer : {};
    return { ...head, instance_id: toText(id), type: toText(type), status: 'ok', error: null };
  } catch (error) {
    const said = error instanceof ProxboxError ? (error.upstream?.statusText ?? '') : '';
    if (statusOf(error) !== 501 && !said.startsWith('get_identity not implemented')) throw error;
    return { ...head, instance_id: null, type: null, status: 'unsupported', error: null };
  }
}

/** A row of `nodes/{node}/disks/zfs`. Sizes in bytes. */
function poolRow(session: ProxmoxSession, node: string, row: Row): Row {
  return {
    cluster_name: session.name,
    node,
    name: toText(row.name),
    size: toInt(row.size),
    alloc: toInt(row.alloc),
    free: toInt(row.free),
    frag: toNumber(row.frag),
    dedup: toNumber(row.dedup),
    health: toText(row.health),
    source: 'proxmox_api',
  };
}

/** The ZFS pools of a node, or of all nodes that are online. An account that sees no nodes sees no pools either. */
export async function zfsPools(session: ProxmoxSession, node: string | undefined): Promise<readonly Row[]> {
  if (session.mode === 'restricted') throw restrictedError(session);
  const { nodes } = await session.clusterStatus();
  const asked = nodes.filter(({ name, online }) => (node === undefined ? online : name === node));
  const lists = await Promise.all(
    asked.map(async ({ name }) =>
      (await listRows(session, path`nodes/${name}/disks/zfs`)).map((row) => poolRow(session, name, row)),
    ),
  );
  return lists.flat();
}

function deviceRow(row: Row): Row {
  return {
    name: toText(row.name),
    state: toText(row.state),
    read: toInt(row.read),
    write: toInt(row.write),
    cksum: toInt(row.cksum),
    msg: toText(row.msg),
    children: rowsOf(row.children).map(deviceRow),
  };
}

/** One pool with the state of its devices. */
export async function zfsPool(session: ProxmoxSession, pool: Row): Promise<Row> {
  const answer = await session.get(path`nodes/${String(pool.node)}/disks/zfs/${String(pool.name)}`);
  const detail = isObject(answer) ? answer : {};
  return {
    ...pool,
    state: toText(detail.state),
    status: toText(detail.status),
    action: toText(detail.action),
    scan: toText(detail.scan),
    errors: toText(detail.errors),
    children: rowsOf(detail.children).map(deviceRow),
  };
}

/** Proxmox answers a user or token that is not there with 500 and these words alone. */
function isMissing(error: unknown): boolean {
  const said = error instanceof ProxboxError ? (error.upstream?.statusText ?? '') : '';
  return statusOf(error) === 500 && /^no such (user|token)\b/.test(said);
}

/** A token without its secret, which Proxmox never tells again; null: there is none of that name. */
export async function tokenRow(session: ProxmoxSession, userid: string, tokenid: string): Promise<Row | null> {
  try {
    const answer = await session.get(path`access/users/${userid}/token/${tokenid}`);
    const token = isObject(answer) ? answer : {};
    return {
      cluster_name: session.name,
      userid,
      tokenid,
      comment: toText(token.comment),
      privsep: toInt(token.privsep),
      expire: toInt(token.expire),
      value: null,
      status: 'ok',
      error: null,
    };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
