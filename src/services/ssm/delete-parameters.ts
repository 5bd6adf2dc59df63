// DeleteParameter and DeleteParameters: a parameter goes with all its versions, labels and tags.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { parameterNotFound } from "./errors.ts";
import { parameters, versions, versionsOf } from "./keys.ts";

export const deleteParameter: OperationOf<"ssm", "DeleteParameter"> = async (context, input) => {
  const name = input.Name.trim();
  await context.storage.transact(async (tx) => {
    if (!(await remove(context, tx, name))) throw parameterNotFound(name);
  });
  return {};
};

export const deleteParameters: OperationOf<"ssm", "DeleteParameters"> = (context, input) =>
  context.storage.transact(async (tx) => {
    const deleted: string[] = [];
    const invalid: string[] = [];
    for (const name of new Set(input.Names)) ((await remove(context, tx, name.trim())) ? deleted : invalid).push(name);
    return { DeletedParameters: deleted, InvalidParameters: invalid };
  });

/** False when there is no such parameter. */
async function remove(context: Context, tx: Transaction, name: string): Promise<boolean> {
  const key: [string, string, string] = [context.account, context.region, name];
  if (!(await parameters.has(tx, key))) return false;
  for (const version of await versionsOf(tx, key)) versions.delete(tx, [...key, version.number]);
  parameters.delete(tx, key);
  return true;
}
