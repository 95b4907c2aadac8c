/** What commands write: lines and JSON on standard output. */

/** The exit status that the process ends with; a command sets it. */
export interface Told {
  status: number;
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}
