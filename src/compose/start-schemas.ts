/** Whether the API documents of Proxmox that the schema generator wrote can be used: looked at once, before anything listens. */
import type { Env } from '../config/env.js';
import { readSchemas } from '../proxmox-schema/store.js';

type SchemaEnv = Pick<Env, 'generatedDir' | 'generatedDirConfigured'>;

/** One sentence about everything that is wrong, or undefined. A folder that nobody named may be missing. */
export function schemaProblem({ generatedDir, generatedDirConfigured }: SchemaEnv): string | undefined {
  const { problems } = readSchemas(generatedDir, generatedDirConfigured);
  if (problems.length === 0) return undefined;
  return `Generated Proxmox schemas cannot be used: ${problems.join('; ')}. Until they are made again or removed, or PROXBOX_GENERATED_DIR is corrected, only the embedded table answers.`;
}
