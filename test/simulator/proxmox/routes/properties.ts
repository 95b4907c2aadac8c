/** Further properties of the datacenter, of nodes, storages and tokens, as far as the estate has them. */
import type { EstateNode, PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { Call, Route } from '../route.js';
import { placeOf } from '../route.js';
import { cpuModelWrites } from './cpu-models.js';

const audit = { at: '/', all: ['Sys.Audit'] } as const;

export const propertyRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/qemu/custom-cpu-models',
    profiles: ['9.2'],
    handler: ({ cluster, permissions }) =>
      (cluster.cpuModels ?? []).filter(({ cputype }) =>
        permissions.has(`/mapping/cpu/${String(cputype)}`, 'Mapping.Audit'),
      ),
  },
  ...cpuModelWrites,
  {
    method: 'GET',
    path: '/nodes/{node}/services',
    permission: { at: '/nodes/{node}', all: ['Sys.Audit'] },
    handler: (call) => nodeAt(call)?.services ?? [],
  },
  { method: 'GET', path: '/nodes/{node}/config', permission: audit, handler: nodeConfig },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/identity',
    profiles: ['9.2'],
    permission: { at: '/storage/{storage}', all: ['Datastore.Audit'] },
    handler: storageIdentity,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/disks/zfs',
    permission: audit,
    handler: (call) => pools(call).map(({ pool }) => pool),
  },
  { method: 'GET', path: '/nodes/{node}/disks/zfs/{name}', permission: audit, handler: poolDetail },
  { method: 'GET', path: '/access/users/{userid}/token/{tokenid}', handler: tokenOf },
  {
    method: 'PUT',
    path: '/access/users/{userid}/token/{tokenid}',
    profiles: ['9.2'],
    parameters: { regenerate: { type: 'boolean' } },
    handler: renewToken,
  },
];

/** A new secret; by the user itself or who may change users. */
function renewToken(call: Call): PveRow {
  const { access, permissions, principal } = call;
  const [userid, tokenid] = [placeOf(call, 'userid'), placeOf(call, 'tokenid')];
  if (principal.user.userid !== userid) permissions.requireAny('/access/groups', ['User.Modify']);
  tokenOf(call);
  const value = access.renewToken(userid, tokenid);
  return { 'full-tokenid': `${userid}!${tokenid}`, info: { privsep: 1 }, value };
}

function nodeAt(call: Call): EstateNode | undefined {
  return call.cluster.nodes.find(({ name }) => name === placeOf(call, 'node'));
}

function nodeConfig(call: Call): PveRow {
  return { ...nodeAt(call)?.config, digest: 'c9bd01156ee593522d3720104765689a79ef04d0' };
}

function storageIdentity(call: Call): PveRow {
  const storage = call.cluster.storages.find(({ name }) => name === placeOf(call, 'storage'));
  if (storage === undefined) throw new ApiError(500, `storage '${placeOf(call, 'storage')}' does not exist`);
  const { id } = storage.options['identity'] === undefined ? {} : { id: storage.options['identity'] };
  if (id !== undefined) return { type: storage.type, id };
  const where = '/usr/share/perl5/PVE/Storage/Plugin.pm line 2681.';
  throw new ApiError(500, `get_identity not implemented for this plugin at ${where}`);
}

function pools(call: Call): readonly { readonly pool: PveRow; readonly detail: PveRow }[] {
  return nodeAt(call)?.zfsPools ?? [];
}

function poolDetail(call: Call): PveRow {
  const name = placeOf(call, 'name');
  const found = pools(call).find(({ pool }) => pool['name'] === name);
  if (found === undefined) throw new ApiError(500, `command '/sbin/zpool status -P ${name}' failed: exit code 1`);
  return { name, ...found.detail };
}

/** One's own, or with the right to see others. */
function tokenOf(call: Call): PveRow {
  const { access, permissions, principal } = call;
  const [userid, tokenid] = [placeOf(call, 'userid'), placeOf(call, 'tokenid')];
  if (principal.user.userid !== userid) permissions.requireAny('/access/users', ['User.Modify', 'Sys.Audit']);
  const user = access.users.get(userid);
  if (user === undefined) throw new ApiError(500, `no such user ('${userid}')`);
  const token = user.tokens?.find(({ name }) => name === tokenid);
  if (token === undefined) throw new ApiError(500, `no such token '${tokenid}' for user '${userid}'`);
  return { expire: 0, privsep: token.privilegeSeparation === false ? 0 : 1 };
}
