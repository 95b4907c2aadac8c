/** Before the tests: where the programs are that docs/deploy has files for; Debian's are installed where there are none. */
import type { TestProject } from 'vitest/node';
import { ensureProgram } from '../support/debian-program.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    readonly nginx: string;
    readonly caddy: string;
    readonly systemdAnalyze: string;
  }
}

const programs = [
  ['nginx', { title: 'nginx', names: ['nginx'], debian: 'nginx', variable: 'NGINX' }],
  ['caddy', { title: 'Caddy', names: ['caddy'], debian: 'caddy', variable: 'CADDY' }],
  [
    'systemdAnalyze',
    { title: 'systemd-analyze', names: ['systemd-analyze'], debian: 'systemd', variable: 'SYSTEMD_ANALYZE' },
  ],
] as const;

export default async function setup({ provide }: TestProject): Promise<void> {
  for (const [name, program] of programs)
    provide(
      name,
      await ensureProgram({ ...program, tests: 'The tests of docs/deploy need' }, (text: string) => console.log(text)),
    );
}
