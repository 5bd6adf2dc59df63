// CloudFormation: stacks made from templates, through the operations of the services that own their resources.
import type { ResourceType } from "../../contract/resource.ts";
import { defineService, type Service } from "../../contract/service.ts";
import { createChangeSet, deleteChangeSet, describeChangeSet, executeChangeSet, listChangeSets } from "./change-sets.ts";
import {
  describeStackEvents,
  describeStackResource,
  describeStackResources,
  describeStacks,
  listExports,
  listImports,
  listStackResources,
  listStacks,
} from "./describe.ts";
import { existingBucketNotification } from "./existing-bucket.ts";
import { forgetJob } from "./forget.ts";
import { operateJob } from "./operate.ts";
import type { ResourceCatalog } from "./revision.ts";
import { declaredTypes } from "./roles.ts";
import {
  continueUpdateRollback,
  createStack,
  deleteStack,
  getStackPolicy,
  setStackPolicy,
  updateStack,
  updateTerminationProtection,
} from "./stacks.ts";
import { getTemplate, getTemplateSummary, validateTemplate } from "./templates.ts";

/** @param catalog gives the resource types of every other service; those of this folder need not be in it. */
export function cloudFormation(catalog: ResourceCatalog): Service<"cloudformation"> {
  const own: Readonly<Record<string, ResourceType>> = { ...declaredTypes, "Hearth::S3::BucketNotification": existingBucketNotification };
  const types: ResourceCatalog = { resourceType: async (name) => own[name] ?? catalog.resourceType(name) };
  return defineService<"cloudformation">({
    id: "cloudformation",
    operations: {
      ContinueUpdateRollback: continueUpdateRollback,
      CreateChangeSet: (context, input) => createChangeSet(context, types, input),
      CreateStack: (context, input) => createStack(context, types, input),
      DeleteChangeSet: deleteChangeSet,
      DeleteStack: deleteStack,
      DescribeChangeSet: describeChangeSet,
      DescribeStackEvents: describeStackEvents,
      DescribeStackResource: describeStackResource,
      DescribeStackResources: describeStackResources,
      DescribeStacks: describeStacks,
      ExecuteChangeSet: (context, input) => executeChangeSet(context, types, input),
      GetStackPolicy: getStackPolicy,
      GetTemplate: getTemplate,
      GetTemplateSummary: getTemplateSummary,
      ListChangeSets: listChangeSets,
      ListExports: listExports,
      ListImports: listImports,
      ListStackResources: listStackResources,
      ListStacks: listStacks,
      SetStackPolicy: setStackPolicy,
      UpdateStack: (context, input) => updateStack(context, types, input),
      UpdateTerminationProtection: updateTerminationProtection,
      ValidateTemplate: validateTemplate,
    },
    jobs: { operate: operateJob(types), forget: forgetJob },
    resources: own,
  });
}
