import type { Route } from '../route.js';

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
];
