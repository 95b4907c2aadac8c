import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';

const command = ['build/test/demo/simulator.js'];

describe('npm run simulator', () => {
  it('prints one line of credentials when everything listens, and ends with status 0 on SIGTERM', async () => {
    const child = spawn(process.execPath, [...command, '--vms', '4', '--clusters', '2'], { stdio: 'pipe' });
    const exited = once(child, 'exit');
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const started = JSON.parse(line);
    const answer = await fetch(`${started.netbox.url}/api/status/`, {
      headers: { authorization: `Bearer nbt_${started.netbox.token_v2.key}.${started.netbox.token_v2.secret}` },
    });
    child.kill('SIGTERM');

    expect(answer.status).toBe(200);
    expect(started.proxmox).toHaveLength(2);
    expect(started.proxmox[0]).toMatchObject({ url: expect.any(String), token_name: expect.any(String) });
    expect(await exited).toEqual([0, null]);
  });

  it('ends with status 64 and the usage on an unknown option', async () => {
    const child = spawn(process.execPath, [...command, '--nope'], { stdio: 'pipe' });
    const exited = once(child, 'exit');
    const [line] = await once(createInterface({ input: child.stderr }), 'line');

    expect(line).toContain('--nope');
    expect(await exited).toEqual([64, null]);
  });
});
