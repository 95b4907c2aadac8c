/**
 * Lines in files of one day each, `<name>.<yyyy-MM-dd>.<n><ext>`, by the local time: a new day or a full file begins the next one, and
 * the oldest go. Written at once, as there are few lines and the last ones before an end count most.
 */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../config/clock.js';

export interface DatedFilesOptions {
  /** Absolute: `/logs/proxbox.log` gives `/logs/proxbox.2026-03-01.1.log`. Without an ending: `.log`. */
  readonly filePath: string;
  readonly clock: Pick<Clock, 'now'>;
  /** How many files stay, the one that is written among them. */
  readonly keep: number;
  readonly maxBytes: number;
}

export interface DatedFiles {
  /** Where the last line went. */
  readonly current: () => string;
  /** Throws what the file system throws; the next line tries again. */
  write(line: string): void;
  close(): void;
}

interface Dated {
  readonly day: string;
  readonly number: number;
}

interface Open extends Dated {
  readonly descriptor: number;
  bytes: number;
}

function dayOf(moment: Date): string {
  const digits = (value: number): string => String(value).padStart(2, '0');
  return [moment.getFullYear(), digits(moment.getMonth() + 1), digits(moment.getDate())].join('-');
}

/** Names of files of one family, told from each other by day and number. */
function family(filePath: string) {
  const { dir, name, ext } = path.parse(filePath);
  const ending = ext === '' ? '.log' : ext;
  const read = (file: string): Dated | undefined => {
    if (!file.startsWith(`${name}.`) || !file.endsWith(ending)) return undefined;
    const [, day, number] = /^(\d{4}-\d\d-\d\d)\.(\d{1,9})$/.exec(file.slice(name.length + 1, -ending.length)) ?? [];
    return day === undefined ? undefined : { day, number: Number(number) };
  };
  return {
    dir,
    pathOf: ({ day, number }: Dated): string => path.join(dir, `${name}.${day}.${number}${ending}`),
    /** The oldest first. */
    present: (): readonly Dated[] =>
      readdirSync(dir)
        .flatMap((file) => read(file) ?? [])
        .sort((one, other) => one.day.localeCompare(other.day) || one.number - other.number),
  };
}

/** Makes the folder and opens the file of today, the last one where there are several. Throws what the file system throws. */
export function openDatedFiles({ filePath, clock, keep, maxBytes }: DatedFilesOptions): DatedFiles {
  const files = family(filePath);
  mkdirSync(files.dir, { recursive: true });
  let last = '';
  let open: Open | undefined;

  function close(): void {
    if (open !== undefined) closeSync(open.descriptor);
    open = undefined;
  }

  function begin(dated: Dated): Open {
    close();
    last = files.pathOf(dated);
    const descriptor = openSync(last, 'a');
    const surplus = files.present().slice(0, -keep);
    // Not this one, also where the clock was set back.
    const gone = surplus.map((old) => files.pathOf(old)).filter((file) => file !== last);
    gone.forEach((file) => rmSync(file, { force: true }));
    open = { ...dated, descriptor, bytes: statSync(last).size };
    return open;
  }

  const today = (): string => dayOf(clock.now());
  const lastOf = (day: string): number => files.present().findLast((file) => file.day === day)?.number ?? 1;
  begin({ day: today(), number: lastOf(today()) });

  function placeFor(bytes: number): Open {
    const day = today();
    const file = open?.day === day ? open : begin({ day, number: lastOf(day) });
    const isFull = file.bytes > 0 && file.bytes + bytes > maxBytes;
    return isFull ? begin({ day, number: file.number + 1 }) : file;
  }

  return {
    current: () => last,
    write(line) {
      const bytes = Buffer.byteLength(line);
      try {
        const file = placeFor(bytes);
        writeSync(file.descriptor, line);
        file.bytes += bytes;
      } catch (error) {
        close();
        throw error;
      }
    },
    close,
  };
}
