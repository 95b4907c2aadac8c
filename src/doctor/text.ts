/** Reports for people: facts, tables, problems. Pure. */
import type { Problem } from './problem.js';

/** One line per fact. */
export function factLines(facts: readonly (readonly [name: string, text: string])[]): readonly string[] {
  const width = Math.max(8, ...facts.map(([name]) => name.length));
  return facts.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}

export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
  return [head, ...rows].map(line).join('\n');
}

export function problemText({ severity, code, cause, cure, commands, missing }: Problem): string {
  const lines = [`  ${severity.toUpperCase()} ${code}: ${cause}`, `    cure: ${cure}`];
  lines.push(...commands.map((command) => `      ${command}`));
  if (missing.length > 0) lines.push(`    missing until then: ${missing.join('; ')}`);
  return lines.join('\n');
}
