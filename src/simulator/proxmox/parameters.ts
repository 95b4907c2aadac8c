import { ApiError } from './api-error.js';

/** What Proxmox's schema says of one parameter. */
interface ParameterRule {
  readonly type: 'string' | 'integer' | 'boolean';
  readonly values?: readonly string[];
  readonly minimum?: number;
  readonly required?: boolean;
  readonly pattern?: RegExp;
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
    return { error: 'value does not match the regex pattern' };
  }
  return text;
}

function verifyBoolean(text: string): boolean | { readonly error: string } {
  if (/^(1|on|yes|true)$/i.test(text)) return true;
  if (/^(0|off|no|false)$/i.test(text)) return false;
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
