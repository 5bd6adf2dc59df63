// Every key and value of the service. Keys begin with account and region.
//
//   lambda functions   account region name                  → FunctionRecord: the function and its $LATEST
//   lambda versions    account region name number           → Configuration: published, never changed
//   lambda aliases     account region name alias            → AliasRecord
//   lambda policies    account region name qualifier        → PolicyRecord; the unqualified one under ""
//   lambda async       account region name qualifier        → AsyncConfig
//   lambda mappings    account region uuid                  → MappingRecord
import { Collection } from "../../storage/collection.ts";

/** Where the code of a function is. */
export type Code =
  | { readonly kind: "archive"; readonly blobId: string; readonly sha256: string; readonly bytes: number }
  /** A folder of this machine, whose content may change at any time. */
  | { readonly kind: "folder"; readonly directory: string; readonly sha256: string };

export interface Configuration {
  readonly version: string;
  readonly revisionId: string;
  /** Changes with code and configuration, not with what is only described: equal for a version and the $LATEST it was published from. */
  readonly contentId: string;
  readonly modifiedAtMs: number;
  readonly code: Code;
  readonly runtime: string;
  readonly handler: string;
  readonly role: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the platform was reached when the environment was given. */
  readonly environmentEndpoint?: string;
  readonly architecture: string;
  readonly ephemeralStorageMb: number;
  readonly logGroup?: string;
  readonly applicationLogLevel?: string;
  readonly logFormat: "Text" | "JSON";
  readonly tracingMode: string;
  readonly deadLetterArn?: string;
  readonly kmsKeyArn?: string;
}

export interface FunctionRecord {
  readonly name: string;
  readonly latest: Configuration;
  /** The number of the last published version; numbers are never used again. */
  readonly lastVersion: number;
  readonly reservedConcurrency?: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface AliasRecord {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly revisionId: string;
  /** A second version, and its share of the invocations from 0 to 1. */
  readonly second?: { readonly version: string; readonly weight: number };
}

export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal: string | Readonly<Record<string, string>>;
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface PolicyRecord {
  readonly revisionId: string;
  readonly statements: readonly Statement[];
}

export interface AsyncConfig {
  readonly modifiedAtMs: number;
  readonly retriesMax?: number;
  readonly ageSecondsMax?: number;
  readonly onSuccessArn?: string;
  readonly onFailureArn?: string;
}

export type MappingState = "Creating" | "Enabling" | "Enabled" | "Disabling" | "Disabled" | "Updating" | "Deleting";

export interface MappingRecord {
  readonly uuid: string;
  /** With qualifier, if it was named with one. */
  readonly functionArn: string;
  readonly functionName: string;
  readonly eventSourceArn: string;
  readonly batchSize: number;
  readonly windowSeconds: number;
  readonly reportsItemFailures: boolean;
  readonly concurrencyMax?: number;
  /** JSON event patterns, any of which a record must match. */
  readonly filters?: readonly string[];
  readonly state: MappingState;
  readonly modifiedAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

export const functions = new Collection<[account: string, region: string, name: string], FunctionRecord>("lambda", "functions");
export const versions = new Collection<[account: string, region: string, name: string, version: number], Configuration>(
  "lambda",
  "versions",
);
export const aliases = new Collection<[account: string, region: string, name: string, alias: string], AliasRecord>("lambda", "aliases");
export const policies = new Collection<[account: string, region: string, name: string, qualifier: string], PolicyRecord>(
  "lambda",
  "policies",
);
export const asyncConfigs = new Collection<[account: string, region: string, name: string, qualifier: string], AsyncConfig>(
  "lambda",
  "async",
);
export const mappings = new Collection<[account: string, region: string, uuid: string], MappingRecord>("lambda", "mappings");
