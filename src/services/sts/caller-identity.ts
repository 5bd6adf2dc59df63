// GetCallerIdentity: who signed the request. Access keys name accounts here, so whoever calls is the account's root.
import type { OperationOf } from "../../contract/service.ts";

export const getCallerIdentity: OperationOf<"sts", "GetCallerIdentity"> = async (context) => {
  const { account } = context.principal;
  return { Account: account, UserId: account, Arn: `arn:${context.partition}:iam::${account}:root` };
};
