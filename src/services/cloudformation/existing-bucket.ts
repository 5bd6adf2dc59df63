// `Hearth::S3::BucketNotification`: lets functions hear of a bucket that another stack, or no stack, owns. It adds to what
// the bucket has, and takes away only what it added.
import { createHash } from "node:crypto";
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import { type PropertyReader, readProperties } from "../../contract/properties.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../contract/resource.ts";
import { hasCode } from "../../kernel/errors.ts";

type Configuration = NonNullable<InputOf<"s3", "PutBucketNotificationConfiguration">["NotificationConfiguration"]>;
type LambdaConfiguration = NonNullable<Configuration["LambdaFunctionConfigurations"]>[number];

export const existingBucketNotification: ResourceType = {
  properties: ["Bucket", "LambdaConfigurations"],
  replaceOn: ["Bucket"],
  create: (context, request, properties) => apply(context, request, properties),
  update: (context, request, _state, properties) => apply(context, request, properties),
  delete: async (context, request, _state, properties) => {
    const bucket = readProperties(request, properties).requiredString("Bucket");
    try {
      await replaceOwn(context, request, bucket, []);
    } catch (error) {
      if (!hasCode(error, "NoSuchBucket")) throw error;
    }
  },
};

async function apply(context: Context, request: ResourceRequest, properties: Properties): Promise<ResourceState> {
  const reader = readProperties(request, properties);
  const bucket = reader.requiredString("Bucket");
  const configurations = reader.objects("LambdaConfigurations").map((item, index) => configurationOf(request, item, index));
  await replaceOwn(context, request, bucket, configurations);
  return { physicalId: `${bucket}/${ownPrefix(request)}`, attributes: {} };
}

function configurationOf(request: ResourceRequest, item: PropertyReader, index: number): LambdaConfiguration {
  item.only(["Event", "Function", "Filter"]);
  const rules = item.object("Filter")?.object("S3Key")?.objects("Rules") ?? [];
  return {
    Id: `${ownPrefix(request)}-${index}`,
    LambdaFunctionArn: item.requiredString("Function"),
    Events: [item.requiredString("Event") as LambdaConfiguration["Events"][number]],
    ...(rules.length > 0 && {
      Filter: { Key: { FilterRules: rules.map((rule) => ({ Name: nameOf(rule), Value: rule.requiredString("Value") })) } },
    }),
  };
}

function nameOf(rule: PropertyReader): "prefix" | "suffix" {
  const name = rule.requiredString("Name").toLowerCase();
  if (name !== "prefix" && name !== "suffix") throw rule.invalid("Name", "must be prefix or suffix");
  return name;
}

/** By it the resource's own notifications are known among the bucket's others. */
function ownPrefix(request: ResourceRequest): string {
  return `hearth-${createHash("sha256").update(`${request.stackId}/${request.logicalId}`).digest("hex").slice(0, 16)}`;
}

async function replaceOwn(context: Context, request: ResourceRequest, bucket: string, own: readonly LambdaConfiguration[]): Promise<void> {
  const known = await context.call("s3", "GetBucketNotificationConfiguration", { Bucket: bucket });
  const others = (known.LambdaFunctionConfigurations ?? []).filter((item) => !item?.Id?.startsWith(ownPrefix(request)));
  const kept: Configuration = JSON.parse(
    JSON.stringify({
      TopicConfigurations: known.TopicConfigurations,
      QueueConfigurations: known.QueueConfigurations,
      EventBridgeConfiguration: known.EventBridgeConfiguration,
      LambdaFunctionConfigurations: others,
    }),
  );
  await context.call("s3", "PutBucketNotificationConfiguration", {
    Bucket: bucket,
    NotificationConfiguration: { ...kept, LambdaFunctionConfigurations: [...(kept.LambdaFunctionConfigurations ?? []), ...own] },
  });
}
