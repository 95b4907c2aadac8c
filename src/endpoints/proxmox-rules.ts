/**
 * From a body to the columns of a Proxmox endpoint: credential rule, host rule, sealing. A PUT is judged by the record
 * that results from it.
 */
import { partsOf, proxmoxColumns } from '../db/endpoint-columns.js';
import type { ProxmoxEndpointCreate, ProxmoxEndpointUpdate } from './bodies.js';
import { bad, named, nextSecret, type ColumnRules } from './column-rules.js';
import { checkHosts, ssrfHint } from './endpoint-hosts.js';
import type { ProxmoxRow } from './records.js';

type Columns = Omit<ProxmoxRow, 'id'>;
type Credentials = Pick<Columns, 'password' | 'token_name' | 'token_value'>;

export interface ProxmoxColumnRules extends ColumnRules {
  /** Throws when another row has the name. */
  readonly checkName: (name: string) => void;
}

const isPresent = (text: string | null): boolean => text !== null && text !== '';

function checkCredentials({ password, token_name, token_value }: Credentials): void {
  if (isPresent(token_name) !== isPresent(token_value)) {
    throw bad('token_name and token_value must be provided together');
  }
  if (!isPresent(password) && !isPresent(token_name)) throw bad('Provide password or both token_name/token_value');
}

/** What is worth a word of a body that is taken: Proxmox itself refuses a login without a realm. */
export function proxmoxWarnings({ username }: ProxmoxEndpointUpdate): readonly string[] {
  const [user = ''] = (username ?? '').trim().split('!', 1);
  if (username === undefined || user.includes('@')) return [];
  return [
    `username '${user}' names no realm and is taken for '${user}@pam'. Send the realm as well, such as '${user}@pve' for a user whom only Proxmox VE knows.`,
  ];
}

function sealed<C extends Columns>(
  columns: C,
  { body, stored }: { readonly body: ProxmoxEndpointUpdate; readonly stored: Credentials },
  { vault }: ColumnRules,
): C {
  const scope = 'other';
  return {
    ...columns,
    // Files of the Python service refuse null here.
    node_device_name_template: columns.node_device_name_template ?? '',
    token_name: body.token_name === '' ? null : columns.token_name,
    password: nextSecret(vault, { scope, sent: body.password, stored: stored.password }),
    token_value: nextSecret(vault, { scope, sent: body.token_value, stored: stored.token_value }),
  };
}

export function newProxmoxColumns(body: ProxmoxEndpointCreate, rules: ProxmoxColumnRules): Columns {
  const stored = partsOf(proxmoxColumns, 'initial');
  const columns: Columns = { ...stored, ...named(body) };
  checkCredentials(columns);
  checkHosts({ ipAddress: columns.ip_address, domain: columns.domain }, rules.guardSettings(), {
    hint: '',
    pathField: null,
  });
  rules.checkName(columns.name);
  return sealed(columns, { body, stored }, rules);
}

export function changedProxmoxRow(row: ProxmoxRow, body: ProxmoxEndpointUpdate, rules: ProxmoxColumnRules): ProxmoxRow {
  const columns: ProxmoxRow = { ...row, ...named(body) };
  const sent = [body.password, body.token_name, body.token_value];
  if (sent.some((value) => value !== undefined)) checkCredentials(columns);
  checkHosts({ ipAddress: columns.ip_address, domain: columns.domain }, rules.guardSettings(), {
    hint: ssrfHint,
    pathField: null,
  });
  rules.checkName(columns.name);
  return sealed(columns, { body, stored: row }, rules);
}
