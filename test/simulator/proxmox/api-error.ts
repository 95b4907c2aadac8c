/** An answer that is not a success: Proxmox puts the text for people into the reason phrase of the status line. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: Readonly<Record<string, string>> | undefined;

  constructor(status: number, reason: string, errors?: Readonly<Record<string, string>>) {
    super(reason);
    this.status = status;
    this.errors = errors;
  }
}

/** Nobody knows who asks: 401, and no body. */
export class Unidentified extends ApiError {
  constructor(reason: string) {
    super(401, reason);
  }
}
