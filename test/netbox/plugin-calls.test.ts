/** What the installed plugin can ask of this service is what `test/contract/plugin/facts.json` lists, by a search of its source. */
import { expect, it } from 'vitest';
import { facts } from '../contract/plugin/facts.js';
import { variable } from './harness.js';
import { searchPlugin, type SourceText } from './plugin-source.js';

const search = () => searchPlugin(variable('NETBOX_TEST_PYTHON'));
const lines = (texts: readonly SourceText[]): string[] => texts.map(({ file, text }) => `${file} ${text}`).sort();

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
