import type { Call, Route } from '../route.js';

/** The lists of what is below a path. Everybody who is logged in may read them, except the pools. */
export const indexRoutes: readonly Route[] = [
  { method: 'GET', path: '/access', handler: () => accessChildren.map((subdir) => ({ subdir })) },
  { method: 'GET', path: '/cluster', handler: clusterChildren },
  { method: 'GET', path: '/pools', handler: poolRows },
];

const accessChildren = ['users', 'groups', 'roles', 'acl', 'domains', 'openid', 'tfa', 'ticket', 'password'];

const CLUSTER_CHILDREN = [
  'acme', 'backup', 'backup-info', 'ceph', 'config', 'firewall', 'ha', 'jobs', 'log', 'mapping', 'metrics', 'nextid',
  'notifications', 'options', 'replication', 'resources', 'status', 'tasks', 'sdn',
]; // prettier-ignore

function clusterChildren(): { readonly name: string }[] {
  return CLUSTER_CHILDREN.map((name) => ({ name }));
}

function poolRows({ cluster, permissions }: Call): { readonly poolid: string }[] {
  const pools = new Set([...cluster.guests.values()].map((guest) => guest.pool).filter((pool) => pool !== ''));
  return [...pools].filter((pool) => permissions.has(`/pool/${pool}`, 'Pool.Audit')).map((poolid) => ({ poolid }));
}
