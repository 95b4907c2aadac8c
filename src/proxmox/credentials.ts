/** Which account and secret an endpoint logs in with. A token wins over a password when both are stored. */
import type { ProxmoxCredentials, ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { Secret } from '../config/secret.js';

export type Login =
  | { readonly method: 'token'; readonly account: string; readonly tokenName: string; readonly secret: Secret }
  | { readonly method: 'password'; readonly account: string; readonly secret: Secret };

/** Whom Proxmox knows, without a secret. */
export interface Account {
  /** `netbox@pve`. */
  readonly user: string;
  /** Name of the API token, without its user. */
  readonly token: string | null;
}

export function accountOf(login: Login): Account {
  if (login.method === 'password') return { user: login.account, token: null };
  return { user: login.account.slice(0, -login.tokenName.length - 1), token: login.tokenName };
}

/** `netbox@pve!sync`. */
export function accountText({ user, token }: Account): string {
  return token === null ? user : `${user}!${token}`;
}

export interface ResolvedLogin {
  readonly login: Login;
  /** Something in the stored values that was read forgivingly and should be corrected. */
  readonly warning: string | null;
}

/**
 * Accepts what people paste: `PVEAPIToken=user@realm!name` as token name, the whole `user@realm!name=secret` as token
 * value. A user without realm is one of `pam`. Throws `not_configured` when there is neither token nor password.
 */
export function resolveLogin(endpoint: ProxmoxEndpoint, credentials: ProxmoxCredentials): ResolvedLogin {
  const user = userOf(endpoint.username);
  const token = resolveToken(credentials);
  if (token !== null) {
    const strangers = token.users.filter((other) => withRealm(other) !== user);
    return {
      login: {
        method: 'token',
        account: `${user}!${token.name}`,
        tokenName: token.name,
        secret: new Secret(token.value),
      },
      warning:
        strangers.length === 0
          ? null
          : `The token of endpoint '${endpoint.name}' was stored for ${strangers.join(', ')}, but its user is ${user}; ${user} is used.`,
    };
  }
  const password = credentials.password?.reveal() ?? '';
  if (password !== '')
    return { login: { method: 'password', account: user, secret: new Secret(password) }, warning: null };
  throw new ProxboxError(
    'not_configured',
    `Proxmox endpoint '${endpoint.name}' has neither an API token nor a password.`,
    {
      detail: 'Store token_name and token_value, or a password, for the endpoint.',
      where: { endpoint: endpoint.name },
    },
  );
}

/** `root@pam!ci` as user is a token id; only the part before `!` is the user. */
function userOf(username: string): string {
  const [user = ''] = username.trim().split('!', 1);
  return withRealm(user);
}

function withRealm(user: string): string {
  return user.includes('@') ? user : `${user}@pam`;
}

interface Token {
  readonly name: string;
  readonly value: string;
  /** Users that were part of the stored texts. */
  readonly users: readonly string[];
}

function resolveToken(credentials: ProxmoxCredentials): Token | null {
  const named = splitTokenId(withoutScheme(credentials.tokenName ?? ''));
  const stored = splitTokenValue(withoutScheme(credentials.tokenValue?.reveal() ?? ''));
  const name = named.name === '' ? stored.name : named.name;
  if (name === '' || stored.value === '') return null;
  const users = [named.user, stored.user].filter((user) => user !== '');
  return { name, value: stored.value, users: [...new Set(users)] };
}

/** `user@realm!name=secret`, else the text is the secret: a secret has neither `!` nor `=`. */
function splitTokenValue(text: string): { user: string; name: string; value: string } {
  const equals = text.indexOf('=');
  const id = equals < 0 ? '' : text.slice(0, equals);
  return id.includes('!')
    ? { ...splitTokenId(id), value: text.slice(equals + 1).trim() }
    : { user: '', name: '', value: text };
}

function splitTokenId(text: string): { user: string; name: string } {
  const mark = text.lastIndexOf('!');
  return { user: text.slice(0, Math.max(mark, 0)).trim(), name: text.slice(mark + 1).trim() };
}

function withoutScheme(text: string): string {
  return text.trim().replace(/^PVEAPIToken\s*=\s*/i, '');
}
