/** `proxbox-schema generate`: viewer, document, file. What goes on is told on standard error, the result on standard output. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../config/clock.js';
import type { Env } from '../config/env.js';
import { errorText } from '../errors/proxbox-error.js';
import { originOf, parseHost } from '../proxmox/host.js';
import { makeSchema, storeSchema, type SchemaSource } from '../proxmox-schema/generate.js';
import { SchemaProblem } from '../proxmox-schema/problem.js';
import { checkedUrl, downloadViewer, publicViewer, readViewerFile, viewerPath } from '../proxmox-schema/source.js';
import { documentFile } from '../proxmox-schema/store.js';
import { checkedTag, isOtherRelease } from '../proxmox-schema/tags.js';
import { createTransport } from '../transport/undici-transport.js';
import { readEndpoint } from './schema-endpoint.js';
import { readGenerateOptions, type GenerateOptions } from './schema-options.js';

const defaultPort = 8006;
const tlsHint = 'Give its authority with --ca-file, or --insecure for a lab';

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function nodeUrl(host: string): string {
  try {
    return `${originOf(parseHost(host, defaultPort))}${viewerPath}`;
  } catch (error) {
    throw new SchemaProblem(errorText(error));
  }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SchemaProblem(`The file of certificate authorities cannot be read: ${errorText(error)}.`);
  }
}

interface Located extends SchemaSource {
  readonly verifyTls: boolean;
}

function tagOfEndpoint(wanted: string | undefined, release: string, isForced: boolean): string {
  if (wanted !== undefined && isOtherRelease(wanted, release) && !isForced) {
    throw new SchemaProblem(
      `The endpoint runs Proxmox VE ${release}, not ${wanted}. Leave the version_tag out, or insist with --force.`,
    );
  }
  return checkedTag(wanted ?? release);
}

async function locate({ tag, source, isInsecure, isForced }: GenerateOptions, env: Env): Promise<Located> {
  const verifyTls = !isInsecure;
  if (source.kind === 'endpoint') {
    tell(`Asking endpoint '${source.name}' for its release`);
    const endpoint = await readEndpoint(source.name, env);
    return {
      tag: tagOfEndpoint(tag, endpoint.release, isForced),
      source: nodeUrl(endpoint.host),
      isFile: false,
      verifyTls: verifyTls && endpoint.verifyTls,
    };
  }
  const known = { tag: checkedTag(tag ?? ''), verifyTls };
  if (source.kind === 'file') return { ...known, source: source.file, isFile: true };
  if (source.kind === 'node') return { ...known, source: nodeUrl(source.host), isFile: false };
  return { ...known, source: source.kind === 'url' ? checkedUrl(source.url).href : publicViewer, isFile: false };
}

async function readSource({ source, isFile, verifyTls }: Located, options: GenerateOptions, env: Env): Promise<string> {
  tell(`Reading ${source}`);
  if (isFile) return readViewerFile(source);
  const caFile = options.caFile ?? env.caBundle;
  const { retries, backoffMs, timeoutMs } = options;
  const ca = caFile === null ? undefined : readPem(caFile);
  return downloadViewer(
    { url: source, verifyTls, ca, retries, backoffMs, timeoutMs, tlsHint },
    { clock: systemClock, createTransport, tell },
  );
}

function asMiB(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

async function write(located: Located, text: string, folder: string) {
  const { tag, source } = located;
  const made = makeSchema(located, text, systemClock.now());
  const { pathCount, operationCount } = made;
  tell(`Converted ${pathCount} paths with ${operationCount} operations`);
  tell(`Writing ${documentFile(folder, tag)}`);
  const file = await storeSchema(folder, tag, made);
  return { version_tag: tag, path_count: pathCount, operation_count: operationCount, source, file };
}

/** Answers the exit status; a schema that exists is left as it is, with status 0. */
export async function generateSchema(args: readonly string[], env: Env): Promise<number> {
  const options = readGenerateOptions(args);
  const folder = path.resolve(options.outputDir ?? env.generatedDir);
  const located = await locate(options, env);
  const existing = documentFile(folder, located.tag);
  if (existsSync(existing) && !options.isForced) {
    tell(`${existing} exists and was left as it is. Replace it with --force.`);
    if (options.isJson)
      process.stdout.write(`${JSON.stringify({ version_tag: located.tag, file: existing, written: false })}\n`);
    return 0;
  }
  const text = await readSource(located, options, env);
  tell(`Received ${asMiB(Buffer.byteLength(text))}`);
  const result = await write(located, text, folder);
  const line = `${result.version_tag}: ${result.path_count} paths, ${result.operation_count} operations in ${result.file}`;
  process.stdout.write(`${options.isJson ? JSON.stringify({ ...result, written: true }) : line}\n`);
  tell('A running service reads it after POST /proxmox/viewer/routes/refresh, or after a restart.');
  return 0;
}
