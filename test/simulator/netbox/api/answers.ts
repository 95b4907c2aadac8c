import type { SimulatedAnswer } from '../../http/types.js';
import { jsonAnswer } from '../../http/types.js';
import { ApiFailure, Dependents, IntegrityError, Invalid } from '../failures.js';
import type { NetBoxRelease, Row } from '../types.js';

/** Weak ETag of an object: its last_updated in Python's spelling. */
export const etagOf = (row: Row): string => `W/"${row.last_updated.replace(/Z$/, '+00:00')}"`;

const dependentsText = (error: Dependents): string =>
  `Unable to delete object. ${error.rows.length} dependent objects were found: ` +
  error.rows.map(({ row, display }) => `${display} (${row.id})`).join(', ');

/** NetBox's body for an exception nobody handled. */
const exceptionAnswer = (release: NetBoxRelease, exception: string, error: string): SimulatedAnswer =>
  jsonAnswer(500, { error, exception, netbox_version: release, python_version: '3.12.3' });

/** Turns what was thrown into NetBox's answer; rethrows what is a mistake of the simulator itself. */
export const answerFailure = (release: NetBoxRelease, error: unknown): SimulatedAnswer => {
  if (error instanceof Invalid) return jsonAnswer(400, error.errors);
  if (error instanceof ApiFailure) return jsonAnswer(error.status, error.body, error.headers);
  if (error instanceof Dependents) return jsonAnswer(409, { detail: dependentsText(error) });
  if (error instanceof IntegrityError) return exceptionAnswer(release, 'IntegrityError', error.message);
  throw error;
};
