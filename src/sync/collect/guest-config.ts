/** The configurations of guests, each read once per run, however many stages ask. */
import { mapInTurns } from '../../config/breathe.js';
import { toProxboxError, type ProxboxError } from '../../errors/proxbox-error.js';
import { isGuestGone } from '../../proxmox/failures.js';
import { unfinishedLock } from '../../proxmox/parse/guest-resources.js';
import { readGuestConfig } from '../../proxmox/reads/guests.js';
import { substep } from '../events.js';
import { isNodeOffline, whyUndescribed, whyUnfinished } from '../plan/roster.js';
import type { RunContext } from '../run-context.js';
import { requireOneRead } from './nothing-read.js';
import { readFailure, readFromCluster } from './proxmox.js';
import { describeGuest, type ConfigRead, type ListedGuest, type LocatedConfig } from '../guests.js';

/** `phase` tells who waits for them. */
export async function readConfigs<G extends ListedGuest>(
  run: RunContext,
  guests: readonly G[],
  phase: string,
): Promise<readonly (G & LocatedConfig)[]> {
  let done = 0;
  return mapInTurns(guests, async (guest) => {
    const { config, node } = await run.guestReads.config(guest, () => readConfig(run, guest));
    done += 1;
    if (done % 100 === 0)
      run.events.emit(substep(phase, 'read_configs', `Read ${done} of ${guests.length} guest configurations.`));
    const resource = node === guest.resource.node ? guest.resource : { ...guest.resource, node };
    return { ...guest, resource, config, node };
  });
}

/** As `readConfigs`, for stages that are about nothing but these guests. @throws when there are guests and none was read */
export async function readSomeConfigs<G extends ListedGuest>(
  run: RunContext,
  guests: readonly G[],
  phase: string,
): Promise<readonly (G & LocatedConfig)[]> {
  const read = await readConfigs(run, guests, phase);
  requireOneRead(
    'guest',
    read.map(({ config }) => (config.status === 'read' ? undefined : config)),
  );
  return read;
}

async function readConfig(run: RunContext, listed: ListedGuest): Promise<LocatedConfig> {
  const { cluster, resource } = listed;
  const subject = describeGuest(listed);
  if (isNodeOffline(cluster.view, resource.node)) {
    const message = `${subject} cannot be read while its node is offline; it stays as it is.`;
    return { config: { status: 'skip', reason: { code: 'node_offline', message } }, node: resource.node };
  }
  // Its configuration could be read, but half of a guest is not enough to write it.
  if (!resource.isDescribed)
    return { config: { status: 'skip', reason: whyUndescribed(cluster.view, resource) }, node: resource.node };
  try {
    const read = await readFromCluster(run, cluster, (session) =>
      readGuestConfig(session, resource, { signal: run.signal }),
    );
    if (read.status === 'gone') return { config: gone(subject), node: resource.node };
    const lock = unfinishedLock(read.config['lock']);
    if (lock !== undefined) {
      const { type, vmid } = resource;
      return { config: { status: 'skip', reason: whyUnfinished(subject, { type, vmid, lock }) }, node: read.node };
    }
    return { config: { status: 'read', config: read.config }, node: read.node };
  } catch (error) {
    run.signal.throwIfAborted();
    return { config: explain(listed, toProxboxError(error)), node: resource.node };
  }
}

function gone(subject: string): ConfigRead {
  const message = `${subject} disappeared between listing and reading; the next run looks again.`;
  return { status: 'skip', reason: { code: 'guest_gone', message } };
}

function explain(listed: ListedGuest, cause: ProxboxError): ConfigRead {
  const subject = describeGuest(listed);
  if (isGuestGone(cause)) return gone(subject);
  const text = `${subject} was left alone because its configuration cannot be read`;
  return {
    status: 'failed',
    cause,
    reason: readFailure(listed.cluster, { read: 'guest_config', cause, text, otherwise: 'config_unreadable' }),
  };
}
