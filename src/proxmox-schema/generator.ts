/**
 * Makes schemas inside the running service, as the command does outside of it: from the viewer of a stored endpoint, from a
 * given URL that may be contacted, or from the web site of Proxmox. One at a time for each name.
 */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { originOf } from '../proxmox/host.js';
import type { ProxmoxSessions } from '../proxmox/sessions.js';
import { selectEndpoints, type EndpointScope } from '../plugin-endpoints/select-endpoints.js';
import type { OutboundGuard } from '../security/outbound-guard.js';
import { makeSchema, storeSchema, type MadeSchema, type SchemaSource } from './generate.js';
import { SchemaProblem } from './problem.js';
import type { Schemas } from './schemas.js';
import { checkedUrl, downloadViewer, publicViewer, viewerPath, type DownloadDeps } from './source.js';
import { checkedTag, isOtherRelease } from './tags.js';

export interface GenerateOrder {
  /** Default: the release of the endpoint, or `latest` without one. */
  readonly tag: string | undefined;
  readonly sourceUrl: string | undefined;
  /** Which stored endpoint; without any selector it is none. */
  readonly scope: EndpointScope;
  /** False: only read and counted. */
  readonly isStored: boolean;
  readonly retries: number;
  readonly backoffMs: number;
}

export interface GeneratedSchema extends Pick<MadeSchema, 'pathCount' | 'operationCount' | 'generatedAt'> {
  readonly tag: string;
  readonly source: string;
  /** null when it was not stored. */
  readonly file: string | null;
  /** Why it is not served although it was stored: others in the folder cannot be used. */
  readonly problems: readonly string[];
}

export interface GenerationTask {
  readonly status: 'running' | 'completed' | 'failed';
  readonly started_at: string;
  readonly message: string | null;
}

export interface SchemaGenerator {
  /**
   * Resolves when the new schema is stored, and served unless something else in the folder cannot be used. Throws ProxboxError: `bad_request` for what is wrong with the order,
   * `conflict` while the same schema is being made, `remote_protocol` when the source is no viewer, and what opening a
   * session on the endpoint throws.
   */
  generate(order: GenerateOrder): Promise<GeneratedSchema>;
  /** The last one of each name since the start of the service. */
  tasks(): Readonly<Record<string, GenerationTask>>;
}

export interface SchemaGeneratorDeps extends Pick<DownloadDeps, 'createTransport'> {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info'>;
  readonly folder: string;
  /** PEM text of an additional CA bundle. */
  readonly caBundle?: string;
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'all' | 'credentials'>;
  readonly proxmoxSessions: Pick<ProxmoxSessions, 'open'>;
  readonly proxmoxSchemas: Pick<Schemas, 'reload'>;
  readonly outboundGuard: Pick<OutboundGuard, 'checkUrl'>;
  /** Aborted when the service stops. */
  readonly stopping: AbortSignal;
}

const timeoutMs = 60_000;

interface Located extends SchemaSource {
  readonly verifyTls: boolean;
  /** Of the host of a URL that the caller named: those that were checked. */
  readonly addresses?: readonly string[];
}

export function createSchemaGenerator(deps: SchemaGeneratorDeps): SchemaGenerator {
  const tasks = new Map<string, GenerationTask>();

  async function tracked(located: Located, order: GenerateOrder): Promise<GeneratedSchema> {
    const { tag } = located;
    if (tasks.get(tag)?.status === 'running') {
      throw new ProxboxError('conflict', `The schema "${tag}" is being generated already.`);
    }
    const started_at = deps.clock.now().toISOString();
    tasks.set(tag, { status: 'running', started_at, message: null });
    try {
      const made = await make(located, order, deps);
      tasks.set(tag, { status: 'completed', started_at, message: null });
      return made;
    } catch (error) {
      tasks.set(tag, { status: 'failed', started_at, message: errorText(error) });
      throw error;
    }
  }

  return {
    generate: async (order) => tracked(await locate(order, deps), order),
    tasks: () => Object.fromEntries(tasks),
  };
}

/** What is wrong with the order is told as such, what is wrong at the other side as that. */
function refused<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof SchemaProblem ? new ProxboxError('bad_request', error.message) : error;
  }
}

function endpointOf(scope: EndpointScope, deps: SchemaGeneratorDeps): ProxmoxEndpoint | undefined {
  const isNamed = Object.values(scope).some((value) => value !== undefined && value !== '');
  if (!isNamed) return undefined;
  const [endpoint, ...others] = selectEndpoints(deps.proxmoxEndpoints.all(), scope).endpoints;
  if (endpoint !== undefined && others.length === 0) return endpoint;
  throw new ProxboxError(
    'bad_request',
    `${endpoint === undefined ? 'No enabled Proxmox endpoint fits' : 'Several Proxmox endpoints fit'}: name exactly one with proxmox_endpoint_ids, name, domain or ip_address.`,
  );
}

async function locate({ tag, sourceUrl, scope }: GenerateOrder, deps: SchemaGeneratorDeps): Promise<Located> {
  const endpoint = endpointOf(scope, deps);
  if (sourceUrl !== undefined && endpoint !== undefined) {
    throw new ProxboxError('bad_request', 'Give source_url or an endpoint, not both.');
  }
  const wanted = tag === undefined ? undefined : refused(() => checkedTag(tag));
  if (endpoint !== undefined) return locateAt(endpoint, wanted, deps);
  if (sourceUrl === undefined) return { tag: wanted ?? 'latest', source: publicViewer, isFile: false, verifyTls: true };
  const { href } = refused(() => checkedUrl(sourceUrl));
  const verdict = await deps.outboundGuard.checkUrl(href);
  if (verdict.reason !== null) throw new ProxboxError('bad_request', `source_url is not read: ${verdict.reason}`);
  const { addresses } = verdict;
  const located = { tag: wanted ?? 'latest', source: href, isFile: false, verifyTls: true };
  return addresses === 'any' ? located : { ...located, addresses };
}

async function locateAt(
  endpoint: ProxmoxEndpoint,
  tag: string | undefined,
  { proxmoxSessions, proxmoxEndpoints }: SchemaGeneratorDeps,
): Promise<Located> {
  const session = await proxmoxSessions.open(endpoint, proxmoxEndpoints.credentials(endpoint.id));
  const { release } = session.version;
  if (tag !== undefined && isOtherRelease(tag, release)) {
    throw new ProxboxError(
      'bad_request',
      `The endpoint runs Proxmox VE ${release}, not ${tag}. Leave version_tag out.`,
    );
  }
  const source = `${originOf(session)}${viewerPath}`;
  return { tag: tag ?? release, source, isFile: false, verifyTls: endpoint.verifySsl };
}

async function make(located: Located, order: GenerateOrder, deps: SchemaGeneratorDeps): Promise<GeneratedSchema> {
  const { tag, source } = located;
  const made = await read(located, order, deps);
  const { pathCount, operationCount, generatedAt } = made;
  const file = order.isStored ? await store(tag, made, deps) : null;
  const problems = file === null ? [] : deps.proxmoxSchemas.reload();
  deps.logger.info({ tag, source, pathCount, operationCount, file, problems }, 'A schema of Proxmox was generated.');
  return { tag, source, file, problems, pathCount, operationCount, generatedAt };
}

async function read(located: Located, order: GenerateOrder, deps: SchemaGeneratorDeps): Promise<MadeSchema> {
  const { retries, backoffMs } = order;
  const { source: url, verifyTls, addresses } = located;
  const tlsHint = 'Trust its authority with PROXBOX_CA_BUNDLE, or set verify_ssl of the endpoint to false for a lab';
  const download = {
    url,
    verifyTls,
    addresses,
    ca: deps.caBundle,
    retries,
    backoffMs,
    timeoutMs,
    tlsHint,
    signal: deps.stopping,
  };
  try {
    const tell = (line: string): void => deps.logger.info({ tag: located.tag }, line);
    return makeSchema(located, await downloadViewer(download, { ...deps, tell }), deps.clock.now());
  } catch (error) {
    if (!(error instanceof SchemaProblem)) throw toProxboxError(error);
    throw new ProxboxError('remote_protocol', 'The schema could not be generated.', { detail: error.message });
  }
}

async function store(tag: string, made: MadeSchema, { folder }: SchemaGeneratorDeps): Promise<string> {
  try {
    return await storeSchema(folder, tag, made);
  } catch (error) {
    throw new ProxboxError('not_configured', 'The schema could not be stored.', {
      detail: `The folder ${folder} cannot be written (${errorText(error)}). Set PROXBOX_GENERATED_DIR to one that the service may write to.`,
      cause: error,
    });
  }
}
