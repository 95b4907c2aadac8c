import { placeOf, type Call, type Route } from '../route.js';

export const accessRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/access/ticket',
    open: true,
    parameters: {
      username: { type: 'string', required: true },
      password: { type: 'string', required: true },
      realm: { type: 'string' },
      otp: { type: 'string' },
      path: { type: 'string' },
      privs: { type: 'string' },
      'new-format': { type: 'boolean' },
      'tfa-challenge': { type: 'string' },
    },
    handler: ({ authentication, parameters }) => authentication.login(parameters),
  },
  {
    method: 'GET',
    path: '/access/permissions',
    parameters: { path: { type: 'string' } },
    handler: ({ permissions, parameters: { path } }) =>
      permissions.table(path === undefined ? undefined : String(path)),
  },
  {
    method: 'GET',
    path: '/access/roles',
    handler: ({ access }) =>
      access.roles().map(({ roleid, privileges, special }) => ({
        roleid,
        privs: privileges.join(','),
        special: special ? 1 : 0,
      })),
  },
  {
    method: 'POST',
    path: '/access/roles',
    permission: { at: '/access', all: ['Sys.Modify'] },
    parameters: { roleid: { type: 'string', required: true }, privs: { type: 'string' } },
    handler: ({ access, parameters }) => {
      access.addRole(String(parameters['roleid']), listOf(parameters['privs']));
      return null;
    },
  },
  {
    method: 'PUT',
    path: '/access/roles/{roleid}',
    permission: { at: '/access', all: ['Sys.Modify'] },
    parameters: { privs: { type: 'string' }, append: { type: 'boolean' } },
    handler: (call) => {
      const { access, parameters } = call;
      access.changeRole(placeOf(call, 'roleid'), listOf(parameters['privs']), parameters['append'] === true);
      return null;
    },
  },
  {
    method: 'POST',
    path: '/access/users',
    permission: { at: '/access', all: ['User.Modify'] },
    parameters: { userid: { type: 'string', required: true, pattern: /^[^\s:/]+@(pam|pve)$/ } },
    handler: ({ access, parameters }) => {
      access.addUser(String(parameters['userid']));
      return null;
    },
  },
  {
    method: 'POST',
    path: '/access/users/{userid}/token/{tokenid}',
    permission: { at: '/access', all: ['User.Modify'] },
    parameters: { privsep: { type: 'boolean' } },
    handler: (call) => {
      const [userid, tokenid] = [placeOf(call, 'userid'), placeOf(call, 'tokenid')];
      const privsep = call.parameters['privsep'] !== false;
      const value = call.access.addToken(userid, tokenid, privsep);
      return { 'full-tokenid': `${userid}!${tokenid}`, info: { privsep: privsep ? 1 : 0 }, value };
    },
  },
  {
    method: 'PUT',
    path: '/access/acl',
    parameters: {
      path: { type: 'string', required: true },
      roles: { type: 'string', required: true },
      users: { type: 'string' },
      tokens: { type: 'string' },
      propagate: { type: 'boolean' },
    },
    handler: changeAcl,
  },
];

function changeAcl({ access, permissions, parameters }: Call): null {
  const path = String(parameters['path']);
  permissions.requireAll(path, ['Permissions.Modify']);
  access.bind({
    path,
    roles: listOf(parameters['roles']),
    users: listOf(parameters['users']),
    tokens: listOf(parameters['tokens']),
    propagate: parameters['propagate'] !== false,
  });
  return null;
}

/** Proxmox takes lists with commas, semicolons or spaces. */
function listOf(value: unknown): readonly string[] {
  const text = typeof value === 'string' ? value : '';
  return text.split(/[\s,;]+/).filter((part) => part !== '');
}
