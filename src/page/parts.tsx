/** Small parts that all views are made of. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { agoText, dateText, nameOf } from './words.js';

const tones: Readonly<Record<string, string>> = {
  completed: 'good',
  created: 'good',
  ok: 'good',
  updated: 'info',
  running: 'info',
  partial: 'warn',
  skipped: 'warn',
  warning: 'warn',
  interrupted: 'warn',
  deleted: 'bad',
  failed: 'bad',
  error: 'bad',
};

/** A word with the colour of what it means; the word alone says it, too. */
export function Status({ of, children }: { of: string; children?: ComponentChildren }) {
  return <span class={`status ${tones[of] ?? 'plain'}`}>{children ?? nameOf(of)}</span>;
}

/** "3 minutes ago", with the whole date for who points at it. */
export function Ago({ at }: { at: string }) {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 10_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={dateText(at)}>
      {agoText(at, now)}
    </time>
  );
}

/** What went wrong, said at once to who cannot see it. */
export function Problem({ error, again }: { error: Error | undefined; again?: () => void }) {
  if (error === undefined) return null;
  return (
    <div class="notice bad" role="alert">
      <p>{error instanceof TypeError ? 'The service does not answer.' : error.message}</p>
      {again && <button onClick={again}>Try again</button>}
    </div>
  );
}

export function Waiting() {
  return (
    <p class="waiting" role="status">
      Loading…
    </p>
  );
}

/** What there is nothing of, and what to do about that. */
export function Nothing({ children }: { children: ComponentChildren }) {
  return <p class="nothing">{children}</p>;
}

/** What is told of a column beside its name: that it holds numbers. */
export type Column = string | { readonly number: string };

/** A table that scrolls by itself where there is no room for it, also by keyboard. It is called `label`, or as the element `by`. */
export function Table({
  label,
  by,
  kind,
  columns,
  children,
}: {
  label?: string;
  by?: string;
  /** A class of the style sheet. */
  kind?: string;
  columns: readonly Column[];
  /** Its rows. */
  children: ComponentChildren;
}) {
  return (
    <div class="scrolls" tabIndex={0} role="group" aria-label={label} aria-labelledby={by}>
      <table class={kind}>
        <thead>
          <tr>
            {columns.map((column) =>
              typeof column === 'string' ? (
                <th key={column}>{column}</th>
              ) : (
                <th key={column.number} class="number">
                  {column.number}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export function Choice({
  label,
  value,
  options,
  onChoose,
}: {
  label: string;
  value: string;
  /** Value and text; the empty value is "all". */
  options: readonly (readonly [string, string])[];
  onChoose: (value: string) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
