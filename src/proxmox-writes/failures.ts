/** What Proxmox's refusals of a write mean, as a reason and a sentence. */
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { isOfProxmox, lackingText, mayHaveActed, parameterTexts } from '../proxmox/failures.js';
import { statusOf } from '../proxmox/reads/rows.js';

export interface Sent {
  readonly clusterName: string;
  /** Of the cluster: `9.1`. */
  readonly release: string;
  /** The first release that has it. */
  readonly since: string;
  /** Named where Proxmox names none. */
  readonly privilege: string;
}

const lost = 'Proxmox may have acted all the same: look there before you repeat it.';

function refusal(error: ProxboxError, { release, since, privilege }: Sent) {
  const status = statusOf(error);
  const said = error.upstream?.statusText ?? '';
  if (status === 501) {
    return {
      code: 'not_in_this_release',
      text: `Proxmox VE has this from release ${since} on; this cluster runs ${release}.`,
    } as const;
  }
  if (status === 403) {
    return { code: 'proxmox_permission_denied', text: lackingText(error, privilege) } as const;
  }
  if (status !== 400) return undefined;
  const parameters = parameterTexts(error);
  return { code: 'invalid_proxmox_value', text: parameters === '' ? said : parameters } as const;
}

/** The failure of a call that was sent; what is no failure of Proxmox stays what it is. */
export function writeFailure(thrown: unknown, sent: Sent): ProxboxError {
  const error = toProxboxError(thrown);
  if (!isOfProxmox(error)) return error;
  const where = { cluster_name: sent.clusterName };
  const refused = refusal(error, sent);
  if (refused !== undefined) {
    const { code, text } = refused;
    return new ProxboxError(code, text, { detail: `Proxmox refused it. ${text}`, where, cause: error });
  }
  const reason = 'proxmox_upstream_error';
  const detail = { reason, detail: `${errorText(error)}${mayHaveActed(error) ? ` ${lost}` : ''}`, ...where };
  return new ProxboxError(reason, 'The write failed.', { detail, where, cause: error });
}
