// The one error class that crosses the wire. Whatever else is thrown is a defect of ours and answers InternalFailure.

export interface AwsErrorOptions {
  /** HTTP status where the service's model does not give one. */
  readonly status?: number;
  /** Who is at fault where the model does not say; by default the status decides. */
  readonly fault?: "client" | "server";
  /** Modelled members of the error besides its message, in the model's own names. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An AWS error: `code` is the shape name of the service's model (`QueueDoesNotExist`), or a common code (`ValidationException`). */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly code: string;
  readonly status: number;
  readonly fault: "client" | "server";
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: AwsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? (options.fault === "server" ? 500 : 400);
    this.fault = options.fault ?? (this.status >= 500 ? "server" : "client");
    this.fields = options.fields ?? {};
  }
}

/** True for an AwsError with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): error is AwsError {
  return error instanceof AwsError && codes.includes(error.code);
}

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
