/** `proxbox-schema list` and `status`. */
import { parseArgs } from 'node:util';
import type { Env } from '../config/env.js';
import { createCatalog } from '../proxmox-schema/catalog.js';
import { SchemaProblem } from '../proxmox-schema/problem.js';
import { operationsOf } from '../proxmox-schema/read-document.js';
import { readSchemas, type StoredSchema } from '../proxmox-schema/store.js';
import { describeDocument } from '../proxmox-schema/summary.js';
import { UsageError } from './exit-status.js';
import { renderTable } from './table.js';

const options = { json: { type: 'boolean', default: false }, 'output-dir': { type: 'string' } } as const;

function readShown(args: readonly string[], maxWords: number) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (positionals.length > maxWords) throw new Error(`Unexpected argument "${positionals[maxWords] ?? ''}".`);
    return { isJson: values.json, outputDir: values['output-dir'], tag: positionals[0] };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)} See proxbox-schema --help.`);
  }
}

const folderOf = (outputDir: string | undefined, env: Env): string => outputDir ?? env.generatedDir;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Broken documents are told on standard error. */
export function listSchemas(args: readonly string[], env: Env): number {
  const { isJson, outputDir } = readShown(args, 0);
  const folder = folderOf(outputDir, env);
  const { schemas, problems } = readSchemas(folder, false);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  const rows = schemas.map(({ tag, bytes, file }) => ({ version_tag: tag, bytes, file }));
  if (isJson) print(JSON.stringify(rows));
  else if (rows.length > 0) {
    print(
      renderTable(
        ['version', 'bytes', 'file'],
        rows.map((row) => [row.version_tag, row.bytes, row.file]),
      ),
    );
  } else print(`No schema in ${folder}. Make one with: proxbox-schema generate <version_tag> --node <host>`);
  return rows.length === 0 ? 1 : 0;
}

function statusRow({ tag, bytes, file, document }: StoredSchema) {
  const { pathCount, operationCount } = createCatalog(operationsOf(document.paths));
  const { source, generatedAt } = describeDocument(document);
  return {
    version_tag: tag,
    path_count: pathCount,
    operation_count: operationCount,
    generated_at: generatedAt,
    source,
    bytes,
    file,
  };
}

type StatusRow = ReturnType<typeof statusRow>;

function statusTable(rows: readonly StatusRow[]): string {
  const head = ['version', 'paths', 'operations', 'generated', 'source'];
  return renderTable(
    head,
    rows.map((row) => [
      row.version_tag,
      row.path_count,
      row.operation_count,
      row.generated_at ?? '-',
      row.source ?? '-',
    ]),
  );
}

/** @throws SchemaProblem when the named schema does not exist */
export function showStatus(args: readonly string[], env: Env): number {
  const { isJson, outputDir, tag } = readShown(args, 1);
  const folder = folderOf(outputDir, env);
  const { schemas, problems } = readSchemas(folder, outputDir !== undefined || env.generatedDirConfigured);
  const rows = schemas.filter((schema) => tag === undefined || schema.tag === tag).map(statusRow);
  if (tag !== undefined && rows.length === 0) {
    const known = schemas.map((schema) => schema.tag).join(', ');
    throw new SchemaProblem(
      `There is no usable schema "${tag}" in ${folder}. ${known === '' ? 'There is none at all.' : `There are: ${known}.`}`,
    );
  }
  if (isJson) print(JSON.stringify({ folder, schemas: rows, problems }));
  else {
    print(`Folder: ${folder}`);
    print(rows.length === 0 ? 'No schema: the service uses its embedded table.' : statusTable(rows));
  }
  for (const problem of problems) process.stderr.write(`Cannot be used: ${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}
