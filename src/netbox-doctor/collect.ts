/** Finds out what a doctor of NetBox wants to know. Reads only: what may be written NetBox tells on OPTIONS. */
import { z } from 'zod';
import type { Clock } from '../config/clock.js';
import type { NetBoxEndpoint } from '../endpoints/types.js';
import { toProxboxError, type ProxboxError } from '../errors/proxbox-error.js';
import type { NetBoxAccess } from '../netbox/access.js';
import { modelOf } from '../netbox/kinds/models.js';
import { objectKinds } from '../netbox/kinds/index.js';
import { offers } from '../netbox/actions.js';
import { rights } from '../netbox/rights.js';
import type { NetBoxClient } from '../netbox/types.js';
import { statusPath } from '../netbox/paths.js';
import { parseStatus } from '../netbox/version.js';
import type { Findings, Grant, OpenNetBox, Reach, RequiredField } from './types.js';

export interface CollectDeps {
  readonly clock: Clock;
  readonly netboxAccess: Pick<NetBoxAccess, 'client' | 'fetchPluginSettings'>;
}

type Asking = Pick<NetBoxClient, 'ask'>;

/** So long each answer is waited for, retries included. */
const patienceMs = 8_000;

/** NetBox's own default of MAX_PAGE_SIZE, and what the service asks for. */
const wantedPage = 1000;

/** Fails only by what `answer` carries. */
export async function collectFindings(endpoint: NetBoxEndpoint, deps: CollectDeps): Promise<Findings> {
  try {
    const client = (await deps.netboxAccess.client(endpoint.id)).scoped({ patienceMs });
    return { endpoint, answer: { ok: true, open: await collectOpen(client, deps) } };
  } catch (error) {
    return { endpoint, answer: { ok: false, error: toProxboxError(error) } };
  }
}

async function collectOpen(client: NetBoxClient, { clock, netboxAccess }: CollectDeps): Promise<OpenNetBox> {
  const { body, date } = await client.ask('GET', statusPath);
  const status = parseStatus(body) ?? (await client.status());
  const clockDifferenceS = date === undefined ? null : Math.round((date.getTime() - clock.now().getTime()) / 1000);
  const hasPlugin = status.plugins.has('netbox_proxbox');
  const [account, reach, requiredFields, pageSize, settingsError] = await Promise.all([
    accountOf(client),
    reachOf(client),
    orNull(requiredFieldsOf(client)),
    orNull(pageSizeOf(client)),
    hasPlugin ? failureOf(netboxAccess.fetchPluginSettings(patienceMs)) : null,
  ]);
  return { url: client.baseUrl, status, clockDifferenceS, ...account, reach, requiredFields, pageSize, settingsError };
}

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  return asked.catch(() => null);
}

async function failureOf(asked: Promise<unknown>): Promise<ProxboxError | null> {
  return asked.then(
    () => null,
    (error: unknown) => toProxboxError(error),
  );
}

const GrantRow = z.object({
  enabled: z.boolean().catch(true),
  object_types: z.array(z.string()).catch([]),
  actions: z.array(z.string()).catch([]),
  constraints: z.unknown().optional(),
});
const Named = z.object({ id: z.int() });
const Account = z.object({
  id: z.int(),
  username: z.string(),
  groups: z.array(Named).catch([]),
  permissions: z.array(GrantRow).catch([]),
});

function grantOf(row: z.infer<typeof GrantRow>, knowsConstraints: boolean): readonly Grant[] {
  if (!row.enabled) return [];
  const isConditional = knowsConstraints ? row.constraints !== null && row.constraints !== undefined : undefined;
  return [{ models: row.object_types, actions: row.actions, isConditional }];
}

type AccountFacts = Pick<OpenNetBox, 'user' | 'grants' | 'hasAllGrants'>;

/** Everybody may see himself with his own permissions; those of groups, and constraints, want a permission of their own. */
async function accountOf(client: Asking): Promise<AccountFacts> {
  const account = await orNull(client.ask('GET', '/api/authentication-check/').then(({ body }) => Account.parse(body)));
  if (account === null) return { user: null, grants: [], hasAllGrants: false };
  const user = { id: account.id, name: account.username };
  const own = { user, grants: account.permissions.flatMap((row) => grantOf(row, false)) };
  const filters = [{ user_id: account.id }, ...account.groups.map(({ id }) => ({ group_id: id }))];
  const lists = await orNull(Promise.all(filters.map((filter) => grantsOf(client, filter))));
  return lists === null ? { ...own, hasAllGrants: false } : { user, grants: lists.flat(), hasAllGrants: true };
}

const Page = z.object({ count: z.int(), results: z.array(z.unknown()) });

async function grantsOf(client: Asking, filter: Readonly<Record<string, number>>): Promise<readonly Grant[]> {
  const { body } = await client.ask('GET', '/api/users/permissions/', { ...filter, limit: wantedPage });
  const { count, results } = Page.parse(body);
  if (count > results.length) throw new Error('There are more permissions than NetBox gives at once.');
  return results.flatMap((row) => grantOf(GrantRow.parse(row), true));
}

/** Every list once, however many rights are about it. */
async function reachOf(client: Asking): Promise<ReadonlyMap<string, Reach>> {
  const paths = [...new Set(rights.map(({ path }) => path))];
  return new Map(await Promise.all(paths.map(async (path) => [path, await reachAt(client, path)] as const)));
}

async function reachAt(client: Asking, path: string): Promise<Reach> {
  const isWritten = rights.some((right) => right.path === path && right.action !== 'view');
  try {
    const view = await isAllowed(client.ask('GET', path, { limit: 1, fields: 'id' }));
    if (!isWritten) return { kind: 'open', view, add: false, change: false };
    const options = await client.ask('OPTIONS', path).catch(unlessForbidden);
    const offered = options?.body;
    return { kind: 'open', view, add: offers(offered, 'POST'), change: offers(offered, 'PUT') };
  } catch (error) {
    const failure = toProxboxError(error);
    return failure.upstream?.status === 404 ? { kind: 'absent' } : { kind: 'failed', error: failure };
  }
}

async function isAllowed(asked: Promise<unknown>): Promise<boolean> {
  return asked.then(
    () => true,
    (error: unknown) => {
      unlessForbidden(error);
      return false;
    },
  );
}

/** NetBox refuses a token all of a list with 403. */
function unlessForbidden(error: unknown): undefined {
  if (toProxboxError(error).upstream?.status === 403) return undefined;
  throw error;
}

const FieldRow = z.object({
  name: z.string(),
  required: z.boolean(),
  default: z.unknown(),
  object_types: z.array(z.string()),
});

/** Those of objects that we make. */
async function requiredFieldsOf(client: Asking): Promise<readonly RequiredField[]> {
  const made = new Set(objectKinds.map(modelOf));
  const { body } = await client.ask('GET', '/api/extras/custom-fields/', { required: 'true', limit: wantedPage });
  return Page.parse(body).results.flatMap((row) => {
    const { name, required, default: initial, object_types: types } = FieldRow.parse(row);
    const models = types.filter((model) => made.has(model));
    return required && (initial === null || initial === undefined) && models.length > 0 ? [{ name, models }] : [];
  });
}

/** Asked of a list that everybody may see and that is never short; null: all of it came at once. */
async function pageSizeOf(client: Asking): Promise<number | null> {
  const { body } = await client.ask('GET', '/api/core/object-types/', { limit: wantedPage, fields: 'id' });
  const { count, results } = Page.parse(body);
  return count > results.length ? results.length : null;
}
