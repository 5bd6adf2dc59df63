// How each service answers an input that breaks its model: with which code, in which words, and what it checks by itself.
import { AwsError } from "../kernel/errors.ts";
import type { ProtocolId } from "./schema.ts";

/** A required member that is not there. */
export interface Missing {
  /** As messages name it: `entries.1.member.id`. */
  readonly path: string;
  /** As the model names it, through the lists that hold it: `Entries.1.Id`. */
  readonly modelPath: string;
  /** Structures deep; 1 is the operation's own input. */
  readonly depth: number;
  readonly header: string | undefined;
  readonly payload: boolean;
}

export interface ValidationRules {
  /** Lengths, ranges, patterns and enumerations are checked; otherwise the service does that itself. */
  readonly constraints: boolean;
  /** `Structure.Member` whose constraints the service checks in words of its own. */
  readonly ownWords?: ReadonlySet<string>;
  /** The code of the usual message. */
  readonly code: string;
  /** An answer of its own to a missing member; undefined: the usual message. */
  missing?(missing: Missing): AwsError;
}

/** Services for which the usual words under the usual code are not what AWS answers. */
const RULES: Readonly<Record<string, ValidationRules>> = {
  // API Gateway reports every bad parameter as BadRequestException (API Gateway API references).
  apigateway: { constraints: true, code: "BadRequestException" },
  apigatewayv2: { constraints: true, code: "BadRequestException" },
  // CloudWatch Logs wraps the usual words in its own modelled error.
  logs: { constraints: true, code: "InvalidParameterException" },
  s3: { constraints: false, code: "InvalidRequest", missing: missingInS3 },
  sqs: { constraints: false, code: "MissingParameter", missing: missingInSqs },
};

const JSON_RULES: ValidationRules = { constraints: true, code: "ValidationException" };
const QUERY_RULES: ValidationRules = { constraints: true, code: "ValidationError" };

export function validationRules(service: string, protocol: ProtocolId): ValidationRules {
  return (
    (Object.hasOwn(RULES, service) ? RULES[service] : undefined) ??
    (protocol === "awsQuery" || protocol === "ec2Query" ? QUERY_RULES : JSON_RULES)
  );
}

function missingInS3({ depth, header, payload, path }: Missing): AwsError {
  if (depth > 1) {
    return new AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
  }
  if (payload) return new AwsError("MissingRequestBodyError", "Request Body is empty");
  if (header !== undefined) return new AwsError("InvalidRequest", `Missing required header for this request: ${header}`);
  return new AwsError("InvalidRequest", `Missing required parameter for this request: ${path}`);
}

function missingInSqs({ modelPath }: Missing): AwsError {
  return new AwsError("MissingParameter", `The request must contain the parameter ${modelPath}.`);
}
