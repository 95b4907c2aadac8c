/** Asks storages for the sizes of disks whose configuration has none, as of disks that were attached by hand. */
import { mapInTurns } from '../../../config/breathe.js';
import { errorText, toProxboxError } from '../../../errors/proxbox-error.js';
import { parseGuestDisks, type UnsizedDisk } from '../../../proxmox/parse/disks.js';
import { readVolumeSizes } from '../../../proxmox/reads/storage.js';
import { readFromCluster } from '../../collect/proxmox.js';
import type { LocatedConfig } from '../../guests.js';
import type { KnownGuest } from '../../plan/roster.js';
import type { RunContext } from '../../run-context.js';
import type { DiskMachine } from './types.js';

type Machine = KnownGuest & LocatedConfig;

/** One request per storage and owner of such volumes; none for a guest whose disks all have a size. */
export async function withSizes(run: RunContext, machines: readonly Machine[]): Promise<readonly DiskMachine[]> {
  return mapInTurns(machines, (machine) => {
    const questions = questionsAbout(machine);
    return questions.length === 0 ? { ...machine, ...nothingToAsk } : withAnswers(run, machine, questions);
  });
}

const nothingToAsk = { sizes: new Map<string, number>(), unasked: new Map<string, string>() };

async function withAnswers(run: RunContext, machine: Machine, questions: readonly Question[]): Promise<DiskMachine> {
  const sizes = new Map<string, number>();
  const unasked = new Map<string, string>();
  await Promise.all(questions.map((question) => ask(run, machine, question, { sizes, unasked })));
  return { ...machine, sizes, unasked };
}

interface Question {
  readonly storage: string;
  /** Proxmox shows a volume to whoever names the guest that it belongs to, which its name says. */
  readonly vmid: number;
}

function questionsAbout({ config, resource }: Machine): readonly Question[] {
  if (config.status !== 'read') return [];
  const questions = parseGuestDisks(config.config).unsized.flatMap((disk) => questionOf(disk, resource.vmid));
  return [...new Map(questions.map((question) => [`${question.storage} ${question.vmid}`, question])).values()];
}

function questionOf({ storageName, volume }: UnsizedDisk, guest: number): readonly Question[] {
  if (storageName === null) return [];
  const owner = /(?:^|[:/])(?:vm|base|subvol|basevol)-(\d{1,9})-/.exec(volume)?.[1];
  return [{ storage: storageName, vmid: owner === undefined ? guest : Number(owner) }];
}

async function ask(
  run: RunContext,
  { cluster, node }: Machine,
  { storage, vmid }: Question,
  { sizes, unasked }: { readonly sizes: Map<string, number>; readonly unasked: Map<string, string> },
): Promise<void> {
  try {
    const told = await readFromCluster(run, cluster, (session) =>
      readVolumeSizes(session, { node, storage, vmid, signal: run.signal }),
    );
    for (const [volume, sizeMb] of told) sizes.set(volume, sizeMb);
  } catch (error) {
    run.signal.throwIfAborted();
    unasked.set(storage, errorText(toProxboxError(error)));
  }
}
