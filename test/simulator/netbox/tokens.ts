import { contains, parseNetwork } from './addresses.js';
import { ApiFailure } from './failures.js';
import type { Row } from './types.js';

/** An API token; the secret of a version 2 token is sent as `nbt_<key>.<secret>`. */
export interface TokenRecord {
  readonly version: 1 | 2;
  /** Version 2 only, 12 characters. */
  readonly key: string;
  readonly secret: string;
  readonly username: string;
  /** False makes every write a 403. */
  readonly write: boolean;
  /** Superusers see the plugin's encryption key. */
  readonly superuser: boolean;
  enabled: boolean;
  /** Paths of kinds (`extras/tags`) of which its user may add none. */
  readonly cannotAdd: Set<string>;
  /** Constraints of the permission to add, by path of the kind: POST is offered, and refused with an object that does not meet them. */
  readonly mayAddOnly: Map<string, (object: Readonly<Record<string, unknown>>) => boolean>;
  /** Paths of kinds of which its user may change none. */
  readonly cannotChange: Set<string>;
  /** Constraints of the permission to change, by path of the kind: to a PATCH other rows are as if they were not there. */
  readonly mayChangeOnly: Map<string, (row: Row) => boolean>;
  /** Paths of kinds of which its user may delete none. */
  readonly cannotDelete: Set<string>;
  /** Constraints of the permission to delete, by path of the kind: to a DELETE other rows are as if they were not there. */
  readonly mayDeleteOnly: Map<string, (row: Row) => boolean>;
  /** Paths of kinds of which its user may see none. */
  readonly cannotView: Set<string>;
  /** Constraints of the permission to view, by path of the kind: lists leave other rows out without a word, reading one is a 404. */
  readonly mayViewOnly: Map<string, (row: Row) => boolean>;
  /** ISO 8601, undefined for never. */
  expires: string | undefined;
  /** Client networks that may use it; empty for all. */
  readonly allowedIps: readonly string[];
}

export interface Tokens {
  readonly all: () => readonly TokenRecord[];
  add(token: Partial<TokenRecord> & Pick<TokenRecord, 'version' | 'secret'>): TokenRecord;
  /** Takes a token away: its next use is an unknown token. */
  revoke(token: TokenRecord): void;
  /** Finds the token of an Authorization header. Throws the 403 NetBox answers. */
  authenticate(header: string | undefined, context: { readonly address: string; readonly now: Date }): TokenRecord;
}

const denied = (detail: string): never => {
  throw new ApiFailure(403, { detail });
};

/** The value behind `Token` or `Bearer`; undefined when the header is of another kind. */
const credentialOf = (header: string): string | undefined => {
  const [scheme = '', value, ...rest] = header.trim().split(/\s+/);
  if (!/^(token|bearer)$/i.test(scheme)) return undefined;
  if (value === undefined || rest.length > 0)
    return denied('Invalid authorization header: Must be in the form "Bearer <key>.<token>" or "Token <token>"');
  return value;
};

const isAllowed = (token: TokenRecord, address: string): boolean => {
  const client = parseNetwork(address.replace(/^::ffff:/, ''));
  return token.allowedIps.some((allowed) => {
    const network = parseNetwork(allowed);
    return network !== undefined && client !== undefined && contains(network, client);
  });
};

const find = (tokens: readonly TokenRecord[], credential: string): TokenRecord => {
  if (!credential.startsWith('nbt_'))
    return tokens.find((token) => token.version === 1 && token.secret === credential) ?? denied('Invalid v1 token');
  const value = credential.slice(4);
  const dot = value.indexOf('.');
  if (dot < 0)
    return denied(
      "Invalid authorization header: Could not parse key from v2 token. Did you mean to use 'Token' instead of 'Bearer'?",
    );
  const [key, secret] = [value.slice(0, dot), value.slice(dot + 1)];
  const token = tokens.find((one) => one.version === 2 && one.key === key && one.secret === secret);
  return token ?? denied('Invalid v2 token');
};

/** The tokens of one simulated NetBox. Bad credentials are a 403, never a 401, as in NetBox. */
export const createTokens = (): Tokens => {
  let tokens: TokenRecord[] = [];
  return {
    all: () => tokens,
    add: (token) => {
      const record: TokenRecord = {
        key: '',
        username: 'admin',
        write: true,
        cannotAdd: new Set(),
        mayAddOnly: new Map(),
        cannotChange: new Set(),
        mayChangeOnly: new Map(),
        cannotDelete: new Set(),
        mayDeleteOnly: new Map(),
        cannotView: new Set(),
        mayViewOnly: new Map(),
        superuser: true,
        enabled: true,
        expires: undefined,
        allowedIps: [],
        ...token,
      };
      tokens.push(record);
      return record;
    },
    revoke: (token) => {
      tokens = tokens.filter((one) => one !== token);
    },
    authenticate: (header, { address, now }) => {
      const credential = header === undefined ? undefined : credentialOf(header);
      if (credential === undefined) return denied('Authentication credentials were not provided.');
      const token = find(tokens, credential);
      if (token.allowedIps.length > 0 && !isAllowed(token, address))
        return denied(`Source IP ${address} is not permitted to authenticate using this token.`);
      if (!token.enabled) return denied('Token disabled');
      if (token.expires !== undefined && Date.parse(token.expires) <= now.getTime()) return denied('Token expired');
      return token;
    },
  };
};
