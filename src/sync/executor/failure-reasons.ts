/** Why NetBox did not take an object, in sentences for operators. */
import { errorText, type ProxboxError } from '../../errors/proxbox-error.js';
import { describeErrors, withoutRequest } from '../../netbox/answer-text.js';
import { isPluginKind, kindDefinition, storedKind, type ObjectKind } from '../../netbox/kinds/index.js';
import { modelOf } from '../../netbox/kinds/models.js';
import type { WriteAction } from '../../netbox/actions.js';
import { rightName } from '../../netbox/rights.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { Desired, Reason } from '../types.js';

/**
 * Why no object of a kind can be written; undefined when the error is about one object. A good token without a
 * permission gets 403 with a fixed sentence; a plugin older than the table answers 404 (501 through some proxies).
 */
export function kindReason(kind: ObjectKind, error: ProxboxError): Reason | undefined {
  const { noun } = kindDefinition(kind);
  const status = error.upstream?.status;
  if ((status === 404 || status === 501) && isPluginKind(kind)) {
    return {
      code: 'plugin_route_missing',
      message: `The installed netbox-proxbox plugin has no table for the ${noun}; upgrade the plugin.`,
    };
  }
  if (error.code !== 'netbox_forbidden') return undefined;
  return {
    code: 'forbidden',
    message: `NetBox does not allow the token to write the ${noun}: ${withoutRequest(toldBy(error))}`,
  };
}

/**
 * Why an object that the token sees is not changed or deleted: the permission has conditions, and to whom they do not let in
 * NetBox answers as if the object did not exist.
 */
export function conditionalMessage(action: WriteAction, kind: ObjectKind): string {
  const { noun, path } = kindDefinition(storedKind(kind));
  const right = rightName({ model: modelOf(kind), action });
  return `NetBox does not allow the token to ${action} every ${noun}: the permission '${action}' for the objects of ${path} (${right}) has conditions. Give it to the user of the token without conditions.`;
}

/** NetBox has the row that was to be made, and the token does not see it. */
export function isUnseen(error: ProxboxError): boolean {
  return error.code === 'netbox_duplicate_unresolved';
}

function unseenReason({ kind, label }: Desired, error: ProxboxError): Reason {
  const { noun, path } = kindDefinition(kind);
  const right = rightName({ model: modelOf(kind), action: 'view' });
  const said = describeErrors(error.upstream?.body ?? '');
  return {
    code: 'row_hidden',
    message: `NetBox has the ${noun} "${label}", but the token may not view it: its user needs the permission 'view' for the objects of ${path} (${right}) without conditions. It was not written; NetBox says: ${said}`,
  };
}

/** The reason for which an object is left out because another one has its address; undefined when that was not the cause. */
export function duplicateReason({ ifDuplicate }: Desired, error: ProxboxError): Reason | undefined {
  const text = `${errorText(error)} ${JSON.stringify(error.upstream?.body ?? '')}`;
  return /duplicate ip address/i.test(text) ? ifDuplicate : undefined;
}

/** NetBox 4.6 and 4.7, of a new object and of one that was there before the field was required. */
const requiredField = /custom field '([^']+)'(?:: Required field cannot be empty|\.)/i;

/** The custom field in which NetBox wants a value; undefined when that was not the cause. */
export function requiredFieldOf(error: ProxboxError): string | undefined {
  return requiredField.exec(errorText(error))?.[1];
}

export function requiredFieldReason({ kind, label }: Desired, field: string): Reason {
  const { noun } = kindDefinition(kind);
  const whole = kindDefinition(storedKind(kind)).noun;
  return {
    code: 'custom_field_required',
    message: `The ${noun} "${label}" was not written: NetBox wants a value in the custom field "${field}", which only an operator can fill. Give the field a default value, or fill it in for this ${whole}; then sync again.`,
  };
}

/** Why NetBox did not take one object, in a sentence that names it. `rival`: a row with its name that is no row of it, and may be viewed. */
export function rejectionReason(desired: Desired, error: ProxboxError, rival?: NetBoxRecord): Reason {
  const { noun } = kindDefinition(desired.kind);
  const text = errorText(error);
  if (/must be unique per cluster/i.test(text)) {
    return {
      code: 'name_conflict',
      message: `The ${noun} "${desired.label}" was not written: another virtual machine of the cluster has this name. It gets another name at the next run, where the token may see that one: its permission to view virtual machines must have no conditions.`,
    };
  }
  const field = requiredFieldOf(error);
  if (field !== undefined) return requiredFieldReason(desired, field);
  if (isUnseen(error) && rival === undefined) return unseenReason(desired, error);
  return { code: 'rejected', message: `NetBox did not take the ${noun} "${desired.label}": ${text}` };
}

/** The detail when there is one: it names the permission; the message alone only says that the request failed. */
function toldBy(error: ProxboxError): string {
  return typeof error.detail === 'string' && error.detail !== '' ? error.detail : error.message;
}
