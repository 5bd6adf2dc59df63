// IAM's resource types, declared only: practically every template carries roles. They are recorded with stable ARNs and
// ids, and nothing enforces them; the ledger says so.
import { createHash } from "node:crypto";
import type { Context } from "../../contract/context.ts";
import { readProperties } from "../../contract/properties.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../contract/resource.ts";

/** Names of roles, policies and instance profiles: IAM quotas. */
const ROLE_NAME_LENGTH_MAX = 64;
const POLICY_NAME_LENGTH_MAX = 128;

interface Declaration {
  readonly properties: readonly string[];
  readonly required: readonly string[];
  readonly replaceOn: readonly string[];
  state(context: Context, request: ResourceRequest, properties: Properties): ResourceState;
}

function declared(type: string, declaration: Declaration): ResourceType {
  const apply = (context: Context, request: ResourceRequest, properties: Properties): ResourceState => {
    const reader = readProperties(request, properties);
    for (const name of declaration.required) {
      if (!reader.has(name)) throw reader.invalid(name, "required key not found");
    }
    context.ledger.add({ service: "cloudformation", operation: type, note: "Recorded, not enforced: every call is allowed." });
    return declaration.state(context, request, properties);
  };
  return {
    properties: declaration.properties,
    replaceOn: declaration.replaceOn,
    create: async (context, request, properties) => apply(context, request, properties),
    update: async (context, request, state, properties) => ({ ...apply(context, request, properties), physicalId: state.physicalId }),
    delete: async () => {},
  };
}

/** `AROA…`: 21 characters that are the same at every retry. */
function identifier(prefix: string, request: ResourceRequest): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const digest = createHash("sha256").update(`${request.stackId}/${request.generatedName()}`).digest();
  return prefix + [...digest.subarray(0, 17)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

function iamArn(context: Context, kind: string, path: string, name: string): string {
  return `arn:${context.partition}:iam::${context.account}:${kind}${path}${name}`;
}

const role = declared("AWS::IAM::Role", {
  properties: [
    ...["AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path"],
    ...["PermissionsBoundary", "Policies", "RoleName", "Tags"],
  ],
  required: ["AssumeRolePolicyDocument"],
  replaceOn: ["RoleName", "Path"],
  state: (context, request, properties) => {
    const reader = readProperties(request, properties);
    const name = reader.string("RoleName") ?? request.generatedName(ROLE_NAME_LENGTH_MAX);
    const arn = iamArn(context, "role", reader.string("Path") ?? "/", name);
    return { physicalId: name, attributes: { Arn: arn, RoleId: identifier("AROA", request) } };
  },
});

const policy = declared("AWS::IAM::Policy", {
  properties: ["PolicyName", "PolicyDocument", "Roles", "Users", "Groups"],
  required: ["PolicyName", "PolicyDocument"],
  replaceOn: [],
  state: (_context, request) => {
    const name = request.generatedName(POLICY_NAME_LENGTH_MAX);
    return { physicalId: name, attributes: { Id: name } };
  },
});

const managedPolicy = declared("AWS::IAM::ManagedPolicy", {
  properties: ["ManagedPolicyName", "PolicyDocument", "Description", "Path", "Roles", "Users", "Groups"],
  required: ["PolicyDocument"],
  replaceOn: ["ManagedPolicyName", "Path", "Description"],
  state: (context, request, properties) => {
    const reader = readProperties(request, properties);
    const name = reader.string("ManagedPolicyName") ?? request.generatedName(POLICY_NAME_LENGTH_MAX);
    const arn = iamArn(context, "policy", reader.string("Path") ?? "/", name);
    return { physicalId: arn, attributes: { PolicyArn: arn, PolicyId: identifier("ANPA", request) } };
  },
});

const instanceProfile = declared("AWS::IAM::InstanceProfile", {
  properties: ["InstanceProfileName", "Path", "Roles"],
  required: ["Roles"],
  replaceOn: ["InstanceProfileName", "Path"],
  state: (context, request, properties) => {
    const reader = readProperties(request, properties);
    const name = reader.string("InstanceProfileName") ?? request.generatedName(POLICY_NAME_LENGTH_MAX);
    return { physicalId: name, attributes: { Arn: iamArn(context, "instance-profile", reader.string("Path") ?? "/", name) } };
  },
});

/** What CDK writes about itself: no resource at all. */
const cdkMetadata: ResourceType = {
  properties: ["Analytics"],
  replaceOn: [],
  create: async (_context, request) => ({ physicalId: request.generatedName(), attributes: {} }),
  update: async (_context, _request, state) => state,
  delete: async () => {},
};

export const declaredTypes: Readonly<Record<string, ResourceType>> = {
  "AWS::CDK::Metadata": cdkMetadata,
  "AWS::IAM::InstanceProfile": instanceProfile,
  "AWS::IAM::ManagedPolicy": managedPolicy,
  "AWS::IAM::Policy": policy,
  "AWS::IAM::Role": role,
};
