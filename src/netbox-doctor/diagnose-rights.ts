/** What the token may do in NetBox, beside what the sync needs. Pure. */
import { actions } from '../netbox/actions.js';
import { rightName, rights, type Purpose, type Right } from '../netbox/rights.js';
import { counted } from '../values/short-text.js';
import type { Grant, OpenNetBox, Problem, Reach, RightReport } from './types.js';

type State = RightReport['state'];

function grantsOf({ grants }: OpenNetBox, { model, action }: Right): readonly Grant[] {
  return grants.filter(({ models, actions }) => models.includes(model) && actions.includes(action));
}

/** What NetBox itself says on GET and OPTIONS; undefined: it says nothing of deletions. */
function isOffered({ reach }: OpenNetBox, { path, action }: Right): boolean | undefined {
  const at = reach.get(path);
  if (at?.kind !== 'open' || action === 'delete') return undefined;
  return at[action];
}

/** Whoever may do what no permission of his says is a superuser (or NetBox asks somebody else). */
function isAboveGrants(open: OpenNetBox): boolean {
  return (
    open.hasAllGrants && rights.some((right) => isOffered(open, right) === true && grantsOf(open, right).length === 0)
  );
}

interface Token {
  readonly isSuperusers: boolean;
  readonly isReadOnly: boolean;
}

function stateOf(open: OpenNetBox, right: Right, token: Token): State {
  const at = open.reach.get(right.path);
  if (at?.kind === 'absent') return 'absent';
  const offered = isOffered(open, right);
  if (offered === false) return 'missing';
  if (token.isSuperusers) return token.isReadOnly && right.action !== 'view' ? 'missing' : 'present';
  return grantedState(open, right, offered === true ? 'present' : unseenState(open, at));
}

/** As the grants say. @param otherwise where none of them is about it */
function grantedState(open: OpenNetBox, right: Right, otherwise: State): State {
  const grants = grantsOf(open, right);
  if (grants.length === 0) return otherwise;
  return grants.every(({ isConditional }) => isConditional === true) ? 'conditional' : 'present';
}

/** What NetBox does not offer to anybody, and no grant names. */
function unseenState({ hasAllGrants }: OpenNetBox, at: Reach | undefined): State {
  return hasAllGrants && at?.kind === 'open' ? 'missing' : 'unknown';
}

export function rightReports(open: OpenNetBox): readonly RightReport[] {
  const token = { isSuperusers: isAboveGrants(open), isReadOnly: isReadOnly(open) };
  return rights.map((right) => ({
    permission: rightName(right),
    object_type: right.model,
    action: right.action,
    purpose: right.purpose,
    state: stateOf(open, right, token),
    without: right.without,
  }));
}

/** Nothing at all may be written. */
function isReadOnly({ reach }: OpenNetBox): boolean {
  const open = [...reach.values()].flatMap((one) => (one.kind === 'open' ? [one] : []));
  return open.some(({ view }) => view) && open.every(({ add, change }) => !add && !change);
}

const permissionsPage = 'Admin > Authentication > Permissions';

/** @param reports of `rightReports` */
export function rightProblems(open: OpenNetBox, reports: readonly RightReport[]): readonly Problem[] {
  const user = open.user === null ? 'The user of the token' : `"${open.user.name}"`;
  if (isReadOnly(open)) return [readOnly(open, user, reports)];
  const which = (states: readonly State[], isWanted: (purpose: Purpose) => boolean = () => true) =>
    reports.filter(({ state, purpose }) => states.includes(state) && isWanted(purpose));
  const forSync = (purpose: Purpose): boolean => purpose === 'sync';
  const missing = which(['missing'], forSync);
  const unmet = which(['conditional']);
  const optional = which(['missing'], (purpose) => !forSync(purpose));
  const unknown = which(['unknown'], forSync);
  return [
    ...about(missing, (names) => ({
      code: 'permissions_missing',
      severity: 'error',
      cause: `${user} lacks ${names}.`,
      cure: `Give the user these permissions, without constraints: on the page ${permissionsPage}, or with the commands and the token of an administrator.`,
      commands: grantCommands(open, missing),
    })),
    ...about(unmet, (names) => ({
      code: 'permissions_conditional',
      severity: 'warning',
      cause: `${user} has ${names} with constraints only: NetBox leaves out, without a word, what does not meet them.`,
      cure: `Take the constraints away (${permissionsPage}), or give the user permissions of its own without any, as with the commands.`,
      commands: grantCommands(open, unmet),
    })),
    ...about(optional, (names) => ({
      code: 'permissions_optional',
      severity: 'note',
      cause: `${user} lacks ${names}.`,
      cure: 'Only where it is wanted: the commands give them, with the token of an administrator.',
      commands: grantCommands(open, optional),
    })),
    ...about(unknown, (names) => ({
      code: 'permissions_unknown',
      severity: 'note',
      cause: `NetBox does not tell this token whether its user has ${names}.`,
      cure: `Look at the permissions of the user (${permissionsPage}). The commands give them, which does no harm where they are there.`,
      commands: grantCommands(open, unknown),
    })),
  ];
}

/** One permission per action, for whoever has the token of an administrator in `ADMIN_TOKEN` (v2: `nbt_<key>.<secret>`). */
function grantCommands({ url, user }: OpenNetBox, reports: readonly RightReport[]): readonly string[] {
  if (user === null) return [];
  return actions.flatMap((action) => {
    const types = [...new Set(reports.filter((one) => one.action === action).map((one) => one.object_type))];
    if (types.length === 0) return [];
    const permission = { name: `proxbox-api: ${action}`, enabled: true, object_types: types, actions: [action] };
    const body = JSON.stringify({ ...permission, users: [user.id] });
    return [
      `curl -sS -X POST '${url}/api/users/permissions/' -H "Authorization: Bearer $ADMIN_TOKEN" -H 'Content-Type: application/json' -d '${body}'`,
    ];
  });
}

/** Of a superuser it is the token; of anybody else it may be the permissions as well, which harm nobody. */
function readOnly(open: OpenNetBox, user: string, reports: readonly RightReport[]): Problem {
  const ofUser = reports.filter(
    ({ state, purpose }) => purpose === 'sync' && state !== 'present' && state !== 'absent',
  );
  const commands = isAboveGrants(open) ? [] : grantCommands(open, ofUser);
  const more =
    commands.length === 0
      ? ''
      : ' If it is on, its user has no permission to add or change anything: the commands give what a full update needs, with the token of an administrator.';
  return {
    code: 'token_read_only',
    severity: 'error',
    cause: `${user} may add and change nothing with this token.`,
    cure: `Switch on "Write enabled" of the token (Admin > API Tokens).${more}`,
    commands,
    missing: ['every write: NetBox stays as it is'],
  };
}

type Words = Omit<Problem, 'missing'>;

/** One problem about all of them; none where there are none. */
function about(reports: readonly RightReport[], words: (names: string) => Words): readonly Problem[] {
  if (reports.length === 0) return [];
  const missing = new Set(reports.map(({ without, object_type: type }) => (without === '' ? type : without)));
  const names = counted(
    'permission',
    reports.map(({ permission }) => permission),
  );
  return [{ ...words(names), missing: [...missing] }];
}
