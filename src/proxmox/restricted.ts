/** An account that may not even read `cluster/status`: nobody knows then which cluster and nodes it sees. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { accountText } from './credentials.js';
import { proposeBlindly } from './grant.js';
import { majorOf, readerPrivileges, readerRole } from './privileges.js';
import type { ProxmoxSession } from './types.js';

/** Proposes the whole role, as the account has most likely none of it. */
export function restrictedError({
  account,
  version,
  endpointName,
}: Pick<ProxmoxSession, 'account' | 'version' | 'endpointName'>): ProxboxError {
  const wanted = { name: readerRole, privileges: readerPrivileges(majorOf(version.release)) };
  const { commands, remark } = proposeBlindly({ account, roles: null, wanted });
  const message = `${accountText(account)} may not read cluster/status at Proxmox endpoint '${endpointName}'`;
  return new ProxboxError('proxmox_forbidden', `${message}.`, {
    detail: `${message}: Sys.Audit on / is missing. As root on a node: ${commands.join('; ')}. ${remark}`,
    where: { endpoint: endpointName },
  });
}
