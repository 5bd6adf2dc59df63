// Every key and value of SSM.
//
//   parameters   account, region, name            → Parameter      what does not change from version to version, and the newest number
//   versions     account, region, name, number    → Version        at most VERSIONS_MAX of a parameter
//   keys         account, region                  → bytes          the key that SecureString values are sealed with
import type { InputOf } from "../../contract/models.ts";
import { Collection } from "../../storage/collection.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { VERSIONS_MAX } from "./limits.ts";

type ParameterType = NonNullable<InputOf<"ssm", "PutParameter">["Type"]>;
export type Tier = "Standard" | "Advanced";

export interface Parameter {
  /** The newest version. */
  readonly version: number;
  readonly tags: Readonly<Record<string, string>>;
  /** The stack's resource that made it, if one did. */
  readonly maker?: string;
}

export interface Version {
  readonly number: number;
  readonly type: ParameterType;
  /** As it was put; of a SecureString base64 of the sealed text. */
  readonly value: string;
  readonly tier: Tier;
  readonly dataType: string;
  readonly modifiedAtMs: number;
  readonly modifiedBy: string;
  readonly labels: readonly string[];
  readonly description?: string;
  readonly allowedPattern?: string;
  /** Of a SecureString. */
  readonly keyId?: string;
}

type Name = [account: string, region: string, name: string];

export const parameters = new Collection<Name, Parameter>("ssm", "parameters");
export const versions = new Collection<[...Name, number: number], Version>("ssm", "versions");
export const sealingKeys = new Collection<[account: string, region: string], Uint8Array>("ssm", "keys");

/** All versions of a parameter, oldest first. */
export async function versionsOf(tx: ReadTransaction, name: Name): Promise<Version[]> {
  return (await versions.scan(tx, name, { limit: VERSIONS_MAX })).map((record) => record.value);
}
