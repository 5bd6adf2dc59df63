// Access control lists: read as what they are in a bucket that its owner alone controls, refused or noted otherwise.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { bucketOf } from "./access.ts";
import { aclNotSupported, noSuchKey } from "./errors.ts";
import { checkVersion } from "./get-object.ts";
import { type Bucket, objects } from "./keys.ts";
import { ownerOf } from "./owner.ts";

interface AclInput {
  readonly ACL?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWrite?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
}

/** ACLs exist only where a bucket's ownership setting allows them; there they are noted, and have no effect. */
export function checkAcl(context: Context, bucket: Bucket, input: AclInput): void {
  const grants = input.GrantFullControl ?? input.GrantRead ?? input.GrantReadACP ?? input.GrantWrite ?? input.GrantWriteACP;
  const harmless =
    grants === undefined && (input.ACL === undefined || input.ACL === "private" || input.ACL === "bucket-owner-full-control");
  if (harmless) return;
  if (bucket.ownership === "BucketOwnerEnforced") throw aclNotSupported();
  context.ledger.add({
    service: "s3",
    operation: context.operation,
    parameter: grants === undefined ? "ACL" : "Grant headers",
    note: "Access control lists are accepted where the bucket allows them, and grant nothing.",
  });
}

export const getBucketAcl: OperationOf<"s3", "GetBucketAcl"> = async (context, input) => {
  const bucket = await context.storage.snapshot((tx) => bucketOf(context, tx, input));
  return fullControl(bucket);
};

export const getObjectAcl: OperationOf<"s3", "GetObjectAcl"> = async (context, input) => {
  const bucket = await context.storage.snapshot(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    checkVersion(input.Key, input.VersionId);
    if (!(await objects.has(tx, [bucket.id, input.Key]))) throw noSuchKey(input.Key);
    return bucket;
  });
  return fullControl(bucket);
};

export const putBucketAcl: OperationOf<"s3", "PutBucketAcl"> = async (context, input) => {
  const bucket = await context.storage.snapshot((tx) => bucketOf(context, tx, input));
  if (bucket.ownership === "BucketOwnerEnforced") throw aclNotSupported();
  noteAcl(context, input, bucket);
  return {};
};

export const putObjectAcl: OperationOf<"s3", "PutObjectAcl"> = async (context, input) => {
  const bucket = await context.storage.snapshot(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    checkVersion(input.Key, input.VersionId);
    if (!(await objects.has(tx, [bucket.id, input.Key]))) throw noSuchKey(input.Key);
    return bucket;
  });
  if (bucket.ownership === "BucketOwnerEnforced") throw aclNotSupported();
  noteAcl(context, input, bucket);
  return {};
};

/** An access control policy in the body is noted like every other list; the owner's full control needs no note. */
function noteAcl(context: Context, input: AclInput & { readonly AccessControlPolicy?: object | undefined }, bucket: Bucket): void {
  if (input.AccessControlPolicy === undefined) {
    checkAcl(context, bucket, input);
    return;
  }
  context.ledger.add({
    service: "s3",
    operation: context.operation,
    parameter: "AccessControlPolicy",
    note: "Access control lists are accepted where the bucket allows them, and grant nothing.",
  });
}

function fullControl(bucket: Bucket) {
  const owner = ownerOf(bucket.account);
  return { Owner: owner, Grants: [{ Grantee: { ID: owner.ID, Type: "CanonicalUser" as const }, Permission: "FULL_CONTROL" as const }] };
}
