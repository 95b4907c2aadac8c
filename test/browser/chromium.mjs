/** Finds Chromium on this machine, and installs Debian's when there is none. */
import { ensureProgram } from '../support/debian-program.mjs';

/** The program: what CHROMIUM names, else the first that is installed, else Debian's, which it installs. Throws with what to do. */
export function ensureChromium(log) {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  const tests = 'The browser tests need';
  return ensureProgram({ title: 'Chromium', names, debian: 'chromium', variable: 'CHROMIUM', tests }, log);
}
