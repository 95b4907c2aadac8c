/** The options of `proxbox-schema generate`, checked. */
import { parseArgs } from 'node:util';
import { UsageError } from './exit-status.js';

export type SchemaSource =
  | { readonly kind: 'node'; readonly host: string }
  | { readonly kind: 'endpoint'; readonly name: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'public' };

export interface GenerateOptions {
  readonly tag: string | undefined;
  readonly source: SchemaSource;
  readonly isInsecure: boolean;
  readonly caFile: string | undefined;
  readonly isForced: boolean;
  readonly outputDir: string | undefined;
  readonly retries: number;
  readonly backoffMs: number;
  readonly timeoutMs: number;
  readonly isJson: boolean;
}

const options = {
  node: { type: 'string' },
  'from-endpoint': { type: 'string' },
  'source-url': { type: 'string' },
  file: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  'ca-file': { type: 'string' },
  force: { type: 'boolean', default: false },
  'output-dir': { type: 'string' },
  'retry-count': { type: 'string', default: '2' },
  'retry-backoff': { type: 'string', default: '0.35' },
  timeout: { type: 'string', default: '60' },
  json: { type: 'boolean', default: false },
  // Of the Python service, whose generator crawled web pages: taken and not needed.
  workers: { type: 'string' },
  'checkpoint-every': { type: 'string' },
} as const;

type Bounds = readonly [min: number, max: number];

function numberOption(name: string, text: string, [min, max]: Bounds): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`--${name} must be a number from ${min} to ${max}, not "${text}".`);
}

interface SourceValues {
  readonly node?: string | undefined;
  readonly 'from-endpoint'?: string | undefined;
  readonly 'source-url'?: string | undefined;
  readonly file?: string | undefined;
}

function sourceOf(values: SourceValues): SchemaSource {
  const given: SchemaSource[] = [];
  if (values.node !== undefined) given.push({ kind: 'node', host: values.node });
  if (values['from-endpoint'] !== undefined) given.push({ kind: 'endpoint', name: values['from-endpoint'] });
  if (values['source-url'] !== undefined) given.push({ kind: 'url', url: values['source-url'] });
  if (values.file !== undefined) given.push({ kind: 'file', file: values.file });
  if (given.length > 1) throw new UsageError('Give one of --node, --from-endpoint, --source-url and --file.');
  return given[0] ?? { kind: 'public' };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)} See proxbox-schema --help.`);
  }
}

/** @throws UsageError */
export function readGenerateOptions(args: readonly string[]): GenerateOptions {
  const { values, positionals } = parsed(args);
  const source = sourceOf(values);
  const [tag, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`Unexpected argument "${extra}".`);
  if (tag === undefined && source.kind !== 'endpoint') {
    throw new UsageError(
      'Name the schema: proxbox-schema generate <version_tag>, where it is a release such as 9.1, or latest.',
    );
  }
  return {
    tag,
    source,
    isInsecure: values.insecure,
    caFile: values['ca-file'],
    isForced: values.force,
    outputDir: values['output-dir'],
    retries: Math.floor(numberOption('retry-count', values['retry-count'], [0, 10])),
    backoffMs: numberOption('retry-backoff', values['retry-backoff'], [0, 300]) * 1000,
    timeoutMs: numberOption('timeout', values.timeout, [1, 3600]) * 1000,
    isJson: values.json,
  };
}
