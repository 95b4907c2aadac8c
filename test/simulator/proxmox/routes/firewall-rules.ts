/** Rules of one list of the firewall: listed with positions, made at the top, changed and moved as Proxmox does it. */
import type { PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { ParameterRules, ParameterValues } from '../parameters.js';
import type { Call, Route } from '../route.js';
import { placeOf } from '../route.js';
import { checkDigest, digestOf } from './firewall-digest.js';

type Permission = NonNullable<Route['permission']>;

export interface RuleList {
  /** Without the position: `/cluster/firewall/rules`. */
  readonly path: string;
  readonly profiles?: Route['profiles'];
  readonly audit: Permission;
  readonly modify: Permission;
  /** What a rule here may be. */
  readonly types: readonly string[];
  /** Throws what Proxmox answers when there is no such list. */
  readonly rules: (call: Call) => PveRow[];
  /** Of a guest: names one of its network devices. */
  readonly iface?: RegExp;
}

const text = { type: 'string' } as const;
const levels = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug', 'nolog'];
const tooLong = (): string => 'value may only be 20 characters long';

const ruleParameters = (types: readonly string[], iface: RegExp | undefined): ParameterRules => ({
  type: { type: 'string', values: types },
  action: { type: 'string', pattern: /^.{1,20}$/, complaint: tooLong },
  enable: { type: 'integer', minimum: 0 },
  macro: text,
  iface: iface === undefined ? text : { type: 'string', pattern: iface },
  source: text,
  dest: text,
  proto: text,
  dport: text,
  sport: text,
  log: { type: 'string', values: levels },
  'icmp-type': text,
  comment: text,
  digest: text,
});

export function ruleRoutes(list: RuleList): readonly Route[] {
  const { path, audit, modify, types, iface, profiles } = list;
  const parameters = ruleParameters(types, iface);
  const shared = profiles === undefined ? {} : { profiles };
  const one = `${path}/{pos}`;
  return [
    { method: 'GET', path, ...shared, permission: audit, handler: (call) => listed(list.rules(call)) },
    {
      method: 'GET',
      path: one,
      ...shared,
      permission: audit,
      handler: (call) => {
        const rules = list.rules(call);
        const pos = positionIn(rules, call);
        return { ...listed(rules)[pos], pos: String(pos) };
      },
    },
    {
      method: 'POST',
      path,
      ...shared,
      permission: modify,
      parameters: {
        ...parameters,
        type: { type: 'string', values: types, required: true },
        action: { type: 'string', pattern: /^.{1,20}$/, complaint: tooLong, required: true },
        pos: { type: 'integer', minimum: 0 },
      },
      handler: (call) => {
        const rule = { enable: 0, ...valuesOf(call.parameters) };
        verify(rule, call);
        // Wherever it was asked to go: new rules go to the top.
        list.rules(call).unshift(rule);
        return null;
      },
    },
    {
      method: 'PUT',
      path: one,
      ...shared,
      permission: modify,
      parameters: { ...parameters, moveto: { type: 'integer', minimum: 0 }, delete: text },
      handler: (call) => change(list.rules(call), call),
    },
    {
      method: 'DELETE',
      path: one,
      ...shared,
      permission: modify,
      parameters: { digest: text },
      handler: (call) => {
        const rules = list.rules(call);
        checkDigest(rules, call);
        rules.splice(positionIn(rules, call), 1);
        return null;
      },
    },
  ];
}

function listed(rules: readonly PveRow[]): PveRow[] {
  const digest = digestOf(rules);
  return rules.map((rule, pos) => ({ ...rule, pos, digest }));
}

function positionIn(rules: readonly PveRow[], call: Call): number {
  const text = placeOf(call, 'pos');
  if (!/^\d+$/.test(text)) {
    const pos = `type check ('integer') failed - got '${text}'`;
    throw new ApiError(400, 'Parameter verification failed.', { pos });
  }
  if (Number(text) >= rules.length) throw new ApiError(500, `no rule at position ${text}`);
  return Number(text);
}

const controls: ReadonlySet<string> = new Set(['pos', 'digest', 'moveto', 'delete']);

function valuesOf(parameters: ParameterValues): PveRow {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !controls.has(name)));
}

/** With `moveto` nothing else of the rule is changed. */
function change(rules: PveRow[], call: Call): null {
  checkDigest(rules, call);
  const pos = positionIn(rules, call);
  const { moveto } = call.parameters;
  if (typeof moveto === 'number' && moveto !== pos) {
    const [rule] = rules.splice(pos, 1);
    // Before the one that had this number while the rule was still in its place.
    if (rule !== undefined) rules.splice(moveto > pos ? moveto - 1 : moveto, 0, rule);
    return null;
  }
  const cleared = String(call.parameters['delete'] ?? '').split(',');
  const kept = Object.entries(rules[pos] ?? {}).filter(([name]) => !cleared.includes(name));
  const rule = { ...Object.fromEntries(kept), ...valuesOf(call.parameters) };
  verify(rule, call);
  rules[pos] = rule;
  return null;
}

function verify(rule: PveRow, { cluster }: Call): void {
  const errors: Record<string, string> = {};
  for (const port of ['dport', 'sport']) {
    if (rule[port] !== undefined && rule['proto'] === undefined && rule['macro'] === undefined)
      errors['proto'] = `missing property - '${port}' requires this property`;
  }
  const groups = cluster.firewalls?.get('cluster')?.groups ?? [];
  if (rule['type'] === 'group' && !groups.some(({ group }) => group === rule['action']))
    errors['action'] = `security group '${String(rule['action'])}' does not exist`;
  if (Object.keys(errors).length > 0) throw new ApiError(400, 'Parameter verification failed.', errors);
}
