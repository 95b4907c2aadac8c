/**
 * One folder for whatever the tests make and leave, gone when they have ended: in memory where there is room, as databases that
 * are made anew for each test spend most of their time waiting for the disk.
 */
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const memory = '/dev/shm';
const enoughBytes = 2 * 2 ** 30;

export default function setup(): () => void {
  const folder = mkdtempSync(path.join(hasRoom() ? memory : tmpdir(), 'proxbox-tests-'));
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

function hasRoom(): boolean {
  if (!existsSync(memory)) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= enoughBytes;
}
