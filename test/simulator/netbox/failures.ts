import type { FieldErrors, Row } from './types.js';

/** The request ends with this answer. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(`NetBox simulator answers ${status}`);
  }
}

/** Validation refused an object: 400 with messages by field, or an entry in a bulk answer. */
export class Invalid extends Error {
  constructor(readonly errors: FieldErrors) {
    super('validation failed');
  }
}

/** One value of one field was refused. The detail is a list of messages, or an object for nested values. */
export class FieldProblem extends Error {
  constructor(readonly detail: unknown) {
    super('field refused');
  }
}

/** A DELETE is held back by objects that protect what they point at. */
export class Dependents extends Error {
  constructor(readonly rows: readonly { readonly row: Row; readonly display: string }[]) {
    super('dependent objects');
  }
}

/** A unique constraint of the database was hit by something validation did not see: NetBox answers 500. */
export class IntegrityError extends Error {
  constructor(constraint: string, columns: string, values: string) {
    super(
      `duplicate key value violates unique constraint "${constraint}"\nDETAIL:  Key (${columns})=(${values}) already exists.\n`,
    );
  }
}

/** Refuses one field, or with `__all__` the object as a whole. */
export const refuse = (field: string, message: string): never => {
  throw new Invalid({ [field]: [message] });
};

export const refuseField = (message: string): never => {
  throw new FieldProblem([message]);
};
