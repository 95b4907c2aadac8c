/** netbox-branching: a branch is chosen per request by its schema id, and silently ignored when the plugin is missing. */
import { ProxboxError } from '../errors/proxbox-error.js';

const schemaId = /^[a-z0-9_]{1,64}$/;

/** The id becomes a header, so nothing else may be in it. Empty = main. Throws `invalid_request`. */
export function checkBranch(branch: string): void {
  if (branch === '' || schemaId.test(branch)) return;
  throw new ProxboxError('invalid_request', 'The NetBox branch is not a schema id.', {
    detail: 'invalid_request: netbox_branch_schema_id holds lower-case letters, digits and _ only, at most 64.',
  });
}

export function branchingMissing(branch: string, endpointId: number): ProxboxError {
  return new ProxboxError(
    'not_configured',
    `The NetBox branch '${branch}' was asked for, but this NetBox has no branches.`,
    {
      detail: `not_configured: nothing was written. Install the plugin netbox_branching in NetBox, or choose no branch.`,
      where: { endpoint: endpointId },
    },
  );
}
