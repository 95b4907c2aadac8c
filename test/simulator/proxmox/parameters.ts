import { ApiError } from './api-error.js';

/** What Proxmox's schema says of one parameter. */
interface ParameterRule {
  readonly type: 'string' | 'integer' | 'boolean';
  readonly values?: readonly string[];
  readonly minimum?: number;
  readonly required?: boolean;
  readonly pattern?: RegExp;
  /** What is said of text that the pattern does not fit. */
  readonly complaint?: (text: string) => string;
}

export type ParameterRules = Readonly<Record<string, ParameterRule>>;
export type ParameterValues = Readonly<Record<string, string | number | boolean | undefined>>;

/** Checks and converts; `400 Parameter verification failed.` with one text per bad parameter. */
export function verifyParameters(rules: ParameterRules, given: ReadonlyMap<string, string>): ParameterValues {
  const errors = new Map<string, string>();
  const values = new Map<string, string | number | boolean>();
  for (const [name, text] of given) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const verdict = rule === undefined ? UNKNOWN : verify(rule, text);
    if (typeof verdict === 'object') errors.set(name, verdict.error);
    else values.set(name, verdict);
  }
  for (const [name, rule] of Object.entries(rules)) {
    if (rule.required === true && !given.has(name)) errors.set(name, 'property is missing and it is not optional');
  }
  if (errors.size > 0) throw new ApiError(400, 'Parameter verification failed.', Object.fromEntries(errors));
  return Object.fromEntries(values);
}

const UNKNOWN = {
  error: 'property is not defined in schema and the schema does not allow additional properties',
} as const;

function verify(rule: ParameterRule, text: string): string | number | boolean | { readonly error: string } {
  if (rule.type === 'boolean') return verifyBoolean(text);
  if (rule.type === 'integer') return verifyInteger(rule, text);
  if (rule.values !== undefined && !rule.values.includes(text)) {
    return { error: `value '${text}' does not have a value in the enumeration '${rule.values.join(', ')}'` };
  }
  if (rule.pattern !== undefined && !rule.pattern.test(text)) {
    return { error: rule.complaint?.(text) ?? 'value does not match the regex pattern' };
  }
  return text;
}

function verifyBoolean(text: string): boolean | { readonly error: string } {
  if (text === '1' || text === '0') return text === '1';
  return { error: `type check ('boolean') failed - got '${text}'` };
}

function verifyInteger(rule: ParameterRule, text: string): number | { readonly error: string } {
  if (!/^[+-]?\d+$/.test(text)) return { error: `type check ('integer') failed - got '${text}'` };
  const value = Number(text);
  if (rule.minimum !== undefined && value < rule.minimum) {
    return { error: `value must have a minimum value of ${rule.minimum}` };
  }
  return value;
}

/** Names of snapshots, rules and the like (pve-configid). */
export const idRule = {
  type: 'string',
  pattern: /^[a-z][a-z0-9_-]{1,39}$/i,
  complaint: (text: string): string => `invalid format - invalid configuration ID '${text}'\n`,
} as const;

/** Refuses a placeholder that is no name. */
export function checkId(place: Readonly<Record<string, string>>): void {
  const wrong = Object.entries(place).filter(([, text]) => !idRule.pattern.test(text));
  if (wrong.length === 0) return;
  const errors = wrong.map(([name, text]): [string, string] => [name, idRule.complaint(text)]);
  throw new ApiError(400, 'Parameter verification failed.', Object.fromEntries(errors));
}
