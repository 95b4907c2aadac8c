/** Reads the table "Every path that it can ask" of docs/plugin-compatibility.md. */
import { readFileSync } from 'node:fs';

export interface Row {
  /** `GET /path/{name}` */
  readonly call: string;
  /** Files of the plugin. */
  readonly askedBy: readonly string[];
  /** The first word of "served as". */
  readonly served: string;
  /** What is missing, or why it is empty. */
  readonly reason: string;
  readonly status: number;
  /** Paths of fields: `[].name`. */
  readonly fields: readonly string[];
  readonly test: string;
}

const quoted = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

function readRow(line: string): Row {
  const [call = '', , askedBy = '', served = '', status = '', fields = '', test = ''] = line
    .slice(1, -1)
    .split(' | ')
    .map((cell) => cell.trim());
  const [kind = '', reason = ''] = served.split(': ');
  return {
    call: quoted(call)[0] ?? '',
    askedBy: quoted(askedBy),
    served: kind,
    reason,
    status: Number(status),
    fields: quoted(fields),
    test: quoted(test)[0] ?? '',
  };
}

export const page = readFileSync(new URL('../../../docs/plugin-compatibility.md', import.meta.url), 'utf8');

/** The rows in their order. */
export const rows: readonly Row[] = (page.split('## Every path that it can ask')[1] ?? '')
  .split('\n## ')[0]!
  .split('\n')
  .filter((line) => /^\| `(?:[A-Z]+|WebSocket) \//.test(line))
  .map(readRow);
