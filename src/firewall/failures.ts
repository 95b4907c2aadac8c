/** What Proxmox's refusals of firewall calls mean, as the plugin shows them: a reason and a sentence. */
import type { ErrorCode } from '../errors/catalog.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { isOfProxmox, lackingText, mayHaveActed, parameterTexts } from '../proxmox/failures.js';
import { statusOf } from '../proxmox/reads/rows.js';

/** Which code a refusal of a write is; the texts are Proxmox's own, which gives nothing else to tell them by. */
const refusals: readonly (readonly [code: ErrorCode, pattern: RegExp])[] = [
  ['firewall_changed', /detected modified configuration/],
  ['firewall_not_empty', /is not empty/],
  ['firewall_object_not_found', /^no such (IPSet|security group|rule)|^no rule at position/],
];

const nothingSaid = 'Proxmox may have acted all the same: look at the firewall there before you repeat it.';

function isRefused(error: ProxboxError): boolean {
  return error.code === 'proxmox_forbidden' || statusOf(error) === 403;
}

/** An endpoint whose firewall could not be read completely: never an empty list. */
export function readFailure(thrown: unknown, needed: string): ProxboxError {
  const error = toProxboxError(thrown);
  if (!isOfProxmox(error)) return error;
  const missing = isRefused(error) ? `${lackingText(error, needed)} ` : '';
  return new ProxboxError('proxmox_firewall_read_failed', 'The firewall could not be read.', {
    detail: `The firewall could not be read. ${missing}${errorText(error)}`,
    cause: error,
    ...(isRefused(error) ? { status: 403 } : {}),
  });
}

interface Asked {
  readonly path: string;
  readonly endpointId: number;
  readonly needed: string;
  /** Something was sent that changes something. */
  readonly isSent: boolean;
}

/** What Proxmox refused, as far as its answer tells. */
function refusalOf(
  error: ProxboxError,
  needed: string,
): { readonly code: ErrorCode; readonly text: string } | undefined {
  if (isRefused(error)) {
    return { code: 'proxmox_permission_denied', text: lackingText(error, needed) };
  }
  const said = error.upstream?.statusText ?? '';
  const parameters = parameterTexts(error);
  const known = refusals.find(([, pattern]) => pattern.test(said));
  if (known !== undefined) return { code: known[0], text: said };
  if (/no such (alias|IP)/.test(parameters)) return { code: 'firewall_object_not_found', text: parameters };
  if (statusOf(error) !== 400) return undefined;
  return { code: 'invalid_firewall_value', text: parameters === '' ? said : parameters };
}

/** The failure of a write, or of the look before it. */
export function writeFailure(thrown: unknown, { path, endpointId, needed, isSent }: Asked): ProxboxError {
  const error = toProxboxError(thrown);
  if (!isOfProxmox(error)) return error;
  const where = { endpoint_id: endpointId, path };
  const refusal = refusalOf(error, needed);
  if (refusal !== undefined) {
    const { code, text } = refusal;
    return new ProxboxError(code, text, { detail: `Proxmox refused it. ${text}`, cause: error, where });
  }
  const isLost = isSent && mayHaveActed(error);
  const reason = 'proxmox_firewall_write_failed';
  const detail = { reason, detail: `${errorText(error)}${isLost ? ` ${nothingSaid}` : ''}`, ...where };
  return new ProxboxError(reason, 'The write failed.', { detail, where, cause: error });
}
