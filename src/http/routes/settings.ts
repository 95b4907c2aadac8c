/** Why is a setting what it is: every tunable with its value and where it comes from. No secret is among the tunables. */
import { z } from 'zod';
import { tunableKeys, tunables } from '../../config/tunables.js';
import type { SettingsResolver } from '../../config/types.js';
import type { App } from '../app-type.js';
import { answers } from '../route-document.js';

const Resolved = z.object({
  plugin_state: z.string(),
  plugin_problems: z.array(z.unknown()),
  settings: z.array(
    z.looseObject({
      name: z.string(),
      value: z.unknown(),
      variable: z.string().nullable(),
      plugin_field: z.string().nullable(),
      description: z.string().describe('What it does'),
    }),
  ),
});

export function registerSettingsRoutes(app: App, settings: SettingsResolver): void {
  app.get(
    '/proxbox/settings',
    {
      config: answers(Resolved),
      schema: { tags: ['admin'], summary: 'Resolved settings and their sources' },
    },
    async () => {
      const { values, provenance, plugin, pluginState } = settings.current();
      const rows = tunableKeys.map((key) => ({
        name: key,
        value: values[key],
        ...provenance[key],
        variable: tunables[key].variable,
        plugin_field: tunables[key].field,
        description: tunables[key].description,
      }));
      return { plugin_state: pluginState, plugin_problems: plugin?.problems ?? [], settings: rows };
    },
  );
}
