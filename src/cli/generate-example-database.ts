/** Writes database.db.example: an empty database as the migrations make it, for those who want to look at the tables. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { systemClock } from '../config/clock.js';
import { openDatabase } from '../db/open.js';

const target = fileURLToPath(new URL('../../database.db.example', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-example-'));
const file = path.join(folder, 'database.db');
const db = openDatabase({ path: file, clock: systemClock, logger: pino({ level: 'silent' }) });
// A plain file: the journal mode is set again when the service opens a copy of it.
db.sqlite.pragma('journal_mode = DELETE');
db.close();
copyFileSync(file, target);
rmSync(folder, { recursive: true });
console.log(`Written: ${target}`);
