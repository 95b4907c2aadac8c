/** Renders docs/troubleshooting.md from what was seen. */
import type { Group, Told } from './told.js';

/** A cell of a table of Markdown. */
const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\s+/g, ' ').trim();

/** Words only: variables and columns are written as they are. */
const capital = (text: string): string =>
  text.replace(/^[a-z]+(?=[ ,:])/, (word) => word.charAt(0).toUpperCase() + word.slice(1));

const head = `# Troubleshooting

Mistakes that operators make, by what they were doing. Every sentence is what the service said when a test made the mistake
(\`npx vitest run test/component/troubleshooting\` compares, and writes this page with \`-u\`); only addresses, ports, folders and ids are
examples. "What to do" is the end of the same sentence, or what the service says beside it.

| where it is seen | how |
|---|---|
| no start | one line on standard error, after \`proxbox-api cannot start:\`, and exit status 1 |
| log | a line of the log: standard output, the view Log of the page, or \`GET /admin/logs\` |
| answer | status and sentence of an HTTP answer, which the plugin and the page show |
| doctor | \`proxbox-api doctor\` or \`proxbox-api doctor netbox\`; [operator-guide.md](operator-guide.md#is-proxmox-readable) |
| run | the stream of a run, its view on the page, \`proxbox-api runs <id>\` |
| exit status | the command, on standard error |

What is not here: every code with its remedy stands in [errors.md](errors.md).
`;

/** @param told what was seen of each mistake, by what one does */
export function pageOf(groups: readonly Group[], told: ReadonlyMap<string, Told>): string {
  const sections = groups.map(({ title, mistakes }) => {
    const rows = mistakes.map(({ does, more }) => {
      const { at, says, remedy } = told.get(`${title}: ${does}`)!;
      const [file = ''] = more.split('#');
      return `| ${cell(does)} | *${at}:* ${cell(says)} | ${remedy === '' ? 'As it says.' : cell(capital(remedy))} | [${file}](${more}) |`;
    });
    return `## ${title}

| One ... | and sees | What to do | More |
|---|---|---|---|
${rows.join('\n')}
`;
  });
  return [head, ...sections].join('\n');
}
