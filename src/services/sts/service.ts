// STS's table of contents.
import { defineService } from "../../contract/service.ts";
import { getCallerIdentity } from "./caller-identity.ts";

export const sts = defineService<"sts">({ id: "sts", operations: { GetCallerIdentity: getCallerIdentity } });
