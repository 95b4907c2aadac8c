/** Times that come again and again, as crontab(5) writes them. */
import { Cron } from 'croner';

export interface Recurring {
  /** Undefined: never again. In the time zone of the process (`TZ`). */
  nextAfter(time: Date): Date | undefined;
}

/** Five fields (minute, hour, day of month, month, day of week), or six that begin with seconds. @throws Error saying what is wrong */
export function recurring(pattern: string): Recurring {
  const cron = new Cron(pattern, { paused: true });
  return { nextAfter: (time) => cron.nextRun(time) ?? undefined };
}
