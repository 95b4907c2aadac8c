/**
 * Checks the parameters of a request against the operation, and brings them into the form in which Proxmox reads them.
 * Every problem names its parameter, in the form of refused queries and bodies elsewhere. Pure.
 */
import { parseBooleanWord } from '../config/readings.js';
import type { Parameters } from '../proxmox/encoding.js';
import type { Operation, ValueRule } from './types.js';

export interface ParameterProblem {
  readonly type: string;
  readonly loc: readonly [place: 'path' | 'query' | 'body', name: string];
  readonly msg: string;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

type Problem = Omit<ParameterProblem, 'loc'>;
type Scalar = string | number | boolean;
type Verdict = { readonly value: Scalar } | { readonly problem: Problem };

/** A pattern is not tried on longer values: Proxmox has the last word anyway. */
const maxPatternValueLength = 256;

const refuse = (type: string, msg: string, ctx?: Problem['ctx']): Verdict => ({
  problem: { type, msg, ...(ctx === undefined ? {} : { ctx }) },
});

function checkNumber(text: string, rule: ValueRule): Verdict {
  const isWhole = rule.type === 'integer';
  if (!(isWhole ? /^[+-]?\d{1,18}$/ : /^[+-]?\d{1,18}(\.\d{1,18})?$/).test(text)) {
    const kind = isWhole ? 'integer' : 'number';
    return refuse(isWhole ? 'int_parsing' : 'float_parsing', `Input should be a valid ${kind}`);
  }
  const { minimum: min, maximum: max } = rule;
  const value = Number(text);
  if (min !== undefined && value < min)
    return refuse('greater_than_equal', `Input should be greater than or equal to ${min}`, { ge: min });
  if (max !== undefined && value > max)
    return refuse('less_than_equal', `Input should be less than or equal to ${max}`, { le: max });
  return { value: text };
}

function checkChoice(text: string, choices: readonly string[]): Verdict {
  if (choices.includes(text)) return { value: text };
  const expected = choices.map((choice) => `'${choice}'`).join(', ');
  return refuse('enum', `Input should be one of ${expected}`, { expected });
}

function checkText(text: string, rule: ValueRule): Verdict {
  const { minLength: min, maxLength: max, pattern } = rule;
  if (min !== undefined && text.length < min)
    return refuse('string_too_short', `String should have at least ${min} characters`, { min_length: min });
  if (max !== undefined && text.length > max)
    return refuse('string_too_long', `String should have at most ${max} characters`, { max_length: max });
  if (pattern !== undefined && text.length <= maxPatternValueLength && !pattern.test(text))
    return refuse('string_pattern_mismatch', `String should match pattern '${pattern.source}'`, {
      pattern: pattern.source,
    });
  return { value: text };
}

/** Proxmox takes 1, on, yes, true and their opposites; it is sent 1 and 0. */
function checkBoolean(given: Scalar): Verdict {
  const value = typeof given === 'boolean' ? given : parseBooleanWord(String(given));
  return value === undefined ? refuse('bool_parsing', 'Input should be a valid boolean') : { value };
}

function checkScalar(given: unknown, rule: ValueRule): Verdict {
  if (typeof given !== 'string' && typeof given !== 'number' && typeof given !== 'boolean') {
    return refuse('scalar_type', 'Input should be a text, a number or a boolean');
  }
  if (rule.type === 'boolean') return checkBoolean(given);
  const text = typeof given === 'boolean' ? String(Number(given)) : String(given);
  if (rule.enum !== undefined) return checkChoice(text, rule.enum);
  if (rule.type === 'integer' || rule.type === 'number') return checkNumber(text, rule);
  return checkText(text, rule);
}

type ListVerdict = { readonly value: Scalar | readonly Scalar[] } | { readonly problem: Problem };

/** Of a repeated query parameter that is no list, the last one counts. */
function checkValue(given: unknown, rule: ValueRule, isQuery: boolean): ListVerdict {
  const items: readonly unknown[] | null = Array.isArray(given) ? given : null;
  if (rule.type !== 'array') return checkScalar(items !== null && isQuery ? items.at(-1) : given, rule);
  const verdicts = (items ?? [given]).map((item) => checkScalar(item, rule.items ?? {}));
  const bad = verdicts.find((verdict) => 'problem' in verdict);
  return bad ?? { value: verdicts.flatMap((verdict) => ('value' in verdict ? [verdict.value] : [])) };
}

function ruleFor(operation: Operation, name: string): ValueRule | undefined {
  const known = operation.parameters.get(name)?.rule ?? operation.numbered.find(({ key }) => key.test(name))?.rule;
  return known ?? (operation.isOpen ? {} : undefined);
}

export interface CheckedParameters {
  readonly values: Parameters;
  readonly problems: readonly ParameterProblem[];
}

/** The values of the placeholders. */
export function checkPath(operation: Operation, place: Readonly<Record<string, string>>): readonly ParameterProblem[] {
  return Object.entries(place).flatMap(([name, text]) => {
    const verdict = checkScalar(text, operation.pathParameters.get(name) ?? {});
    return 'problem' in verdict ? [{ ...verdict.problem, loc: ['path', name] as const }] : [];
  });
}

const unknownParameter = (operation: Operation): Problem => {
  const known = [...operation.parameters.keys()].sort();
  return {
    type: 'extra_forbidden',
    msg: `${operation.method} ${operation.path} has no such parameter. ${known.length === 0 ? 'It takes none.' : `It takes ${known.join(', ')}.`}`,
  };
};

/** Query of GET and DELETE, body of POST and PUT. A null in a body is a parameter that is not given. */
export function checkParameters(
  operation: Operation,
  given: Readonly<Record<string, unknown>>,
  place: 'query' | 'body',
): CheckedParameters {
  const problems: ParameterProblem[] = [];
  const values = new Map<string, Parameters[string]>();
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    const rule = ruleFor(operation, name);
    const verdict =
      rule === undefined ? { problem: unknownParameter(operation) } : checkValue(value, rule, place === 'query');
    if ('problem' in verdict) problems.push({ ...verdict.problem, loc: [place, name] });
    else values.set(name, verdict.value);
  }
  for (const { name, isRequired } of operation.parameters.values()) {
    const isGiven = given[name] !== null && given[name] !== undefined;
    if (isRequired && !isGiven) problems.push({ type: 'missing', msg: 'Field required', loc: [place, name] });
  }
  return { values: Object.fromEntries(values), problems };
}
