// Which client package types which service: types only, nothing of a client is loaded by the platform itself.

export interface ServiceModels {
  apigateway: typeof import("@aws-sdk/client-api-gateway");
  apigatewayv2: typeof import("@aws-sdk/client-apigatewayv2");
  cloudformation: typeof import("@aws-sdk/client-cloudformation");
  dynamodb: typeof import("@aws-sdk/client-dynamodb");
  eventbridge: typeof import("@aws-sdk/client-eventbridge");
  lambda: typeof import("@aws-sdk/client-lambda");
  logs: typeof import("@aws-sdk/client-cloudwatch-logs");
  s3: typeof import("@aws-sdk/client-s3");
  sqs: typeof import("@aws-sdk/client-sqs");
  ssm: typeof import("@aws-sdk/client-ssm");
  sts: typeof import("@aws-sdk/client-sts");
}

export type ServiceId = keyof ServiceModels;

type CommandOf<M, K extends string> = `${K}Command` extends keyof M ? M[`${K}Command`] : never;

/** The names of the operations of a client package. */
export type OperationName<M> = {
  [K in keyof M]: K extends `${infer Name}Command` ? (Name extends "$" | "__" ? never : Name) : never;
}[keyof M] &
  string;

type RawInput<M, K extends string> = CommandOf<M, K> extends abstract new (...args: never[]) => { readonly input: infer I } ? I : never;
type RawOutput<M, K extends string> =
  CommandOf<M, K> extends abstract new (
    ...args: never[]
  ) => { resolveMiddleware(...args: infer _A): (...args: infer _B) => Promise<{ output: infer O }> }
    ? O
    : never;

type Scalar = string | number | boolean | bigint | symbol | null | undefined | Date | Uint8Array | ((...args: never[]) => unknown);

/** Members that the model requires (declared `x: T | undefined`) become `T`: the gateway has checked them already. */
type Checked<T> = T extends Scalar
  ? T
  : T extends readonly (infer E)[]
    ? Checked<NonNullable<E>>[]
    : T extends object
      ? { [K in keyof T]: {} extends Pick<T, K> ? Checked<T[K]> : Checked<NonNullable<T[K]>> }
      : T;

/** On output, what the model calls required stays optional in nothing, and what is optional may be undefined. */
type Loose<T> = T extends Scalar
  ? T
  : T extends readonly (infer E)[]
    ? readonly Loose<E>[]
    : T extends object
      ? { [K in keyof T]: Loose<T[K]> | undefined }
      : T;

type Streams<T> = [Extract<T, { pipe: unknown } | { transformToByteArray: unknown }>] extends [never]
  ? false
  : ArrayBuffer extends T
    ? false
    : true;
type StreamKeys<T> = { [K in keyof T]-?: Streams<NonNullable<T[K]>> extends true ? K : never }[keyof T];
/** Blobs that do not stream are declared with the client's wider union; the platform hands out and takes bytes. */
type Bytes<T> = [Extract<NonNullable<T>, ArrayBufferView>] extends [never] ? T : Uint8Array | Extract<T, undefined>;
type Flat<T> = { [K in keyof T]: Bytes<T[K]> };

/** A body that streams: chunks of bytes, read once. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** What an operation is given: parsed, required members present, constraints checked. */
export type Input<M, K extends string> = Omit<Flat<Checked<RawInput<M, K>>>, StreamKeys<RawInput<M, K>>> & {
  [P in StreamKeys<RawInput<M, K>>]?: ByteStream;
};

/** What an operation answers. Streaming members take bytes or a stream of bytes. */
export type Output<M, K extends string> = Flat<Loose<Omit<RawOutput<M, K>, "$metadata" | StreamKeys<RawOutput<M, K>>>>> & {
  [P in StreamKeys<RawOutput<M, K>>]?: ByteStream | Uint8Array | undefined;
};

export type InputOf<S extends ServiceId, K extends OperationName<ServiceModels[S]>> = Input<ServiceModels[S], K>;
export type OutputOf<S extends ServiceId, K extends OperationName<ServiceModels[S]>> = Output<ServiceModels[S], K>;
