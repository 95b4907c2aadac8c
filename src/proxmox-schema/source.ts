/** Fetches or opens `apidoc.js`. Proxmox serves it without a login, so no credentials are ever sent. */
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../config/clock.js';
import { errorText } from '../errors/proxbox-error.js';
import type { HttpResponse, HttpResult, Transport, TransportFailure, TransportOptions } from '../transport/types.js';
import { SchemaProblem } from './problem.js';

/** Where a node has it, and where the Proxmox web site has that of the current release. */
export const viewerPath = '/pve-docs/api-viewer/apidoc.js';
export const publicViewer = `https://pve.proxmox.com${viewerPath}`;

/** The real file has 4.3 MB. */
const maxBytes = 20 * 1024 * 1024;

export interface DownloadOptions {
  readonly url: string;
  readonly verifyTls: boolean;
  /** The only ones to connect to; absent: whatever the host resolves to. */
  readonly addresses?: readonly string[] | undefined;
  /** PEM text of further authorities. */
  readonly ca?: string | undefined;
  /** Repetitions after a failure that may pass. */
  readonly retries: number;
  /** Before the first repetition; doubled for each further one. */
  readonly backoffMs: number;
  readonly timeoutMs: number;
  /** What to do about a certificate that was not accepted. */
  readonly tlsHint: string;
  readonly signal?: AbortSignal;
}

export interface DownloadDeps {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly createTransport: (options: TransportOptions) => Transport;
  readonly tell: (line: string) => void;
}

const failureTexts = {
  connect: 'cannot be reached',
  dns: 'cannot be found',
  tls: 'has a certificate that was not accepted',
  timeout: 'did not answer in time',
  reset: 'broke the connection',
  too_large: 'is larger than 20 MiB: it is not the API viewer of Proxmox',
  protocol: 'did not send a whole answer in HTTP',
  aborted: 'was given up',
} as const satisfies Record<TransportFailure['kind'], string>;

const mayPass = new Set<TransportFailure['kind']>(['connect', 'dns', 'timeout', 'reset', 'protocol']);
const maxQuoted = 200;

/** @throws SchemaProblem; its text names no user and password */
export function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  throw new SchemaProblem(
    `"${text.slice(0, maxQuoted).replace(/\/\/[^/]*@/, '//...@')}" is no URL to read from. Use http:// or https://, without user and password.`,
  );
}

function statusProblem(url: string, { status, statusText, headers }: HttpResponse): string {
  if (status >= 300 && status < 400) {
    return `${url} redirects to ${(headers['location'] ?? 'elsewhere').slice(0, maxQuoted)}, which is not followed. Give that URL if it is the right one.`;
  }
  const answered = `${url} answered HTTP ${status} ${statusText.slice(0, maxQuoted)}`.trim();
  return `${answered}: there is no API viewer. A Proxmox VE node has one at ${viewerPath} while the package pve-docs is installed.`;
}

function isFinal(result: HttpResult): boolean {
  return result.ok ? result.response.status < 500 || result.response.status === 501 : !mayPass.has(result.failure.kind);
}

async function attempt(transport: Transport, url: URL, { timeoutMs, signal }: DownloadOptions): Promise<HttpResult> {
  return transport.send({
    method: 'GET',
    path: `${url.pathname}${url.search}`,
    headers: { accept: 'text/javascript, application/javascript' },
    timeoutMs,
    ...(signal === undefined ? {} : { signal }),
  });
}

function failureText({ kind, tlsFault }: TransportFailure, { tlsHint }: DownloadOptions): string {
  if (tlsFault === 'plain_http')
    return 'answers in plain HTTP where HTTPS was asked: give it the port of Proxmox VE, 8006';
  return kind === 'tls' ? `${failureTexts.tls}. ${tlsHint}` : failureTexts[kind];
}

function textOrThrow(result: HttpResult, options: DownloadOptions): string {
  const { url } = options;
  if (!result.ok)
    throw new SchemaProblem(`${url} ${failureText(result.failure, options)} (${result.failure.message}).`);
  if (result.response.status !== 200) throw new SchemaProblem(statusProblem(url, result.response));
  return result.response.text;
}

/** @throws SchemaProblem that says what was wrong */
export async function downloadViewer(options: DownloadOptions, deps: DownloadDeps): Promise<string> {
  const url = checkedUrl(options.url);
  const transport = deps.createTransport({
    origin: url.origin,
    verifyTls: options.verifyTls,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.addresses === undefined ? {} : { addresses: options.addresses }),
    connections: 1,
    connectTimeoutMs: options.timeoutMs,
    maxResponseBytes: maxBytes,
  });
  try {
    for (let tries = 0; ; tries += 1) {
      const result = await attempt(transport, url, options);
      if (isFinal(result) || tries >= options.retries) return textOrThrow(result, options);
      const reason = result.ok ? `HTTP ${result.response.status}` : failureTexts[result.failure.kind];
      deps.tell(`${options.url}: ${reason}, trying again`);
      await deps.clock.sleep(options.backoffMs * 2 ** tries, options.signal);
    }
  } finally {
    await transport.close();
  }
}

/** @throws SchemaProblem when the file cannot be read or is too large */
export async function readViewerFile(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > maxBytes) throw new SchemaProblem(`${file} ${failureTexts.too_large}.`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof SchemaProblem) throw error;
    throw new SchemaProblem(`${file} cannot be read: ${errorText(error)}.`);
  }
}
