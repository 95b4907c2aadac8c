/** From what was found out about NetBox to causes and cures. Pure. */
import { isWell, worstFirst } from '../doctor/problem.js';
import { errorText, type ProxboxError } from '../errors/proxbox-error.js';
import { isAtLeast, isExaminedVersion } from '../netbox/version.js';
import { rightProblems, rightReports } from './diagnose-rights.js';
import type { Findings, NetBoxDoctorReport, OpenNetBox, Problem } from './types.js';

const everything = 'everything: nothing is read from NetBox or written to it';

const closed = {
  version: null,
  plugin_version: null,
  branching: false,
  user: null,
  clock_difference_seconds: null,
  page_size: null,
  rights: [],
} as const;

/** What is told where no endpoint is stored, or none that is meant. */
export function withoutEndpoint(error: ProxboxError): NetBoxDoctorReport {
  const none = { endpoint_id: null, endpoint: '', reachable: false, token_version: null };
  return { ok: false, ...none, ...closed, problems: [connectionProblem(error)] };
}

export function diagnose({ endpoint, answer }: Findings): NetBoxDoctorReport {
  const of = { endpoint_id: endpoint.id, endpoint: endpoint.name, token_version: endpoint.tokenVersion };
  if (!answer.ok) {
    const reachable = answer.error.upstream !== undefined;
    return { ok: false, ...of, reachable, ...closed, problems: [connectionProblem(answer.error)] };
  }
  const { open } = answer;
  const rights = rightReports(open);
  const problems = worstFirst([...installationProblems(open, endpoint.tokenVersion), ...rightProblems(open, rights)]);
  return {
    ok: isWell(problems),
    ...of,
    reachable: true,
    version: open.status.version.text,
    plugin_version: open.status.plugins.get('netbox_proxbox') ?? null,
    branching: open.status.plugins.has('netbox_branching'),
    user: open.user?.name ?? null,
    clock_difference_seconds: open.clockDifferenceS,
    page_size: open.pageSize,
    rights,
    problems,
  };
}

/** The text of the error, without the remedy that is told beside it. */
function causeOf(error: ProxboxError): string {
  const { detail, message, remedy } = error;
  return typeof detail === 'string' && detail.endsWith(remedy) ? message : errorText(error);
}

function connectionProblem(error: ProxboxError): Problem {
  return {
    code: error.code,
    severity: 'error',
    cause: causeOf(error),
    cure: error.remedy,
    commands: [],
    missing: [everything],
  };
}

type Told = Omit<Problem, 'commands' | 'missing'> & Partial<Problem>;

const problem = (told: Told): Problem => ({ commands: [], missing: [], ...told });

/** Above it times in NetBox and in this service cannot be compared at a glance. */
const clockToleranceS = 60;

function installationProblems(open: OpenNetBox, tokenVersion: string): readonly Problem[] {
  return [
    ...versionProblems(open, tokenVersion),
    ...pluginProblems(open),
    ...requiredFieldProblems(open),
    ...pageProblems(open),
    ...clockProblems(open),
    ...failedReads(open),
  ];
}

function versionProblems({ status: { version } }: OpenNetBox, tokenVersion: string): readonly Problem[] {
  const problems: Problem[] = [];
  if (!isExaminedVersion(version))
    problems.push(
      problem({
        code: 'version_not_examined',
        severity: 'warning',
        cause: `NetBox ${version.text} was not examined; 4.5, 4.6 and 4.7 were.`,
        cure: 'Try a preview first (proxbox-api plan). Use an examined release where anything is refused.',
      }),
    );
  if (tokenVersion === 'v1' && isAtLeast(version, 4, 6))
    problems.push(
      problem({
        code: 'token_v1',
        severity: 'note',
        cause: 'The endpoint uses a v1 token, which NetBox deprecates since 4.6.',
        cure: 'Make a v2 token (Admin > API Tokens) and store its key and secret for the endpoint.',
      }),
    );
  return problems;
}

function pluginProblems({ status, settingsError }: OpenNetBox): readonly Problem[] {
  if (!status.plugins.has('netbox_proxbox'))
    return [
      problem({
        code: 'plugin_missing',
        severity: 'warning',
        cause: 'The plugin netbox-proxbox is not installed in this NetBox.',
        cure: 'Install it, and migrate (docs/with-the-plugin.md). Without it the sync goes on.',
        missing: [
          'which guest a machine stands for (it is found by its name), storages, snapshots, backups, replication and backup jobs, task history',
        ],
      }),
    ];
  // That the token may not see them is told with the other permissions.
  if (settingsError === null || settingsError.upstream?.status === 403) return [];
  return [
    problem({
      code: 'settings_unreadable',
      severity: 'warning',
      cause: `The plugin's settings cannot be read: ${errorText(settingsError)}`,
      cure: 'Open the page of the settings in NetBox, and look at its log. The variables of docs/configuration.md say the same to the service.',
      missing: ['what is set on the page of the plugin: defaults are used'],
    }),
  ];
}

function requiredFieldProblems({ requiredFields }: OpenNetBox): readonly Problem[] {
  return (requiredFields ?? []).map(({ name, models }) =>
    problem({
      code: 'required_custom_field',
      severity: 'warning',
      cause: `The custom field "${name}" of ${models.join(', ')} is required and has no default.`,
      cure: 'Give it a default, or make it not required (Customization > Custom Fields). NetBox refuses every new object without a value.',
      missing: [`new objects of ${models.join(', ')}`],
    }),
  );
}

function pageProblems({ pageSize }: OpenNetBox): readonly Problem[] {
  if (pageSize === null) return [];
  return [
    problem({
      code: 'page_size_small',
      severity: 'note',
      cause: `NetBox gives ${pageSize} objects at once at most.`,
      cure: 'Set MAX_PAGE_SIZE to 1000, its default, in configuration.py: lists take fewer requests.',
    }),
  ];
}

function clockProblems({ clockDifferenceS }: OpenNetBox): readonly Problem[] {
  if (clockDifferenceS === null || Math.abs(clockDifferenceS) <= clockToleranceS) return [];
  const where = clockDifferenceS > 0 ? 'ahead of' : 'behind';
  return [
    problem({
      code: 'clock_differs',
      severity: 'note',
      cause: `NetBox's clock is ${Math.abs(clockDifferenceS)} s ${where} the one of this service.`,
      cure: 'Let both hosts take the time from the network: times in NetBox, in the log and in the ledger do not fit together.',
      commands: ['timedatectl status'],
    }),
  ];
}

function failedReads({ reach }: OpenNetBox): readonly Problem[] {
  return [...reach].flatMap(([path, one]) =>
    one.kind === 'failed'
      ? [
          problem({
            code: 'read_failed',
            severity: 'warning',
            cause: `GET or OPTIONS ${path} failed: ${causeOf(one.error)}`,
            cure: one.error.remedy,
          }),
        ]
      : [],
  );
}
