/** A secret value that cannot be printed by accident: text, JSON, console and logger all show `[secret]`. */
import { inspect } from 'node:util';

/** Only `reveal()` hands the value out, so every use can be found by searching for that word. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
