// What a browser asks for across origins. The gateway sees that it does; the service that owns the resource says what is allowed.
import type { Context } from "./context.ts";

export interface CrossOriginRequest {
  readonly bucket: string;
  /** The request is for an object, not for the bucket itself. */
  readonly hasKey: boolean;
  readonly origin: string;
  /** Of the request itself; in a preflight, of the one that is to come. */
  readonly method: string;
  /** In a preflight: names of the headers to come, in lower case. */
  readonly headers: readonly string[];
}

type ResponseHeaders = Readonly<Record<string, string>>;

export interface CrossOrigin {
  /** The headers that allow the request to come. Throws the AwsError of a refusal. */
  preflight(context: Context, request: CrossOriginRequest): Promise<ResponseHeaders>;
  /** The headers that let the browser hand the answer over; undefined when it may not. */
  answer(context: Context, request: CrossOriginRequest): Promise<ResponseHeaders | undefined>;
}
