/**
 * The only place that reads process variables. Invalid values are named in `warnings` and fall through to the default;
 * only what would make the process listen in the wrong place is a refusal. No message contains the value of a secret.
 */
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ipaddr from 'ipaddr.js';
import { asSentence } from '../values/short-text.js';
import { recurring } from './cron.js';
import { Secret } from './secret.js';
import { quotedIn } from './quoted.js';
import { parseBooleanWord } from './readings.js';
import { strangersIn } from './strangers.js';
import { tunableKeys, tunables } from './tunables.js';

export const logLevels = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Env {
  readonly port: number;
  /** `::` = IPv4 and IPv6. */
  readonly bindHost: string;
  /** Absolute. */
  readonly databasePath: string;
  readonly encryptionKey: Secret | null;
  /** Absolute; null when the variable is not set. */
  readonly encryptionKeyFile: string | null;
  readonly allowPlaintextCredentials: boolean;
  /** Requests per minute and address; null = unset, see the rate limit rules. */
  readonly rateLimit: number | null;
  /** Valid addresses and CIDR ranges only. */
  readonly trustedProxies: readonly string[];
  readonly corsExtraOrigins: readonly string[];
  readonly strictStartup: boolean;
  readonly skipNetboxBootstrap: boolean;
  /** Where metrics are served without a key, besides `/metrics` with one; null: nowhere. */
  readonly metricsBind: ListenAddress | null;
  /** When full updates begin by themselves (see cron.ts); null: never. */
  readonly syncSchedule: string | null;
  /** Consoles of guests may be opened in a browser. */
  readonly console: boolean;
  /** Absolute. */
  readonly generatedDir: string;
  readonly generatedDirConfigured: boolean;
  readonly logLevel: LogLevel;
  /** PEM file with additional certificate authorities; absolute. */
  readonly caBundle: string | null;
  /** Certificate and private key of the service, PEM; null: it speaks plain HTTP, unless `certificateFolder` holds both. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Absolute. */
  readonly certificateFolder: string;
  /** Where the command finds a running service; null: it works in its own process. Checked by the command. */
  readonly serviceUrl: string | null;
  /** The API key of that service. */
  readonly serviceKey: Secret | null;
  /** Raw text of the runtime variables that are set, by variable name. */
  readonly raw: Readonly<Record<string, string>>;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface ParsedEnv {
  readonly env: Env;
  readonly warnings: readonly string[];
  /** What is good to know, and nothing to mend. */
  readonly notes: readonly string[];
  /** Not empty: the process must not start. */
  readonly refusals: readonly string[];
}

/** The folder that holds package.json: two levels above both src/config and dist/config. */
const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

/** npm replaces an installed package as a whole, so nothing that is to last stands in one: then it is the folder of the start. */
export function databaseFolder(root: string, cwd: string): string {
  return root.split(path.sep).includes('node_modules') ? cwd : root;
}

interface Source {
  readonly variables: NodeJS.ProcessEnv;
  readonly warnings: string[];
  readonly refusals: string[];
}

function textOf(source: Source, name: string): string | null {
  const value = source.variables[name]?.trim();
  return value === undefined || value === '' ? null : value;
}

function flagOf(source: Source, name: string): boolean {
  const text = textOf(source, name);
  if (text === null) return false;
  const value = parseBooleanWord(text);
  if (value === undefined) {
    source.warnings.push(`${name} is ignored: use one of 1, true, yes, on, 0, false, no, off.`);
  }
  return value ?? false;
}

function pathOf(source: Source, name: string): string | null {
  const text = textOf(source, name);
  return text === null ? null : path.resolve(text.replace(/^~(?=\/|$)/, source.variables['HOME'] ?? homedir()));
}

function listOf(source: Source, name: string): readonly string[] {
  const entries = (source.variables[name] ?? '').split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '');
}

function portOf(source: Source): number {
  const text = textOf(source, 'PORT');
  if (text === null) return 8000;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  source.refusals.push('PORT must be a whole number from 1 to 65535.');
  return 8000;
}

const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Compose files in list form pass quotes literally, so one surrounding pair is removed. */
function bindHostOf(source: Source): string {
  const trimmed = (source.variables['PROXBOX_BIND_HOST'] ?? '').trim();
  const host = (/^(["'])(.*)\1$/s.exec(trimmed)?.[2] ?? trimmed).trim();
  if (host === '') return '0.0.0.0';
  if (ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host)) return host;
  if (hostName.test(host) && !/^[\d.]+$/.test(host)) return host;
  source.refusals.push('PROXBOX_BIND_HOST must be an IP address without brackets, or a host name of this machine.');
  return '0.0.0.0';
}

/** `127.0.0.1:9100`, `[::1]:9100`, or a host name. */
function metricsBindOf(source: Source): ListenAddress | null {
  const text = textOf(source, 'PROXBOX_METRICS_BIND');
  if (text === null) return null;
  const [, inBrackets, plain = '', digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const isHost =
    inBrackets === undefined
      ? ipaddr.IPv4.isValidFourPartDecimal(plain) || hostName.test(plain)
      : ipaddr.IPv6.isValid(inBrackets);
  const port = Number(digits);
  if (isHost && port >= 1 && port <= 65_535) return { host: inBrackets ?? plain, port };
  source.refusals.push('PROXBOX_METRICS_BIND must be an address with a port, such as 127.0.0.1:9100 or [::1]:9100.');
  return null;
}

/** Refused rather than left out: nobody would notice that nothing is synced. */
function scheduleOf(source: Source): string | null {
  const text = textOf(source, 'PROXBOX_SYNC_SCHEDULE');
  if (text === null) return null;
  try {
    if (recurring(text).nextAfter(new Date()) !== undefined) return text;
    source.refusals.push('PROXBOX_SYNC_SCHEDULE names no time to come. Set one such as "15 * * * *".');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const sentence = asSentence(`PROXBOX_SYNC_SCHEDULE is no cron expression: ${reason}`);
    source.refusals.push(`${sentence} Set one such as "15 * * * *".`);
  }
  return null;
}

function rateLimitOf(source: Source): number | null {
  const text = textOf(source, 'PROXBOX_RATE_LIMIT');
  if (text === null) return null;
  const value = /^\+?\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && Number.isSafeInteger(value)) return value;
  source.warnings.push('PROXBOX_RATE_LIMIT is ignored: it must be a whole number from 1 up. The default applies.');
  return null;
}

function isAddressOrRange(entry: string): boolean {
  return ipaddr.isValid(entry) || ipaddr.isValidCIDR(entry);
}

function trustedProxiesOf(source: Source): readonly string[] {
  return listOf(source, 'PROXBOX_TRUSTED_PROXIES').filter((entry) => {
    if (isAddressOrRange(entry)) return true;
    source.warnings.push(
      `Ignoring invalid PROXBOX_TRUSTED_PROXIES entry: ${entry}. Set addresses or ranges, such as 10.0.0.5 or 172.18.0.0/16.`,
    );
    return false;
  });
}

function originOf(entry: string): string | null {
  if (!URL.canParse(entry)) return null;
  const url = new URL(entry);
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null;
  return url.pathname === '/' && url.search === '' && url.hash === '' ? entry : null;
}

function corsOriginsOf(source: Source): readonly string[] {
  return listOf(source, 'PROXBOX_CORS_EXTRA_ORIGINS').flatMap((raw) => {
    const origin = originOf(raw.replace(/\/+$/, ''));
    if (origin !== null) return [origin];
    source.warnings.push(
      'Ignoring a PROXBOX_CORS_EXTRA_ORIGINS entry that is not of the form https://host or https://host:port.',
    );
    return [];
  });
}

function logLevelOf(source: Source): LogLevel {
  const text = textOf(source, 'PROXBOX_LOG_LEVEL');
  if (text === null) return 'INFO';
  const level = logLevels.find((known) => known === text.toUpperCase());
  if (level === undefined) {
    source.warnings.push(
      `proxbox: unknown PROXBOX_LOG_LEVEL=${text}, defaulting to INFO. Set one of ${logLevels.join(', ')}.`,
    );
  }
  return level ?? 'INFO';
}

function generatedDirDefault(source: Source): string {
  const home = source.variables['HOME'] ?? homedir();
  const data = textOf(source, 'XDG_DATA_HOME') ?? path.join(home, '.local', 'share');
  return path.join(data, 'proxbox', 'generated', 'proxmox');
}

function rawTunablesOf(source: Source): Readonly<Record<string, string>> {
  const raw = new Map<string, string>();
  for (const key of tunableKeys) {
    const { variable, fromText } = tunables[key];
    const text = variable === null ? null : textOf(source, variable);
    if (variable === null || text === null) continue;
    raw.set(variable, text);
    const reading = fromText(text);
    if (reading.kind === 'bad') {
      source.warnings.push(
        `${variable} is ignored: it must be ${reading.expected}. The plugin's value or the default applies.`,
      );
    } else if (reading.kind === 'value' && reading.note !== undefined) {
      source.warnings.push(`${variable} is out of bounds: ${reading.note}.`);
    }
  }
  return Object.fromEntries(raw);
}

/** As SQLAlchemy writes the path of a file: `sqlite:////data/database.db`. */
const sqliteUrl = /^sqlite(?:\+\w+)?:\/\/\/(\/[^?]+)/;

/** The file that the newest releases of the Python service are told by DATABASE_URL; null when it names none. */
function databaseOfUrl(source: Source): string | null {
  const text = textOf(source, 'DATABASE_URL');
  const [, file] = sqliteUrl.exec(text ?? '') ?? [];
  if (file !== undefined) return path.resolve(decodeURI(file));
  if (text?.startsWith('sqlite') === true) {
    source.refusals.push('DATABASE_URL must name an absolute file, such as sqlite:////data/database.db.');
  } else if (text !== null) {
    source.warnings.push('DATABASE_URL is ignored: it names no SQLite file. Set PROXBOX_DATABASE_PATH.');
  }
  return null;
}

function tlsOf(source: Source): Env['tls'] {
  const [cert, key] = [pathOf(source, 'PROXBOX_TLS_CERT_FILE'), pathOf(source, 'PROXBOX_TLS_KEY_FILE')];
  if (cert !== null && key !== null) return { cert, key };
  if (cert !== null || key !== null)
    source.refusals.push('PROXBOX_TLS_CERT_FILE and PROXBOX_TLS_KEY_FILE are both needed. Set the other one, too.');
  return null;
}

function databasePathOf(source: Source): string {
  const told = pathOf(source, 'PROXBOX_DATABASE_PATH');
  const ofUrl = databaseOfUrl(source);
  const usual = pathOf(source, 'PROXBOX_DEFAULT_DATABASE_PATH');
  if (told !== null && ofUrl !== null && told !== ofUrl) {
    source.refusals.push('PROXBOX_DATABASE_PATH and DATABASE_URL name different files. Remove one of them.');
  }
  return told ?? ofUrl ?? usual ?? path.join(databaseFolder(packageRoot, process.cwd()), 'database.db');
}

/** Reads and checks every process variable once. Pure, except for the home and the working directory. */
export function parseEnv(variables: NodeJS.ProcessEnv): ParsedEnv {
  const source: Source = { variables, warnings: [], refusals: [] };
  const key = textOf(source, 'PROXBOX_ENCRYPTION_KEY');
  const serviceKey = textOf(source, 'PROXBOX_API_KEY');
  const generatedDir = pathOf(source, 'PROXBOX_GENERATED_DIR');
  const env: Env = {
    port: portOf(source),
    bindHost: bindHostOf(source),
    databasePath: databasePathOf(source),
    encryptionKey: key === null ? null : new Secret(key),
    encryptionKeyFile: pathOf(source, 'PROXBOX_ENCRYPTION_KEY_FILE'),
    allowPlaintextCredentials: flagOf(source, 'PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS'),
    rateLimit: rateLimitOf(source),
    trustedProxies: trustedProxiesOf(source),
    corsExtraOrigins: corsOriginsOf(source),
    strictStartup: flagOf(source, 'PROXBOX_STRICT_STARTUP'),
    skipNetboxBootstrap: flagOf(source, 'PROXBOX_SKIP_NETBOX_BOOTSTRAP'),
    metricsBind: metricsBindOf(source),
    syncSchedule: scheduleOf(source),
    console: flagOf(source, 'PROXBOX_CONSOLE'),
    generatedDir: generatedDir ?? generatedDirDefault(source),
    generatedDirConfigured: generatedDir !== null,
    logLevel: logLevelOf(source),
    caBundle: pathOf(source, 'PROXBOX_CA_BUNDLE'),
    tls: tlsOf(source),
    certificateFolder: pathOf(source, 'MKCERT_CERT_DIR') ?? '/certs',
    serviceUrl: textOf(source, 'PROXBOX_URL'),
    serviceKey: serviceKey === null ? null : new Secret(serviceKey),
    raw: rawTunablesOf(source),
  };
  const strangers = strangersIn(variables);
  const quoted = quotedIn(variables);
  return {
    env,
    warnings: [...source.warnings, ...quoted, ...strangers.warnings],
    notes: strangers.notes,
    // Where there is a refusal no warning is told, and the marks may be why.
    refusals: source.refusals.length === 0 ? [] : [...source.refusals, ...quoted],
  };
}
