/** What a doctor found to be wrong, whatever it examined (wire names, as in the answers of the routes). */

export interface Problem<Code extends string = string> {
  readonly code: Code;
  /** A `note` is worth knowing and leaves what was examined well. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly cause: string;
  readonly cure: string;
  /** In this order; the cure says where. */
  readonly commands: readonly string[];
  /** What is missing until then, mostly in NetBox. */
  readonly missing: readonly string[];
}

const severities: readonly Problem['severity'][] = ['error', 'warning', 'note'];

/** The worst first, else as they were. */
export function worstFirst<Code extends string>(problems: readonly Problem<Code>[]): readonly Problem<Code>[] {
  return problems.toSorted((left, right) => severities.indexOf(left.severity) - severities.indexOf(right.severity));
}

/** Neither errors nor warnings. */
export function isWell(problems: readonly Problem[]): boolean {
  return problems.every(({ severity }) => severity === 'note');
}
