/** Making a backup of a guest. */
import { z } from 'zod';
import { ProxboxError } from '../errors/proxbox-error.js';
import { path } from '../proxmox/host.js';
import { writeTimeoutMs } from '../proxmox/session.js';
import { textIn } from './body-text.js';
import type { Told, Verb, VerbCall } from './types.js';

const modes = ['snapshot', 'suspend', 'stop'] as const;
const compressions = ['0', '1', 'gzip', 'lzo', 'zstd'] as const;
/** Of Proxmox, counted as it is sent. */
const maxNotes = 1024;

interface Wish {
  readonly storage: string;
  readonly mode: string;
  readonly compress: string;
  readonly notes?: string;
}

function invalid(text: string): ProxboxError {
  return new ProxboxError('invalid_parameter', text);
}

function oneOf(name: string, value: string, known: readonly string[]): string {
  if (known.includes(value)) return value;
  throw invalid(`'${name}' must be one of ${known.join(', ')}.`);
}

/** Proxmox takes a template of a single line, in which a backslash begins an escape. */
function escaped(notes: string): string {
  return notes.replaceAll('\\', String.raw`\\`).replaceAll(/\r?\n|\r/g, String.raw`\n`);
}

function wishOf({ body }: VerbCall): Wish {
  const storage = textIn(body, 'storage')?.trim() ?? '';
  if (storage === '') {
    throw new ProxboxError('storage_required', "Backup verb requires a JSON body with a non-empty 'storage' field.");
  }
  const notes = textIn(body, 'notes');
  if (escaped(notes ?? '').length > maxNotes) throw invalid(`'notes' may have ${maxNotes} characters.`);
  return {
    storage,
    mode: oneOf('mode', textIn(body, 'mode') ?? 'snapshot', modes),
    compress: oneOf('compress', textIn(body, 'compress') ?? 'zstd', compressions),
    ...(notes === undefined ? {} : { notes }),
  };
}

export const backupVerb: Verb = {
  name: 'backup',
  summary: 'Back a guest up to `storage`; optional `mode`, `compress` and `notes`',
  body: z.looseObject({
    storage: z.string().min(1),
    mode: z.enum(modes).nullish(),
    compress: z.enum(compressions).nullish(),
    notes: z.string().max(maxNotes).nullish(),
  }),
  plan: (call) => {
    const wish = wishOf(call);
    const { storage, mode, compress, notes } = wish;
    return {
      dispatch: ({ session, node, vmid }) =>
        session.write(
          'POST',
          path`nodes/${node}/vzdump`,
          { vmid, storage, mode, compress, 'notes-template': notes === undefined ? undefined : escaped(notes) },
          { timeoutMs: writeTimeoutMs },
        ),
      told: (): Told => ({ ...wish }),
      note: () => `storage ${storage}, mode ${mode}, compress ${compress}`,
    };
  },
  accepted: { status: 200, result: 'ok' },
  failed: { code: 'proxmox_dispatch_failed', result: 'failed' },
  checkFailed: 'proxmox_status_unreachable',
  isIdempotent: true,
};
