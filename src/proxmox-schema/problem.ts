/** What was wrong with a schema or its source, and what to do: one line for the command and for the start of the service. */
export class SchemaProblem extends Error {
  override readonly name = 'SchemaProblem';
}
