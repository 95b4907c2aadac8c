import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const small = ['--vms', '4', '--clusters', '1'];

function startDemo(...words: readonly string[]) {
  const child = spawn(process.execPath, ['build/test/demo/demo.js', ...small, ...words], { stdio: 'pipe' });
  return { child, exited: once(child, 'exit') };
}

/** Everything that is printed up to the last line of a demo that stays up. */
async function closingWords(output: AsyncIterable<Buffer>): Promise<string> {
  let said = '';
  for await (const piece of output) {
    said += String(piece);
    if (said.includes('Ctrl-C ends the demo.')) break;
  }
  return said;
}

describe('npm run demo', () => {
  it('with --once names no address, as nothing answers there any more', async () => {
    const { child, exited } = startDemo('--once');

    const said = await text(child.stdout);

    expect(await exited).toEqual([0, null]);
    expect(said).toContain('NetBox is true to Proxmox.');
    expect(said).not.toMatch(/https?:|Ctrl-C/);
  });

  it('else says where to look, answers there, and ends with status 0 on Ctrl-C', async () => {
    const { child, exited } = startDemo();
    const said = await closingWords(child.stdout);
    const documentation = /API documentation +(\S+)/.exec(said)?.[1] ?? '';

    const answer = await fetch(documentation);
    child.kill('SIGINT');

    expect(answer.status).toBe(200);
    expect(await exited).toEqual([0, null]);
  });
});
