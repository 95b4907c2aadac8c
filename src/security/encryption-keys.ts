/**
 * Where the encryption keys come from, which one encrypts, and the key file that the admin routes manage. Order: file
 * named by PROXBOX_ENCRYPTION_KEY_FILE, PROXBOX_ENCRYPTION_KEY, the plugin's setting, encryption.key beside the
 * database. Every key that is found decrypts; the first one encrypts. NetBox secrets are never encrypted with the
 * plugin's key: reading that key needs the NetBox token, so after a restart neither could be had again.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Logger } from 'pino';
import type { Env } from '../config/env.js';
import type { Database } from '../db/open.js';
import { listSealedValues } from '../db/sealed-values.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { boxFor, candidatesOf, losesValues, type KeySource, type SecretScope, type Sources } from './key-sources.js';
import { openFileWarning, readKeyFile, removeKeyFile, writeKeyFile } from './key-file.js';
import { keyWeakness } from './key-strength.js';
import { createSecretBox, type SecretBox } from './secret-box.js';
import { Secret } from '../config/secret.js';

interface EncryptionStatus {
  readonly configured: boolean;
  readonly source: KeySource | null;
  readonly attestation_version: 1;
  readonly active_key_source: KeySource | null;
  /** There is an active key, and it alone decrypts every encrypted value of every table. */
  readonly encrypted_credentials_verified: boolean;
  /** Values that no known key decrypts, as `table.column of 'row'`. */
  readonly unreadable: readonly string[];
  /** What is weak about the keys, with the remedy. */
  readonly warnings: readonly string[];
}

export interface EncryptionKeys {
  readonly allowsPlaintext: boolean;
  /** `pending`: the key is expected from the plugin, and NetBox has not answered yet. */
  state(): 'ready' | 'pending' | 'missing';
  box(scope: SecretScope): SecretBox;
  /** The NetBox plugin's key, or null when its settings were read and hold none. Ends `pending`. */
  setPluginKey(key: string | null): void;
  /** Refuse to store secrets and say why, until setPluginKey is called. */
  awaitPluginKey(): void;
  status(): EncryptionStatus;
  /** @throws ProxboxError `encryption_unavailable` (400) blank or not writable, `conflict` (409) values would be lost */
  setKey(key: string, options: { readonly force: boolean }): EncryptionStatus;
  /** The new key is in the answer and shown only once. Errors as setKey. */
  generateKey(options: { readonly force: boolean }): EncryptionStatus & { readonly key: string };
  /** @throws ProxboxError `conflict` (409) when a stored value could not be read without the key */
  removeKey(): EncryptionStatus;
  /** Called after any change of the keys. */
  onChange(listener: () => void): void;
}

export interface EncryptionKeysDeps {
  readonly env: Pick<Env, 'encryptionKey' | 'encryptionKeyFile' | 'allowPlaintextCredentials'>;
  readonly db: Database;
  readonly logger: Logger;
}

function readConfiguredFile(file: string | null, logger: Logger): Secret | null {
  if (file === null) return null;
  const content = readKeyFile(file);
  if (content instanceof Secret) return content;
  logger.warn(
    { path: file },
    `The file of PROXBOX_ENCRYPTION_KEY_FILE, ${file}, is ${content}; it is ignored until it holds a key.`,
  );
  return null;
}

function readStandardFile(file: string): Secret | null {
  const content = readKeyFile(file);
  return content instanceof Secret ? content : null;
}

interface State {
  sources: Sources;
  boxes: Readonly<Record<SecretScope, SecretBox>>;
  isPending: boolean;
}

interface Context {
  readonly deps: EncryptionKeysDeps;
  readonly state: State;
  /** The file that the admin routes write. */
  readonly managedFile: string;
  readonly filesOf: { readonly configured: string | null; readonly standard: string };
  readonly listeners: (() => void)[];
}

function boxesOf(sources: Sources): State['boxes'] {
  const candidates = candidatesOf(sources);
  return { netbox: boxFor('netbox', candidates), other: boxFor('other', candidates) };
}

function apply({ state, listeners }: Context, sources: Sources): void {
  state.sources = sources;
  state.boxes = boxesOf(sources);
  listeners.forEach((listener) => listener());
}

function warningsOf({ state, filesOf }: Context): readonly string[] {
  const { configured, env, plugin, standard } = state.sources;
  const named: readonly (readonly [string, Secret | null])[] = [
    [`in ${filesOf.configured ?? ''}`, configured],
    ['of PROXBOX_ENCRYPTION_KEY', env],
    ["of the NetBox plugin's settings", plugin],
    [`in ${filesOf.standard}`, standard],
  ];
  const weak = named.flatMap(([where, key]) => {
    const weakness = key === null ? undefined : keyWeakness(key);
    return weakness === undefined ? [] : [weakText(where, weakness)];
  });
  const open = [filesOf.configured ?? [], filesOf.standard].flat().flatMap((file) => openFileWarning(file) ?? []);
  return [...new Set([...weak, ...open])];
}

/** What was encrypted with it stays readable for as long as it is one of the keys. */
function weakText(where: string, weakness: string): string {
  return (
    `The encryption key ${where} is weak: it ${weakness}, so whoever has the database can guess it. Make another with: ` +
    'openssl rand -base64 32. Name a file with it in PROXBOX_ENCRYPTION_KEY_FILE, keep this one as PROXBOX_ENCRYPTION_KEY until every ' +
    'endpoint was saved again, then remove it.'
  );
}

function statusOf(context: Context): EncryptionStatus {
  const { state, deps } = context;
  const [active] = candidatesOf(state.sources);
  const values = listSealedValues(deps.db);
  const activeBox = createSecretBox(active === undefined ? [] : [active.key]);
  const unreadable = values.filter(({ value }) => state.boxes.other.open(value).kind === 'unreadable');
  const source = active?.source ?? null;
  return {
    configured: active !== undefined,
    source,
    attestation_version: 1,
    active_key_source: source,
    encrypted_credentials_verified:
      active !== undefined && values.every(({ value }) => activeBox.open(value).kind !== 'unreadable'),
    unreadable: unreadable.map(({ table, column, name }) => `${table}.${column} of '${name}'`),
    warnings: warningsOf(context),
  };
}

function withManagedKey({ state, deps }: Context, key: Secret | null): Sources {
  const { sources } = state;
  return deps.env.encryptionKeyFile === null ? { ...sources, standard: key } : { ...sources, configured: key };
}

function refuseLoss({ state, deps }: Context, to: Sources, newKey: Secret | null): void {
  if (!losesValues(listSealedValues(deps.db), { from: state.sources, to, newKey })) return;
  throw new ProxboxError(
    'conflict',
    'Encrypted credentials still exist in the database. Remove or rotate them before clearing the encryption key.',
  );
}

function store(context: Context, text: string, change: { force: boolean; event: 'set' | 'generated' }): void {
  const key = new Secret(text.trim());
  if (key.reveal() === '') {
    throw new ProxboxError('encryption_unavailable', 'Encryption key value must be a non-empty string.');
  }
  const next = withManagedKey(context, key);
  if (!change.force) refuseLoss(context, next, key);
  writeKeyFile(context.managedFile, key);
  context.state.isPending = false;
  apply(context, next);
  logSecurityEvent(context.deps.logger, { event: 'encryption_key_changed', change: change.event });
  warn(context);
}

function warn(context: Context): void {
  warningsOf(context).forEach((warning) => context.deps.logger.warn(warning));
}

function removeKey(context: Context): EncryptionStatus {
  const next = withManagedKey(context, null);
  refuseLoss(context, next, null);
  removeKeyFile(context.managedFile);
  apply(context, next);
  logSecurityEvent(context.deps.logger, { event: 'encryption_key_changed', change: 'deleted' });
  return statusOf(context);
}

function setPluginKey(context: Context, text: string | null): void {
  const { state, deps } = context;
  state.isPending = false;
  const trimmed = text?.trim() ?? '';
  if (trimmed === (state.sources.plugin?.reveal() ?? '')) return;
  apply(context, { ...state.sources, plugin: trimmed === '' ? null : new Secret(trimmed) });
  if (candidatesOf(state.sources)[0]?.source === 'plugin') {
    logSecurityEvent(deps.logger, { event: 'encryption_key_changed', change: 'plugin' });
  }
}

function openSources({ env, logger }: EncryptionKeysDeps, standardFile: string): Sources {
  return {
    configured: readConfiguredFile(env.encryptionKeyFile, logger),
    env: env.encryptionKey,
    plugin: null,
    standard: env.encryptionKeyFile === standardFile ? null : readStandardFile(standardFile),
  };
}

/** @throws ProxboxError `not_configured` when a key file exists but cannot be read; the process must then not start. */
export function createEncryptionKeys(deps: EncryptionKeysDeps): EncryptionKeys {
  const standardFile = path.join(path.dirname(deps.db.path), 'encryption.key');
  const sources = openSources(deps, standardFile);
  const state: State = { sources, boxes: boxesOf(sources), isPending: false };
  const context: Context = {
    deps,
    state,
    managedFile: deps.env.encryptionKeyFile ?? standardFile,
    filesOf: { configured: deps.env.encryptionKeyFile, standard: standardFile },
    listeners: [],
  };
  warn(context);
  return {
    allowsPlaintext: deps.env.allowPlaintextCredentials,
    state() {
      if (candidatesOf(state.sources).length > 0) return 'ready';
      return state.isPending ? 'pending' : 'missing';
    },
    box: (scope) => state.boxes[scope],
    status: () => statusOf(context),
    setPluginKey: (key) => setPluginKey(context, key),
    awaitPluginKey() {
      state.isPending = true;
    },
    setKey(key, { force }) {
      store(context, key, { force, event: 'set' });
      return statusOf(context);
    },
    generateKey({ force }) {
      // URL-safe base64 with its padding: 44 characters, the form of a Fernet key.
      const key = `${randomBytes(32).toString('base64url')}=`;
      store(context, key, { force, event: 'generated' });
      return { ...statusOf(context), key };
    },
    removeKey: () => removeKey(context),
    onChange: (listener) => void context.listeners.push(listener),
  };
}
