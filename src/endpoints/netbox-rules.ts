/**
 * From a body to the columns of a NetBox endpoint: token rule, host rule, sealing. A PUT is judged by the record that
 * results from it; secrets that it does not name keep their value.
 */
import { netboxColumns, partsOf } from '../db/endpoint-columns.js';
import { basePathOf } from './base-path.js';
import type { NetBoxEndpointCreate, NetBoxEndpointUpdate } from './bodies.js';
import { bad, named, nextSecret, type ColumnRules } from './column-rules.js';
import { checkHosts, ssrfHint } from './endpoint-hosts.js';
import type { NetBoxRow } from './records.js';

type Columns = Omit<NetBoxRow, 'id'>;
type Stored = Pick<Columns, 'token_version' | 'token_key'> & { readonly token: string | null };

function parseVersion(text: string): 'v1' | 'v2' {
  const version = text.trim().toLowerCase();
  if (version !== 'v1' && version !== 'v2') throw bad("Invalid token_version. Must be 'v1' or 'v2'.");
  return version;
}

const trimmed = (text: string | null): string => (text ?? '').trim();

/** What is pasted along with a token; its own characters are letters, digits, `_`, `-` and `.`. */
function checkPasted(column: 'token' | 'token_key', text: string | null | undefined): void {
  const [, word] = /^\s*(?:authorization\s*:\s*)?(token|bearer|authorization)[\s:]/i.exec(text ?? '') ?? [];
  if (word !== undefined)
    throw bad(`${column} begins with the word '${word}', which belongs to the header. Send only what follows it`);
  if (/^\s*(["'`]).*\1\s*$/s.test(text ?? '')) throw bad(`${column} is in quotation marks. Send it without them`);
}

function checkToken(version: 'v1' | 'v2', { token, token_key }: Pick<Columns, 'token' | 'token_key'>): void {
  const hasToken = trimmed(token) !== '';
  if (version === 'v1' && !hasToken) throw bad('token is required for NetBox API token v1');
  if (version === 'v2' && !(hasToken && trimmed(token_key) !== '')) {
    throw bad('token_key and token (secret) must both be set for NetBox API token v2');
  }
}

/** @param stored of a new record, what it has unless the body says otherwise */
function nextColumns<C extends Columns>(
  columns: C,
  { body, stored }: { readonly body: NetBoxEndpointUpdate; readonly stored: Stored },
  { vault, guardSettings }: ColumnRules,
) {
  const { read } = netboxColumns.token_version;
  const version = body.token_version === undefined ? read(stored.token_version) : parseVersion(body.token_version);
  checkPasted('token', body.token);
  checkPasted('token_key', body.token_key);
  checkToken(version, columns);
  checkHosts({ ipAddress: columns.ip_address, domain: columns.domain }, guardSettings(), {
    hint: ssrfHint,
    pathField: 'base_path',
  });
  const secret = (column: 'token' | 'token_key'): string | null => {
    const sent = body[column] === undefined ? undefined : trimmed(body[column]);
    return nextSecret(vault, { scope: 'netbox', sent, stored: stored[column] });
  };
  return {
    ...columns,
    base_path: basePathOf(columns.base_path),
    token_version: version,
    token_key: version === 'v1' ? null : secret('token_key'),
    token: secret('token') ?? '',
  };
}

export function newNetBoxColumns(body: NetBoxEndpointCreate, rules: ColumnRules): Columns {
  const stored = partsOf(netboxColumns, 'initial');
  return nextColumns({ ...stored, ...named(body) }, { body, stored: { ...stored, token: null } }, rules);
}

export function changedNetBoxRow(row: NetBoxRow, body: NetBoxEndpointUpdate, rules: ColumnRules): NetBoxRow {
  const columns = { ...row, ...named(body) };
  return nextColumns({ ...columns, domain: columns.domain ?? '' }, { body, stored: row }, rules);
}
