/** An account that may not even read `cluster/status`: nobody knows then which cluster and nodes it sees. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { accountText } from './credentials.js';
import { majorOf } from './privileges.js';
import { bindRoleCommands, ensureRoleCommand } from './pveum.js';
import type { ProxmoxSession } from './types.js';

/** Proposes the whole role, as the account has most likely none of it. */
export function restrictedError({
  account,
  version,
  endpointName,
}: Pick<ProxmoxSession, 'account' | 'version' | 'endpointName'>): ProxboxError {
  const commands = [ensureRoleCommand(majorOf(version.release)), ...bindRoleCommands(account)];
  const message = `${accountText(account)} may not read cluster/status at Proxmox endpoint '${endpointName}'`;
  return new ProxboxError('proxmox_forbidden', `${message}.`, {
    detail: `${message}: Sys.Audit on / is missing. As root on a node: ${commands.join('; ')}`,
    where: { endpoint: endpointName },
  });
}
