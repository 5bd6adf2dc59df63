// LabelParameterVersion and UnlabelParameterVersion: names for versions; one label is on one version of a parameter.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { parameterNotFound, tooManyLabels, versionNotFound } from "./errors.ts";
import { parameters, type Version, versions, versionsOf } from "./keys.ts";
import { LABEL_LENGTH_MAX, LABELS_MAX } from "./limits.ts";

type Name = [account: string, region: string, name: string];

function isLabel(label: string): boolean {
  return label.length <= LABEL_LENGTH_MAX && /^[A-Za-z_.-][A-Za-z0-9_.-]*$/.test(label) && !/^(aws|ssm)/i.test(label);
}

export const labelParameterVersion: OperationOf<"ssm", "LabelParameterVersion"> = async (context, input) => {
  const labels = [...new Set(input.Labels)];
  const good = labels.filter(isLabel);
  return context.storage.transact(async (tx) => {
    const { key, all, target } = await find(context, tx, input.Name, input.ParameterVersion);
    const after = [...new Set([...target.labels, ...good])];
    if (after.length > LABELS_MAX) throw tooManyLabels();
    for (const version of all) {
      const kept = version.number === target.number ? after : version.labels.filter((label) => !good.includes(label));
      if (kept.length !== version.labels.length || version === target)
        versions.set(tx, [...key, version.number], { ...version, labels: kept });
    }
    return { InvalidLabels: labels.filter((label) => !isLabel(label)), ParameterVersion: target.number };
  });
};

export const unlabelParameterVersion: OperationOf<"ssm", "UnlabelParameterVersion"> = async (context, input) => {
  const labels = [...new Set(input.Labels)];
  return context.storage.transact(async (tx) => {
    const { key, target } = await find(context, tx, input.Name, input.ParameterVersion);
    const kept = target.labels.filter((label) => !labels.includes(label));
    versions.set(tx, [...key, target.number], { ...target, labels: kept });
    return {
      RemovedLabels: labels.filter((label) => target.labels.includes(label)),
      InvalidLabels: labels.filter((label) => !target.labels.includes(label)),
    };
  });
};

/** The version that is meant, the newest by default, among all of its parameter. */
async function find(
  context: Context,
  tx: Transaction,
  text: string,
  number: number | undefined,
): Promise<{ readonly key: Name; readonly all: readonly Version[]; readonly target: Version }> {
  const key: Name = [context.account, context.region, text.trim()];
  const parameter = await parameters.get(tx, key);
  if (!parameter) throw parameterNotFound(key[2]);
  const all = await versionsOf(tx, key);
  const wanted = number ?? parameter.version;
  const target = all.find((version) => version.number === wanted);
  if (!target) throw versionNotFound(key[2], wanted);
  return { key, all, target };
}
