/** The pages about the structure say what is there: the picture is that of the layers, and files named in passing exist. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withLayers } from './picture.js';

const tops = ['src', 'test', 'docs', 'migrations'];
const places = tops.flatMap((top) =>
  readdirSync(top, { recursive: true, withFileTypes: true }).map(({ parentPath, name }) => `${parentPath}/${name}`),
);

/**
 * Files and folders in backticks that are not named whole: by their last part, as a page names a folder once and then its
 * files, or with a gap, `*` or `<name>`.
 */
function partsIn(page: string): readonly string[] {
  const quoted = [...page.matchAll(/`([\w.*<>/-]+)`/g)].map(([, text]) => text ?? '');
  const isPath = (text: string): boolean => /\w\.(ts|js|mjs|md|sql)$/.test(text) || /^\w+\/.*[*<]/.test(text);
  return quoted.filter(
    (text) => isPath(text) && (/[*<]/.test(text) || !tops.some((top) => text.startsWith(`${top}/`))),
  );
}

function exists(path: string): boolean {
  const pattern = path.replaceAll('.', '\\.').replaceAll(/<\w+>|\*/g, '[^/]+');
  return places.some((place) => new RegExp(`(^|/)${pattern}$`).test(place));
}

describe('docs/architecture.md', () => {
  it('shows the layers as they are stated; npm run docs draws them', () => {
    const page = readFileSync('docs/architecture.md', 'utf8');

    expect(page).toBe(withLayers(page));
  });
});

describe.each(['docs/architecture.md', 'docs/development.md', 'src/http/routes/README.md'])('%s', (name) => {
  it('names files and folders that exist, also where it names only their last part', () => {
    const parts = partsIn(readFileSync(name, 'utf8'));

    expect(parts.length).toBeGreaterThan(6);
    expect(parts.filter((part) => !exists(part))).toEqual([]);
  });
});
