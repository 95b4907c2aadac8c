/** What an operator sees of a mistake, taken apart: what the service says of it, and what it says to do. */
import type { Ended, House } from './house.js';

export interface Told {
  /** Where it is seen. */
  readonly at: string;
  readonly says: string;
  /** Empty: what it says is what to do. */
  readonly remedy: string;
}

export interface Mistake {
  /** Completes "One ...". */
  readonly does: string;
  /** Makes the mistake. */
  readonly seen: (house: House) => Promise<Told>;
  /** A page of docs, with its section. */
  readonly more: string;
}

export interface Group {
  readonly title: string;
  readonly mistakes: readonly Mistake[];
}

/** @param remedy the words with which the sentence begins to say what to do */
export function cut(at: string, sentence: string, remedy: string): Told {
  const index = sentence.indexOf(remedy);
  if (index < 0) throw new Error(`"${remedy}" is not what it says to do: ${at}: ${sentence}`);
  const says = sentence.slice(0, index).trim();
  // A rule, such as "a and b must be given together", is the remedy as well.
  if (!/[.:?!|']$/.test(says)) return { at, says: sentence, remedy: '' };
  return { at, says: says.replace(/[\s|:]+$/, ''), remedy: sentence.slice(index) };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function sentenceIn(body: unknown): string {
  const { message, detail, code } = Object(body) as Record<string, unknown>;
  if (Array.isArray(detail)) return detail.map((one: { msg?: unknown }) => textOf(one.msg)).join(' ');
  if (typeof detail === 'object' && detail !== null) return sentenceIn(detail);
  const parts = [textOf(code), textOf(message), textOf(detail)].filter((part) => part !== '');
  return [...new Set(parts)].join(' | ');
}

/** An answer that refuses. */
export function answered({ status, body }: Answer, remedy: string): Told {
  if (status < 400) throw new Error(`It was not refused: ${status} ${JSON.stringify(body)}`);
  return cut(`answer ${status}`, sentenceIn(body), remedy);
}

/** A start that is refused. */
export function refused({ code, stderr }: Ended, remedy: string): Told {
  const [, sentence] = /^proxbox-api cannot start: (.*)\n$/.exec(stderr) ?? [];
  if (code !== 1 || sentence === undefined) throw new Error(`It was not refused in one line: ${code} ${stderr}`);
  return cut('no start', sentence, remedy);
}

/** The one line that matches. */
function oneOf(lines: readonly string[], pattern: RegExp): string {
  const found = [...new Set(lines.filter((line) => pattern.test(line)))];
  if (found.length !== 1) throw new Error(`${found.length} lines say ${pattern}: ${lines.join('\n')}`);
  return found[0]!;
}

/** A line of the log of a process. */
export function warned({ stdout, stderr }: Ended, pattern: RegExp, remedy: string): Told {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  if (lines.length === 0) throw new Error(`It did not start: ${stderr}`);
  const told = lines
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level }) => level >= 40);
  return logged(
    told.map(({ msg }) => msg),
    pattern,
    remedy,
  );
}

export function logged(messages: readonly string[], pattern: RegExp, remedy: string): Told {
  return cut('log', oneOf(messages, pattern), remedy);
}

/** The command, ended with a status that is not 0. @param pattern one line, or several */
export function commanded({ code, stdout, stderr }: Ended, pattern: RegExp, remedy: string): Told {
  if (code === 0) throw new Error(`It was not refused: ${stdout}`);
  const [lines] = new RegExp(`.*(?:${pattern.source}).*`).exec(`${stderr}\n${stdout}`) ?? [];
  if (lines === undefined) throw new Error(`It does not say ${pattern}: ${stderr}\n${stdout}`);
  return cut(`exit status ${code}`, lines.replace(/^error: /, ''), remedy);
}

interface Problem {
  readonly code: string;
  readonly cause: string;
  readonly cure: string;
  readonly commands: readonly string[];
}

/** What a doctor finds. */
export function diagnosed(problems: readonly Problem[], code: string): Told {
  const found = problems.find((problem) => problem.code === code);
  if (found === undefined) throw new Error(`The doctor does not say ${code}: ${JSON.stringify(problems)}`);
  const commands = found.commands.map((command) => `\`${command}\``).join(', then ');
  return { at: 'doctor', says: found.cause, remedy: `${found.cure} ${commands}` };
}
