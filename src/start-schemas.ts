/** Whether the API documents of Proxmox that the schema generator wrote can be used: looked at once, before anything listens. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Env } from './config/env.js';
import { errorText } from './errors/proxbox-error.js';

const Document = z.looseObject({ paths: z.looseObject({}) });

function documentProblem(file: string): string | undefined {
  try {
    const isUsable = Document.safeParse(JSON.parse(readFileSync(file, 'utf8'))).success;
    return isUsable ? undefined : `${file} has no "paths"`;
  } catch (error) {
    if (error instanceof SyntaxError) return `${file} is not valid JSON`;
    if (isMissing(error)) return undefined;
    return `${file} cannot be read: ${errorText(error)}`;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function folderProblems({ generatedDir, generatedDirConfigured }: SchemaEnv): readonly string[] {
  try {
    const tags = readdirSync(generatedDir);
    return tags.sort().flatMap((tag) => documentProblem(path.join(generatedDir, tag, 'openapi.json')) ?? []);
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isAbsent) return generatedDirConfigured ? [`the folder ${generatedDir} does not exist`] : [];
    return [`the folder ${generatedDir} cannot be listed: ${errorText(error)}`];
  }
}

type SchemaEnv = Pick<Env, 'generatedDir' | 'generatedDirConfigured'>;

/** One sentence about everything that is wrong, or undefined. A folder that nobody named may be missing. */
export function schemaProblem(env: SchemaEnv): string | undefined {
  const problems = folderProblems(env);
  if (problems.length === 0) return undefined;
  return `Generated Proxmox schemas cannot be used: ${problems.join('; ')}. Make them again, remove them, or correct PROXBOX_GENERATED_DIR.`;
}
