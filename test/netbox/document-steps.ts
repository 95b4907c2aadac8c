/** Takes a page of the documentation apart into what a reader does: commands, lines of configuration, pages, fields, buttons. */
import { readFileSync } from 'node:fs';

export type Step =
  /** Commands in a shell; what they print, where the page says so. */
  | { readonly does: 'run'; readonly commands: string; readonly staysRunning: boolean; readonly prints: string | null }
  /** Lines for NetBox's `configuration.py`. */
  | { readonly does: 'configure'; readonly lines: string }
  /** The way through NetBox's menu. */
  | { readonly does: 'open'; readonly way: readonly string[] }
  /** Fields of a form. */
  | { readonly does: 'fill'; readonly fields: readonly (readonly [field: string, value: string])[] }
  | { readonly does: 'press'; readonly button: string }
  | { readonly does: 'see'; readonly text: string }
  /** What the page itself says that it is not executed. */
  | { readonly does: 'nothing'; readonly reason: string; readonly commands: string };

export interface Section {
  readonly title: string;
  readonly text: string;
  readonly steps: readonly Step[];
}

const notExecuted = /^\*Not executed: ([^*]+)\*$/;
const spoken = /Open \*\*([^*]+)\*\*|[Pp]ress \*\*([^*]+)\*\*|says \*\*([^*]+)\*\*/g;

interface Block {
  readonly kind: 'text' | 'table' | 'code';
  readonly language: string;
  readonly lines: readonly string[];
}

/** Paragraphs, tables and fenced blocks in their order. */
function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let at = 0;
  const take = (isMore: (line: string) => boolean): readonly string[] => {
    const from = at;
    while (at < lines.length && isMore(lines[at]!)) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const fence = /^```(\w*)$/.exec(line);
    if (fence !== null) {
      at += 1;
      blocks.push({ kind: 'code', language: fence[1]!, lines: take((one) => one !== '```') });
      at += 1;
    } else if (line === '') at += 1;
    else if (line.startsWith('|'))
      blocks.push({ kind: 'table', language: '', lines: take((one) => one.startsWith('|')) });
    else
      blocks.push({
        kind: 'text',
        language: '',
        lines: take((one) => one !== '' && !one.startsWith('|') && !one.startsWith('```')),
      });
  }
  return blocks;
}

function spokenSteps(text: string): readonly Step[] {
  return [...text.matchAll(spoken)].map(([, way, button, seen]): Step => {
    if (way !== undefined) return { does: 'open', way: way.split(' > ') };
    if (button !== undefined) return { does: 'press', button };
    return { does: 'see', text: seen!.replaceAll('`', '') };
  });
}

const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** A table whose first column is called "field" is a form; others are for reading. */
function tableSteps(lines: readonly string[]): readonly Step[] {
  if (cellsOf(lines[0]!)[0] !== 'field') return [];
  const fields = lines.slice(2).map((line) => {
    const [field = '', value = ''] = cellsOf(line);
    return [field, value.replace(/^`([^`]*)`.*$/, '$1')] as const;
  });
  return [{ does: 'fill', fields }];
}

function codeStep({ language, lines }: Block, before: string, after: Block | undefined): Step | null {
  const text = lines.join('\n');
  const commands = language === 'sh' || language === 'python';
  const reason = notExecuted.exec(before.split('\n').at(-1) ?? '')?.[1];
  if (commands && reason !== undefined) return { does: 'nothing', reason, commands: text };
  if (language === 'python') return { does: 'configure', lines: text };
  if (language === 'sh')
    return {
      does: 'run',
      commands: text,
      staysRunning: before.endsWith('and leave it running:'),
      prints: after?.language === 'text' ? after.lines.join('\n') : null,
    };
  // Belongs to the command before it.
  if (language === 'text') return null;
  throw new Error(`The page has a block that nobody knows how to do: \`\`\`${language}\n${text}`);
}

function stepsOf(lines: readonly string[]): readonly Step[] {
  const blocks = blocksOf(lines);
  return blocks.flatMap((block, index) => {
    if (block.kind === 'table') return tableSteps(block.lines);
    if (block.kind === 'text') return spokenSteps(block.lines.join(' '));
    const before = blocks[index - 1]?.kind === 'text' ? blocks[index - 1]!.lines.join('\n') : '';
    const next = blocks.slice(index + 1).find(({ kind }) => kind === 'code');
    const step = codeStep(block, before, next);
    return step === null ? [] : [step];
  });
}

/** The parts of the page under its headings of the second degree, in their order. */
export function sectionsOf(page: URL): readonly Section[] {
  const [, ...parts] = readFileSync(page, 'utf8').split(/^## /m);
  return parts.map((part) => {
    const [title = '', ...lines] = part.split('\n');
    return { title, text: lines.join('\n'), steps: stepsOf(lines) };
  });
}
