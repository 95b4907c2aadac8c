/** The version of this package, from package.json: the one place that says it. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** package.json stands beside both src and dist. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
