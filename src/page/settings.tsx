/** Why a setting is what it is. */
import { useState } from 'preact/hooks';
import { useAsked } from './hooks.js';
import { Nothing, Problem, Status, Waiting } from './parts.js';
import { valueText } from './words.js';

interface Setting {
  readonly name: string;
  readonly value: unknown;
  readonly source: string;
  readonly note?: string;
  readonly variable: string | null;
  readonly plugin_field: string | null;
  readonly description: string;
}

interface Settings {
  readonly plugin_state: string;
  readonly plugin_problems: readonly unknown[];
  readonly settings: readonly Setting[];
}

export function SettingsView() {
  const { answer, error, again } = useAsked<Settings>('/proxbox/settings');
  const [text, setText] = useState('');
  if (answer === undefined) return error === undefined ? <Waiting /> : <Problem error={error} again={again} />;
  const wanted = text.toLowerCase();
  const found = answer.settings.filter((setting) =>
    [setting.name, setting.variable, setting.plugin_field, setting.description].some((words) =>
      words?.toLowerCase().includes(wanted),
    ),
  );
  return (
    <>
      <h1>Settings</h1>
      <p>
        A variable of the process wins over the setting of the plugin in NetBox, and that over the default.{' '}
        {pluginTexts[answer.plugin_state]}
      </p>
      {answer.plugin_problems.length > 0 && (
        <ul class="notice warn">
          {answer.plugin_problems.map((problem) => (
            <li key={String(problem)}>{String(problem)}</li>
          ))}
        </ul>
      )}
      <div class="filters">
        <label class="field wide">
          <span>Find a setting</span>
          <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
      </div>
      {found.length === 0 ? <Nothing>No setting is like that.</Nothing> : <SettingTable settings={found} />}
    </>
  );
}

const pluginTexts: Readonly<Record<string, string>> = {
  fresh: 'The settings of the plugin were read lately.',
  last_good: 'NetBox does not answer: the settings of the plugin are those that it had last.',
  none: 'The settings of the plugin were not read yet.',
};

const sources: Readonly<Record<string, string>> = { env: 'variable', plugin: 'plugin', default: 'default' };

function SettingTable({ settings }: { settings: readonly Setting[] }) {
  return (
    <ul class="settings" aria-label="Settings">
      {settings.map((setting) => (
        <li key={setting.name}>
          <h2 class="code">{setting.variable ?? setting.name}</h2>
          <p class="value">
            <span class="code">{valueText(setting.value)}</span>{' '}
            <Status of={setting.source === 'default' ? 'plain' : 'updated'}>
              {sources[setting.source] ?? setting.source}
            </Status>
          </p>
          <p>{setting.description}</p>
          {setting.note !== undefined && <p class="notice warn">{setting.note}</p>}
          {setting.plugin_field !== null && (
            <p class="quiet">
              In the plugin: <code>{setting.plugin_field}</code>
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}
