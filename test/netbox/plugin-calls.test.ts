/** What the installed plugin can ask of this service is what `test/contract/plugin/facts.json` lists, by a search of its source. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { facts } from '../contract/plugin/facts.js';
import { variable } from './harness.js';

const Text = z.object({ file: z.string(), text: z.string() });
const Source = z.object({ paths: z.array(Text), senders: z.array(z.string()), pages: z.array(Text) });

async function search(): Promise<z.infer<typeof Source>> {
  const script = fileURLToPath(new URL('plugin_calls.py', import.meta.url));
  const { stdout } = await promisify(execFile)(variable('NETBOX_TEST_PYTHON'), [script], { maxBuffer: 2 ** 24 });
  return Source.parse(JSON.parse(stdout));
}

const lines = (texts: readonly z.infer<typeof Text>[]): string[] =>
  texts.map(({ file, text }) => `${file} ${text}`).sort();

it('the source of the plugin has every path that the facts list, and no other', async () => {
  const source = await search();

  expect(source.paths.length).toBeGreaterThan(100);
  expect(lines(source.paths)).toEqual(lines(facts.paths));
  expect(lines(source.pages)).toEqual(lines(facts.pages));
});

it('every file of the plugin that sends a request has a path, or does not send it here', async () => {
  const { senders } = await search();
  const withPath = new Set(facts.paths.filter((found) => 'calls' in found).map(({ file }) => file));

  expect(senders.filter((file) => !withPath.has(file))).toEqual(facts.senders.map(({ file }) => file).sort());
});
