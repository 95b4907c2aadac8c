/** Before a release: the tag in GITHUB_REF_NAME names the version of package.json, and the changelog knows it. */
import { readFileSync } from 'node:fs';

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const { version } = JSON.parse(read('package.json'));
const tag = process.env.GITHUB_REF_NAME ?? '';
const heading = new RegExp(`^## ${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d\\d-\\d\\d\\)$`, 'm');

const faults = [
  tag === `v${version}`
    ? ''
    : `The tag is "${tag}" and the version of package.json ${version}: tag v${version}, or change the version.`,
  heading.test(read('CHANGELOG.md'))
    ? ''
    : `CHANGELOG.md has no heading "## ${version} (<year>-<month>-<day>)": write the date of the release.`,
].filter((fault) => fault !== '');

for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
