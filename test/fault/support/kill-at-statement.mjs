/** Loaded before the service: the process is killed when it is about to carry out SQL statement KILL_AT, counted from 1. */
import BetterSqlite3 from 'better-sqlite3';

const killAt = Number(process.env['KILL_AT']);
let count = 0;
for (const name of ['prepare', 'exec']) {
  const own = BetterSqlite3.prototype[name];
  BetterSqlite3.prototype[name] = function counted(...words) {
    count += 1;
    if (count === killAt) process.kill(process.pid, 'SIGKILL');
    return own.apply(this, words);
  };
}
