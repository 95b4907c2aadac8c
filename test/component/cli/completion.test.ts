/** Completion in a real shell, from the script that the command prints. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** What bash proposes after these words, of which the last one is begun. */
async function proposed(...words: readonly string[]): Promise<readonly string[]> {
  const script = [
    'source <(node dist/cli/proxbox-api.js completion bash)',
    'COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))',
    '_proxbox_api',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  const { stdout } = await run('bash', ['-c', script, 'bash', 'proxbox-api', ...words]);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('proxbox-api completion', () => {
  it.each([
    [['do'], ['doctor']],
    [
      ['doctor', ''],
      ['proxmox', 'netbox', '--endpoint-ids', '--source', '--json', '--help'],
    ],
    [['doctor', 'n'], ['netbox']],
    [
      ['keys', ''],
      ['list', 'add', 'revoke', '--help'],
    ],
    [['sync', '--stage', 'virtual-m'], ['virtual-machines']],
    [['sync', '--st'], ['--stage']],
  ])('completes %j', async (words, expected) => {
    expect(await proposed(...words)).toEqual(expect.arrayContaining(expected));
  });

  it('proposes nothing that the word does not begin with', async () => {
    expect(await proposed('runs', '--j')).toEqual(['--json']);
    expect(await proposed('xyz')).toEqual([]);
  });

  it('names the shells that it knows to whoever asks for another', async () => {
    await expect(run('node', ['dist/cli/proxbox-api.js', 'completion', 'fish'])).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining('bash, zsh'),
    });
  });
});
