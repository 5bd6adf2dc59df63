// The code of a function: an archive kept in the blob store, or a folder of this machine. An archive is unpacked once
// before a function may have it, so that a bad one is refused in the request that brought it.
import { createHash } from "node:crypto";
import { isAbsolute, normalize } from "node:path";
import type { Context } from "../../contract/context.ts";
import { AwsError, hasCode, messageOf } from "../../kernel/errors.ts";
import { referenceBlob, releaseBlob } from "../../storage/blob-references.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { invalid, unsupported } from "./errors.ts";
import type { Code } from "./keys.ts";
import { CODE_BYTES_MAX, ZIP_UPLOAD_BYTES_MAX } from "./limits.ts";

/** The bucket name by which a folder of this machine is meant, as users of LocalStack know it. */
const FOLDER_BUCKET = "hot-reload";

interface CodeInput {
  readonly ZipFile?: Uint8Array | undefined;
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
  readonly S3ObjectVersion?: string | undefined;
  readonly ImageUri?: string | undefined;
  readonly SourceKMSKeyArn?: string | undefined;
}

/** Takes the code that a request names. It must be discarded if no record comes to point to it. */
export async function takeCode(context: Context, input: CodeInput): Promise<Code> {
  if (input.ImageUri !== undefined) throw unsupported("Code.ImageUri");
  if (input.SourceKMSKeyArn)
    context.ledger.add({
      service: "lambda",
      operation: context.operation,
      parameter: "SourceKMSKeyArn",
      note: "The code is not encrypted with the key.",
    });
  if (input.ZipFile !== undefined) {
    if (input.S3Bucket !== undefined || input.S3Key !== undefined) {
      throw invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.");
    }
    if (input.ZipFile.length > ZIP_UPLOAD_BYTES_MAX)
      throw invalid(`Request must be smaller than ${ZIP_UPLOAD_BYTES_MAX} bytes for the ${context.operation} operation`);
    return keep(context, once(input.ZipFile));
  }
  if (input.S3Bucket === undefined || input.S3Key === undefined) {
    throw invalid("Please provide a source for function code.");
  }
  if (input.S3Bucket === FOLDER_BUCKET && context.allowLocalCode) return folder(input.S3Key);
  return keep(context, await download(context, input.S3Bucket, input.S3Key, input.S3ObjectVersion));
}

function folder(directory: string): Code {
  if (!isAbsolute(directory)) throw invalid(`The folder of a function's code must be an absolute path: ${directory}`);
  const path = normalize(directory);
  return { kind: "folder", directory: path, sha256: createHash("sha256").update(path).digest("base64") };
}

async function download(context: Context, bucket: string, key: string, version: string | undefined): Promise<AsyncIterable<Uint8Array>> {
  try {
    const { Body: body } = await context.call("s3", "GetObject", {
      Bucket: bucket,
      Key: key,
      ...(version !== undefined && { VersionId: version }),
    });
    if (body === undefined) return once(new Uint8Array());
    return body instanceof Uint8Array ? once(body) : body;
  } catch (error) {
    if (!hasCode(error, "NoSuchKey", "NoSuchBucket", "NoSuchVersion", "AccessDenied", "PermanentRedirect")) throw error;
    throw invalid(`Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${messageOf(error)}`);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function keep(context: Context, chunks: AsyncIterable<Uint8Array>): Promise<Code> {
  const hash = createHash("sha256");
  const writer = await context.blobs.create();
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > CODE_BYTES_MAX) throw invalid(`Unzipped size must be smaller than ${CODE_BYTES_MAX} bytes`);
      hash.update(chunk);
      await writer.write(chunk);
    }
  } catch (error) {
    await writer.abort();
    throw error;
  }
  const { id } = await writer.finish();
  const code: Code = { kind: "archive", blobId: id, sha256: hash.digest("base64"), bytes };
  try {
    await directoryOf(context, code);
  } catch (error) {
    await context.blobs.delete(id);
    throw error;
  }
  return code;
}

/** Where the code can be run from. Quick when it was asked before. */
export function directoryOf(context: Context, code: Code): Promise<string> | string {
  if (code.kind === "folder") return code.directory;
  return context.runtime.unpack(Buffer.from(code.sha256, "base64").toString("hex"), context.blobs.read(code.blobId));
}

/** Removes code that no record came to point to. */
export async function discard(context: Context, code: Code): Promise<void> {
  if (code.kind === "archive") await context.blobs.delete(code.blobId);
}

/** Runs what points to the code. Removes the code when that is refused; after any other failure the commit may have happened. */
export async function orDiscard<T>(context: Context, code: Code, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AwsError) await discard(context, code);
    throw error;
  }
}

/** A configuration that points to the code is written in the same transaction. */
export async function pointTo(tx: Transaction, code: Code): Promise<void> {
  if (code.kind === "archive") await referenceBlob(tx, code.blobId);
}

/** A configuration that pointed to the code goes in the same transaction. */
export async function letGo(tx: Transaction, code: Code): Promise<void> {
  if (code.kind === "archive") await releaseBlob(tx, code.blobId);
}
