/** Before the tests: where Chromium is; Debian's is installed where there is none. */
import type { TestProject } from 'vitest/node';
import { ensureChromium } from '../browser/chromium.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    readonly chromium: string;
  }
}

export default async function setup({ provide }: TestProject): Promise<void> {
  provide('chromium', await ensureChromium((text: string) => console.log(text)));
}
