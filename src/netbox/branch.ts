/** netbox-branching: a branch is chosen per request by its schema id, and silently ignored when the plugin is missing. */
import { ProxboxError } from '../errors/proxbox-error.js';
import type { HttpResponse } from '../transport/types.js';
import { answerText, exceptionName, parseJson } from './answer-text.js';

/** A schema id as netbox-branching makes them. It becomes a header, so nothing else may be in it. Empty = main. */
export function isBranch(branch: string): boolean {
  return branch === '' || /^[a-z0-9_]{1,64}$/.test(branch);
}

/** Throws `invalid_request`. */
export function checkBranch(branch: string): void {
  if (isBranch(branch)) return;
  throw new ProxboxError('invalid_request', 'The NetBox branch is not a schema id.', {
    detail: 'invalid_request: netbox_branch_schema_id holds lower-case letters, digits and _ only, at most 64.',
  });
}

export function branchingMissing(branch: string, endpointId: number): ProxboxError {
  return new ProxboxError(
    'not_configured',
    `The NetBox branch '${branch}' was asked for, but this NetBox has no branches.`,
    {
      detail: `not_configured: nothing was written. Install netbox-branching in NetBox, or choose no branch.`,
      where: { endpoint: endpointId },
    },
  );
}

/**
 * Whether netbox-branching refused the branch that the request names. Its middleware answers 400 with one line of text,
 * where the API answers JSON and servers a page: `Invalid branch identifier`, `Selected branch is not ready.` Its releases
 * for NetBox 4.6 let a branch that is not ready pass, and the router of the database then fails over its `schema_name`.
 */
export function refusesBranch({ status, text }: HttpResponse): boolean {
  const body = parseJson(text);
  if (status === 400) return body === undefined && text !== '' && !text.trimStart().startsWith('<');
  return status === 500 && exceptionName(body) === 'AttributeError' && text.includes('schema_name');
}

/** @param where what the request was about, as in every error of the client */
export function branchRefused(
  branch: string,
  response: HttpResponse,
  where: Readonly<Record<string, string | number>>,
): ProxboxError {
  const said = response.status === 400 ? answerText(response.text) : 'it is not ready';
  return new ProxboxError('not_configured', `NetBox refused the branch '${branch}': ${said}`, {
    detail:
      `not_configured: the NetBox branch '${branch}' cannot be used (${said}). It does not exist, is not provisioned yet, ` +
      `or was merged or archived. Choose a branch that NetBox shows as "Ready", or none.`,
    where,
    upstream: { status: response.status, statusText: response.statusText },
  });
}
