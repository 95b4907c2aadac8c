/** proxbox-api.service in the eyes of systemd, with the folder of this checkout in the place of /opt/proxbox-api. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { read } from '../support/deploy-files.js';

let file: string;
const analyze = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(inject('systemdAnalyze'), [...args, file], { encoding: 'utf8' });
  return { status, told: `${stdout}${stderr}`.trim() };
};

/** @param change what is wrong with it */
function place(change: (unit: string) => string = (unit) => unit): void {
  const unit = read('proxbox-api.service').replaceAll('/opt/proxbox-api', process.cwd());
  writeFileSync(file, change(unit));
}

beforeAll(() => {
  file = path.join(mkdtempSync(path.join(tmpdir(), 'proxbox-unit-')), 'proxbox-api.service');
});

describe('proxbox-api.service', () => {
  it('is verified without a word', () => {
    place();

    expect(analyze('verify')).toEqual({ status: 0, told: '' });
  });

  it('is looked at by a check that sees a misspelt line', () => {
    place((unit) => unit.replace('NoNewPrivileges', 'NoNewPrivilege'));

    expect(analyze('verify').told).toContain("'NoNewPrivilege'");
  });

  it('is exposed as little as docs/deploy/README.md says', () => {
    place();
    const { told } = analyze('security', '--offline=true', '--no-pager');
    const [, exposure = ''] = /Overall exposure level for proxbox-api\.service: ([\d.]+)/.exec(told) ?? [];

    expect(Number(exposure)).toBeGreaterThan(0);
    expect(Number(exposure)).toBeLessThan(1.5);
    expect(read('README.md')).toContain('1.3 of 10');
  });
});
