/** Why is a setting what it is: every tunable with its value and where it comes from. No secret is among the tunables. */
import { tunableKeys, tunables } from '../../config/tunables.js';
import type { SettingsResolver } from '../../config/types.js';
import type { App } from '../app-type.js';

export function registerSettingsRoutes(app: App, settings: SettingsResolver): void {
  app.get(
    '/proxbox/settings',
    { schema: { tags: ['admin'], summary: 'Resolved settings and their sources' } },
    async () => {
      const { values, provenance, plugin, pluginState } = settings.current();
      const rows = tunableKeys.map((key) => ({
        name: key,
        value: values[key],
        ...provenance[key],
        variable: tunables[key].variable,
        plugin_field: tunables[key].field,
      }));
      return { plugin_state: pluginState, plugin_problems: plugin?.problems ?? [], settings: rows };
    },
  );
}
