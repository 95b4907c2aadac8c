/**
 * The wire form of a refused body, query or path: `{type, loc, msg, ctx?}`, one entry per problem, in field order. Types
 * and texts are those that clients of this API know (Pydantic's); `input` is never sent, because pushes carry secrets.
 */
import type { core } from 'zod';

export interface ValidationEntry {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

type Problem = Omit<ValidationEntry, 'loc'>;
type Issue = core.$ZodIssue;
type Path = readonly PropertyKey[];

function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

const missing: Problem = { type: 'missing', msg: 'Field required' };

function integerProblem(value: unknown): Problem {
  if (typeof value === 'string') {
    return { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' };
  }
  if (typeof value === 'number') {
    return { type: 'int_from_float', msg: 'Input should be a valid integer, got a number with a fractional part' };
  }
  return { type: 'int_type', msg: 'Input should be a valid integer' };
}

/** zod calls a text in the place of an integer "not a number"; only here, in its error hook, the wanted kind is known. */
const wholeNumberExpected = 'whole number expected';

export const tellIntegers: core.$ZodErrorMap = ({ code, inst }) => {
  if (code !== 'invalid_type' || inst === undefined) return undefined;
  return 'format' in inst._zod.def && inst._zod.def.format === 'safeint' ? wholeNumberExpected : undefined;
};

const objectExpected: Problem = {
  type: 'model_attributes_type',
  msg: 'Input should be a valid dictionary or object to extract fields from',
};

const typeProblems = new Map<string, (value: unknown) => Problem>([
  ['string', () => ({ type: 'string_type', msg: 'Input should be a valid string' })],
  ['number', numberProblem],
  ['boolean', booleanProblem],
  ['object', () => objectExpected],
  ['record', () => objectExpected],
]);

function numberProblem(value: unknown): Problem {
  return typeof value === 'string'
    ? { type: 'float_parsing', msg: 'Input should be a valid number, unable to parse string as a number' }
    : { type: 'float_type', msg: 'Input should be a valid number' };
}

function booleanProblem(value: unknown): Problem {
  return typeof value === 'string' || typeof value === 'number'
    ? { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' }
    : { type: 'bool_type', msg: 'Input should be a valid boolean' };
}

function typeProblem({ expected, message }: core.$ZodIssueInvalidType, value: unknown): Problem {
  if (message === wholeNumberExpected) return integerProblem(value);
  const known = typeProblems.get(expected)?.(value);
  return known ?? { type: `${expected}_type`, msg: `Input should be a valid ${expected}` };
}

const characters = (count: number): string => `${count} character${count === 1 ? '' : 's'}`;

function tooBig(issue: core.$ZodIssueTooBig): Problem {
  const limit = Number(issue.maximum);
  if (issue.origin === 'string') {
    return {
      type: 'string_too_long',
      msg: `String should have at most ${characters(limit)}`,
      ctx: { max_length: limit },
    };
  }
  return issue.inclusive === false
    ? { type: 'less_than', msg: `Input should be less than ${limit}`, ctx: { lt: limit } }
    : { type: 'less_than_equal', msg: `Input should be less than or equal to ${limit}`, ctx: { le: limit } };
}

function tooSmall(issue: core.$ZodIssueTooSmall): Problem {
  const limit = Number(issue.minimum);
  if (issue.origin === 'string') {
    return {
      type: 'string_too_short',
      msg: `String should have at least ${characters(limit)}`,
      ctx: { min_length: limit },
    };
  }
  return issue.inclusive === false
    ? { type: 'greater_than', msg: `Input should be greater than ${limit}`, ctx: { gt: limit } }
    : { type: 'greater_than_equal', msg: `Input should be greater than or equal to ${limit}`, ctx: { ge: limit } };
}

function notAChoice(values: readonly unknown[]): Problem {
  const quoted = values.map((value) => `'${String(value)}'`);
  const last = quoted.at(-1) ?? '';
  const expected = quoted.length > 1 ? `${quoted.slice(0, -1).join(', ')} or ${last}` : last;
  return { type: 'enum', msg: `Input should be ${expected}`, ctx: { expected } };
}

/** A schema may name the entry itself: `params: { type, ctx }` of a custom issue. Otherwise it is a value error. */
function customProblem(issue: core.$ZodIssueCustom): Problem {
  const { type, ctx } = issue.params ?? {};
  if (typeof type !== 'string') {
    return { type: 'value_error', msg: `Value error, ${issue.message}`, ctx: { error: {} } };
  }
  return { type, msg: issue.message, ...(isObject(ctx) ? { ctx } : {}) };
}

function problemOf(issue: Issue, value: unknown): Problem {
  const isMissing = value === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
  if (isMissing) return missing;
  if (issue.code === 'invalid_type') return typeProblem(issue, value);
  if (issue.code === 'invalid_value') return notAChoice(issue.values);
  if (issue.code === 'too_big') return tooBig(issue);
  if (issue.code === 'too_small') return tooSmall(issue);
  if (issue.code === 'custom') return customProblem(issue);
  if (issue.code === 'invalid_format') return { type: 'string_pattern_mismatch', msg: issue.message };
  return { type: 'value_error', msg: `Value error, ${issue.message}`, ctx: { error: {} } };
}

function entriesOf(issue: Issue, data: unknown, parents: Path): readonly (Problem & { readonly path: Path })[] {
  const path = [...parents, ...issue.path];
  const branch = issue.code === 'invalid_union' ? issue.errors[0] : undefined;
  if (branch !== undefined && valueAt(data, path) !== undefined) {
    return branch.flatMap((inner) => entriesOf(inner, data, path));
  }
  return [{ ...problemOf(issue, valueAt(data, path)), path }];
}

/** The issues of a parse with `tellIntegers` as its error map. `part` is where the data came from: `body`, `query`, `path` or `header`. */
export function validationEntries(issues: readonly Issue[], data: unknown, part: string): readonly ValidationEntry[] {
  return issues.flatMap((issue) =>
    entriesOf(issue, data, []).map(({ path, ...problem }) => ({
      type: problem.type,
      loc: [part, ...path.map((key) => (typeof key === 'number' ? key : String(key)))],
      msg: problem.msg,
      ...(problem.ctx === undefined ? {} : { ctx: problem.ctx }),
    })),
  );
}
