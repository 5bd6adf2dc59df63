// Account-wide settings of API Gateway in a region. The logging role is kept and has no effect.
import type { OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { type AccountSettings, accounts } from "./keys.ts";
import { applyPatches, type PatchRule } from "./patch.ts";

export const getAccount: OperationOf<"apigateway", "GetAccount"> = (context) =>
  context.storage.snapshot(async (tx) => describeAccount((await accounts.get(tx, [context.account, context.region])) ?? {}));

export const updateAccount: OperationOf<"apigateway", "UpdateAccount"> = async (context, input) => {
  const settings = await context.storage.transact(async (tx) => {
    const record = (await accounts.get(tx, [context.account, context.region])) ?? {};
    applyPatches(record, input.patchOperations, accountRules);
    accounts.set(tx, [context.account, context.region], record);
    return record;
  });
  if (settings.cloudwatchRoleArn !== undefined) {
    context.ledger.add({
      service: "apigateway",
      operation: context.operation,
      parameter: "cloudwatchRoleArn",
      note: "API Gateway writes no execution logs, so its role is not used.",
    });
  }
  return describeAccount(settings);
};

const accountRules: readonly PatchRule<AccountSettings>[] = [
  {
    path: "/cloudwatchRoleArn",
    ops: ["replace", "remove"],
    apply: (settings, _op, value) => {
      if (value === "") delete settings.cloudwatchRoleArn;
      else settings.cloudwatchRoleArn = value;
    },
  },
];

/** The throttle settings are the documented defaults of a new account; they have no effect. */
function describeAccount(settings: AccountSettings): OutputOf<"apigateway", "GetAccount"> {
  return {
    cloudwatchRoleArn: settings.cloudwatchRoleArn,
    throttleSettings: { burstLimit: 5_000, rateLimit: 10_000 },
    features: ["UsagePlans"],
    apiKeyVersion: "4",
  };
}
