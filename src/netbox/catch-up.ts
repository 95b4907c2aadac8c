/** Lets NetBox's change log tell which of the answers in the cache are still true. */
import type { Clock } from '../config/clock.js';
import { madeUntrueByOthers, type LoggedChange } from './change-effects.js';
import type { ChangeLog, News } from './change-log.js';
import type { GetCache } from './get-cache.js';
import type { CaughtUp, Doubt, NetBoxClient } from './types.js';

export interface CatchUpDeps {
  readonly clock: Clock;
  readonly cache: GetCache;
  readonly changeLog: ChangeLog;
  /** Names the endpoint in cache addresses. */
  readonly fingerprint: string;
}

/** See `NetBoxClient.catchUp`. The client reads main. */
export type CatchUp = (client: Pick<NetBoxClient, 'get' | 'list'>, fullReadMs: number) => Promise<CaughtUp>;

export function createCatchUp({ clock, cache, changeLog, fingerprint }: CatchUpDeps): CatchUp {
  /** When everything was doubted last: what was read before is never confirmed again. */
  let doubted: { readonly floor: number; readonly atMs: number } | undefined;
  let askedAt = clock.now();
  let turn: Promise<unknown> = Promise.resolve();

  function confirm(changes: readonly LoggedChange[], floor: number): void {
    cache.confirm({ endpoint: fingerprint, branch: '' }, madeUntrueByOthers(changes), floor);
  }

  function doubt(why: Doubt, changes: readonly LoggedChange[] = []): CaughtUp {
    doubted = { floor: cache.mark(), atMs: clock.monotonicMs() };
    // Confirms nothing; but a call within a job uses what the calls before it read, and that is not true any more.
    if (changes.length > 0) confirm(changes, doubted.floor);
    return { status: 'unknown', doubt: why };
  }

  function judge(news: News, fullReadMs: number): CaughtUp {
    const { changes } = news;
    if (news.status === 'unknown') return doubt(news.doubt, changes);
    if (doubted === undefined) return doubt('first', changes);
    if (clock.monotonicMs() - doubted.atMs >= fullReadMs) return doubt('due', changes);
    confirm(changes, doubted.floor);
    const changed = new Set(changes.map(({ model, objectId }) => `${model}:${objectId}`)).size;
    return { status: 'known', changed, since: askedAt };
  }

  async function catchUp(...[client, fullReadMs]: Parameters<CatchUp>): Promise<CaughtUp> {
    if (fullReadMs <= 0 || !cache.isShared()) return doubt('off');
    const now = clock.now();
    const caught = judge(await changeLog.follow(client), fullReadMs);
    askedAt = now;
    return caught;
  }

  return (client, fullReadMs) => {
    // One at a time: each goes on where the one before it ended.
    const mine = turn.then(() => catchUp(client, fullReadMs));
    turn = mine.catch(() => undefined);
    return mine;
  };
}
