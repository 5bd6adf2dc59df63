// What an answer says over HTTP that no model binds: a status such as 206, or further headers. Kept beside the output, not in it.

interface HttpAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const answers = new WeakMap<object, HttpAnswer>();

/** Gives an output, or an AwsError, its own HTTP status: 206 for a part of an object. Returns what it was given. */
export function withStatus<T extends object>(output: T, status: number): T {
  answers.set(output, { ...answers.get(output), status });
  return output;
}

/** Gives an output, or an AwsError, further headers; they replace modelled ones of the same (lower-case) name. */
export function withHeaders<T extends object>(output: T, headers: Readonly<Record<string, string>>): T {
  const known = answers.get(output);
  answers.set(output, { ...known, headers: { ...known?.headers, ...headers } });
  return output;
}

export function httpAnswerOf(output: object): HttpAnswer | undefined {
  return answers.get(output);
}
