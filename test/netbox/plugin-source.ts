/** What the source of an installed plugin may ask of this service, found by `plugin_calls.py`. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const Text = z.object({ file: z.string(), text: z.string() });
const Source = z.object({ paths: z.array(Text), senders: z.array(z.string()), pages: z.array(Text) });

/** A text of a file of the plugin. */
export type SourceText = z.infer<typeof Text>;

/** @param python the Python in which the plugin is installed */
export async function searchPlugin(python: string): Promise<z.infer<typeof Source>> {
  const script = fileURLToPath(new URL('plugin_calls.py', import.meta.url));
  const { stdout } = await promisify(execFile)(python, [script], { maxBuffer: 2 ** 24 });
  return Source.parse(JSON.parse(stdout));
}
