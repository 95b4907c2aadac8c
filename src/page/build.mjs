/**
 * Builds the page of operators into dist/page: one script and one style sheet, both named after their content, and the document
 * that names them.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const source = path.dirname(fileURLToPath(import.meta.url));
const target = path.resolve(source, '../../dist/page');

const read = (name) => readFile(path.join(source, name), 'utf8');

/** A browser may keep a file of this name for ever. */
function namedAfterContent(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const { name: stem, ext } = path.parse(name);
  return { name: `${stem}-${hash}${ext}`, content };
}

async function script() {
  const bundle = await rolldown({
    input: path.join(source, 'main.tsx'),
    platform: 'browser',
    tsconfig: path.join(source, 'tsconfig.json'),
    transform: { target: 'es2022' },
  });
  const { output } = await bundle.generate({ format: 'es', minify: true });
  await bundle.close();
  return output[0].code;
}

const assets = [
  namedAfterContent('page.js', await script()),
  namedAfterContent('page.css', await read('page.css')),
  namedAfterContent('icon.svg', await read('icon.svg')),
];
const [code, styles, icon] = assets;
const page = (await read('index.html'))
  .replace('{script}', code.name)
  .replace('{styles}', styles.name)
  .replace('{icon}', icon.name);
const files = [...assets, { name: 'index.html', content: page }];
await mkdir(target, { recursive: true });
for (const { name, content } of files) await writeFile(path.join(target, name), content);
// Last: a service that starts meanwhile finds either all of the former page or all of this one.
for (const name of await readdir(target))
  if (!files.some((file) => file.name === name)) await rm(path.join(target, name), { recursive: true });
