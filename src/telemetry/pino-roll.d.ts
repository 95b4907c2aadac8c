/** pino-roll ships no types; only what log-file.ts uses. */
declare module 'pino-roll' {
  import type { EventEmitter } from 'node:events';

  interface RollingFile extends EventEmitter {
    /** Path of the file that is written now. */
    readonly file: string;
    write(text: string): boolean;
    end(): void;
  }

  interface Options {
    readonly file: string;
    readonly extension?: string;
    readonly dateFormat?: string;
    readonly frequency?: 'daily' | 'hourly' | number;
    readonly limit?: { readonly count: number; readonly removeOtherLogFiles?: boolean };
    readonly mkdir?: boolean;
  }

  function buildRollingFile(options: Options): Promise<RollingFile>;
  export = buildRollingFile;
}
