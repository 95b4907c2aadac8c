/** `proxbox-api completion`: what a shell needs to complete the words of this command, made from the commands themselves. */
import { Argument, type Command } from 'commander';
import { exitStatus } from '../exit-status.js';
import { runAndEnd } from './ending.js';
import type { Told } from './output.js';

/** What may stand after a word that begins a case. */
interface Case {
  /** The commands so far, or an option that wants a value: `keys add`, `sync --stage`. */
  readonly after: string;
  readonly words: readonly string[];
}

function casesOf(command: Command, path: readonly string[]): readonly Case[] {
  const after = path.join(' ');
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const options = command.options.flatMap(({ long }) => long ?? []);
  const words = [...command.commands.map((one) => one.name()), ...choices, ...options, '--help'];
  const values = command.options.flatMap(({ long, argChoices }) =>
    argChoices === undefined ? [] : [{ after: `${after} ${long}`.trim(), words: argChoices }],
  );
  return [{ after, words }, ...values, ...command.commands.flatMap((one) => casesOf(one, [...path, one.name()]))];
}

/** For bash; zsh takes it as well. The words so far decide, the longest case first. */
function scriptOf(program: Command): string {
  const cases = casesOf(program, []).toSorted((left, right) => right.after.length - left.after.length);
  const lines = cases.map(({ after, words }) => {
    const pattern = after === '' ? '*' : after.includes('--') ? `"${after}"` : `"${after}"|"${after} "*`;
    return `    ${pattern}) words="${words.join(' ')}" ;;`;
  });
  return `# Completion of proxbox-api. bash: source <(proxbox-api completion bash); zsh: the same after autoload -U bashcompinit && bashcompinit
_proxbox_api() {
  local IFS=$' \\t\\n' words
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1}" in
${lines.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _proxbox_api proxbox-api
`;
}

export function addCompletion(program: Command, told: Told): void {
  program
    .command('completion')
    .description('Prints a script that completes the words of this command: source <(proxbox-api completion bash)')
    .addArgument(new Argument('<shell>', 'whose script').choices(['bash', 'zsh']))
    .action(
      runAndEnd(told, async () => {
        process.stdout.write(scriptOf(program));
        return exitStatus.ok;
      }),
    );
}
