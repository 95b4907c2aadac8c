/** What the plugin's source has, as `facts.json` lists it; `test/netbox/plugin-calls.test.ts` compares it with the source itself. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A text of the plugin that leads to calls, or why it leads to none. */
const Found = z.union([
  z.strictObject({ file: z.string(), text: z.string(), calls: z.array(z.string()).min(1) }),
  z.strictObject({ file: z.string(), text: z.string(), why: z.string().min(1) }),
]);

const Facts = z.strictObject({
  plugin: z.string(),
  paths: z.array(Found),
  senders: z.array(z.strictObject({ file: z.string(), why: z.string().min(1) })),
  pages: z.array(Found),
});

export const facts = Facts.parse(JSON.parse(readFileSync(new URL('facts.json', import.meta.url), 'utf8')));

/** The files of the plugin that make each call. */
export function filesByCall(): ReadonlyMap<string, ReadonlySet<string>> {
  const files = new Map<string, Set<string>>();
  for (const found of [...facts.paths, ...facts.pages])
    for (const call of 'calls' in found ? found.calls : [])
      files.set(call, (files.get(call) ?? new Set()).add(found.file));
  return files;
}
