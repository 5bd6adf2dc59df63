// What stacks and change sets show of the revision they are made from. It must never show the value of a NoEcho parameter.
import type { Context } from "../../contract/context.ts";
import { readTemplate } from "../../deploy/template/template.ts";
import type { Revision } from "./keys.ts";
import { storedTemplate } from "./stacks.ts";

const MASK = "****";

export async function describedParameters(context: Context, stackId: string, revision: Revision | undefined) {
  const given = Object.entries(revision?.parameters ?? {});
  if (!revision || given.length === 0) return [];
  const { parameters } = readTemplate(await storedTemplate(context, stackId, revision));
  return given.map(([ParameterKey, value]) => ({
    ParameterKey,
    ParameterValue: parameters[ParameterKey]?.noEcho ? MASK : value,
    ResolvedValue:
      parameters[ParameterKey]?.noEcho && revision.ssmValues[ParameterKey] !== undefined ? MASK : revision.ssmValues[ParameterKey],
  }));
}

export function asCapability(name: string): "CAPABILITY_IAM" | "CAPABILITY_NAMED_IAM" | "CAPABILITY_AUTO_EXPAND" {
  return name === "CAPABILITY_NAMED_IAM" || name === "CAPABILITY_AUTO_EXPAND" ? name : "CAPABILITY_IAM";
}
