// One API call while it goes through the request path: what each step has learnt of it so far.
import type { Credential, LegacyCredential } from "./credential.ts";
import type { Incoming } from "./incoming.ts";
import type { OperationSchema, ProtocolId, ServiceSchema } from "./schema.ts";

/** A class, so that every call has one hidden shape. Errors are answered by what is known when they happen. */
export class WireCall {
  readonly incoming: Incoming;
  readonly credential: Credential | LegacyCredential | undefined;
  protocol: ProtocolId = "restXml";
  service: ServiceSchema | undefined = undefined;
  operation: OperationSchema | undefined = undefined;
  /** Of a URI template. */
  labels: Readonly<Record<string, string>> = NO_LABELS;
  /** Of a Query request. */
  form: ReadonlyMap<string, string> | undefined = undefined;

  constructor(incoming: Incoming, credential: Credential | LegacyCredential | undefined) {
    this.incoming = incoming;
    this.credential = credential;
  }
}

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({});
