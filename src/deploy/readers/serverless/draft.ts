// The template while it is being made, and what events need to know of the app that they belong to.
import type { Json, JsonObject, Position } from "../../template/document.ts";
import { lambdaId, permissionId } from "./naming.ts";
import type { Reading, Section } from "./section.ts";

export interface Draft {
  readonly reading: Reading;
  readonly service: string;
  readonly stage: string;
  readonly region: string;
  readonly provider: Section;
  readonly resources: Record<string, JsonObject>;
  readonly outputs: Record<string, JsonObject>;
  /** Where the construct stands that a resource comes from. */
  readonly origins: Map<string, Position>;
}

/** Adds a resource once; a second one of the same id must be the same, or is a problem of the app. */
export function addResource(draft: Draft, id: string, resource: JsonObject, position: Position | undefined): void {
  const known = draft.resources[id];
  if (known && JSON.stringify(known) !== JSON.stringify(resource)) {
    draft.reading.problems.push({ message: `two constructs lead to the same resource ${id}`, ...(position && { position }) });
    return;
  }
  draft.resources[id] = resource;
  if (position && !draft.origins.has(id)) draft.origins.set(id, position);
}

export const attribute = (id: string, name: string): JsonObject => ({ "Fn::GetAtt": [id, name] });
export const reference = (id: string): JsonObject => ({ Ref: id });

/** Lets a service invoke a function. Returns the id of the permission. */
export function addPermission(
  draft: Draft,
  key: string,
  of: string,
  principal: string,
  sourceArn: Json,
  position: Position | undefined,
  more: JsonObject = {},
): string {
  const id = permissionId(key, of);
  addResource(
    draft,
    id,
    {
      Type: "AWS::Lambda::Permission",
      Properties: {
        FunctionName: attribute(lambdaId(key), "Arn"),
        Action: "lambda:InvokeFunction",
        Principal: principal,
        SourceArn: sourceArn,
        ...more,
      },
    },
    position,
  );
  return id;
}

/** `arn:<partition>:execute-api:<region>:<account>:<api>/<rest>` */
export function executeApiArn(apiId: string, rest: string): JsonObject {
  const parts: Json[] = [
    "arn:",
    reference("AWS::Partition"),
    ":execute-api:",
    reference("AWS::Region"),
    ":",
    reference("AWS::AccountId"),
    ":",
  ];
  return { "Fn::Join": ["", [...parts, reference(apiId), rest]] };
}
