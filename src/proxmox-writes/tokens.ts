/**
 * Gives an API token of Proxmox a new secret (Proxmox VE 9.2). Where stored endpoints log in with that token, the new secret is
 * stored in the same step: they would be locked out otherwise. The secret is in the answer and nowhere else.
 */
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import { path } from '../proxmox/host.js';
import { toText } from '../proxmox/parse/coerce.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { tokenRow } from '../proxmox-reads/node-properties.js';
import { readEndpoints } from '../proxmox-reads/read-endpoints.js';
import { quotedList } from '../values/short-text.js';
import { isObject } from '../values/plain-object.js';
import { carryOut, type Write, type WriteDeps } from './carry-out.js';

export interface TokenDeps extends WriteDeps {
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'all' | 'credentials' | 'update'>;
}

export interface RenewedToken {
  readonly cluster_name: string;
  readonly userid: string;
  readonly tokenid: string;
  /** The new secret, which Proxmox never tells again. */
  readonly value: string;
  readonly full_tokenid: string;
  /** Ids of the endpoints here that log in with it and know the new secret. */
  readonly stored_for: readonly number[];
  readonly status: 'ok' | 'error';
  /** What could not be stored here. */
  readonly error: string | null;
  /** What is to be done in NetBox. */
  readonly note: string | null;
}

interface Wanted {
  readonly userid: string;
  readonly tokenid: string;
}

/** null: it logs in with a password, or its credentials cannot be read, with which it cannot log in either. */
function tokenNameOf(id: number, { proxmoxEndpoints }: TokenDeps): string | null {
  try {
    return proxmoxEndpoints.credentials(id).tokenName;
  } catch (error) {
    if (error instanceof ProxboxError) return null;
    throw error;
  }
}

/**
 * Endpoints that lead to the cluster and log in with the token; those that cannot be asked are not among them. Clones of one
 * image have equal certificates, so the names count as well.
 */
async function usersOf(
  session: ProxmoxSession,
  { userid, tokenid }: Wanted,
  deps: TokenDeps,
): Promise<readonly ProxmoxEndpoint[]> {
  const named = deps.proxmoxEndpoints
    .all()
    .filter(({ id, username, enabled }) => enabled && username === userid && tokenNameOf(id, deps) === tokenid);
  if (named.length === 0) return [];
  const own = await session.rootCertificate();
  const readOne = async (other: ProxmoxSession, endpoint: ProxmoxEndpoint) => ({
    endpoint,
    isSame: other.name === session.name && (await other.rootCertificate()) === own,
  });
  const scope = { proxmox_endpoint_ids: named.map(({ id }) => id).join(',') };
  const { results } = await readEndpoints(scope, readOne, deps);
  return results.filter(({ isSame }) => isSame).map(({ endpoint }) => endpoint);
}

/** Never throws: the secret has to reach the caller whatever happens here. */
function store(endpoints: readonly ProxmoxEndpoint[], { tokenid }: Wanted, value: string, deps: TokenDeps) {
  const stored: number[] = [];
  const failures: string[] = [];
  for (const { id, name } of endpoints) {
    try {
      deps.proxmoxEndpoints.update(id, { token_name: tokenid, token_value: value });
      stored.push(id);
    } catch (error) {
      failures.push(`The new secret could not be stored for '${name}': ${errorText(error)}. Store it with PUT.`);
    }
  }
  return { stored, failures };
}

const alsoInNetBox = (endpoints: readonly ProxmoxEndpoint[]): string =>
  `Endpoints that log in with it: ${quotedList(endpoints.map(({ name }) => name))}. Where NetBox pushes them, enter the ` +
  'new secret there as well, or its next job pushes the old one.';

/** @throws ProxboxError `token_not_found`, or as every write */
export function renewToken(
  write: Omit<Write, 'since' | 'privilege' | 'method'>,
  wanted: Wanted,
  deps: TokenDeps,
): Promise<RenewedToken> {
  const { userid, tokenid } = wanted;
  const privilege = `User.Modify on /access/groups, or to be ${userid} itself`;
  return carryOut(
    { ...write, method: 'PUT', since: '9.2', privilege },
    async (opened) => {
      const { session } = opened;
      const where = { cluster_name: session.name };
      if ((await tokenRow(session, userid, tokenid)) === null) {
        const text = `Cluster '${session.name}' has no token '${userid}!${tokenid}'. Nothing was done.`;
        throw new ProxboxError('token_not_found', text, { where });
      }
      const users = await usersOf(session, wanted, deps);
      const answer = await opened.send(path`access/users/${userid}/token/${tokenid}`, { regenerate: 1 });
      const value = isObject(answer) ? toText(answer.value) : null;
      if (value === null) throw withoutSecret(session.name);
      const { stored, failures } = store(users, wanted, value, deps);
      return {
        ...where,
        userid,
        tokenid,
        value,
        full_tokenid: `${userid}!${tokenid}`,
        stored_for: stored,
        status: failures.length === 0 ? 'ok' : 'error',
        error: failures.length === 0 ? null : failures.join(' '),
        note: users.length === 0 ? null : alsoInNetBox(users),
      };
    },
    deps,
  );
}

function withoutSecret(clusterName: string): ProxboxError {
  const reason = 'proxmox_upstream_error';
  const text = 'Proxmox answered without the new secret. Look at the token there: the old secret may be void.';
  const detail = { reason, detail: text, cluster_name: clusterName };
  return new ProxboxError(reason, text, { detail, where: { cluster_name: clusterName } });
}
