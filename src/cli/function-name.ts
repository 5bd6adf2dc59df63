// Finds the function that a user means: by its full name, or by the name it has in serverless.yml.
import { hasCode } from "../kernel/errors.ts";
import { CliError } from "./command.ts";
import type { RemoteCall } from "./remote.ts";

/** `createOrder` stands for `orders-dev-createOrder` when only one function ends so. */
export async function resolveFunctionName(call: RemoteCall, name: string): Promise<string> {
  try {
    await call("lambda", "GetFunctionConfiguration", { FunctionName: name });
    return name;
  } catch (error) {
    if (!hasCode(error, "ResourceNotFoundException", "ValidationException")) throw error;
  }
  const all = await functionNames(call);
  const matches = all.filter((one) => one.endsWith(`-${name}`));
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return only;
  if (matches.length > 1) throw new CliError(`"${name}" could be any of: ${matches.join(", ")}. Use the full name.`);
  throw new CliError(all.length === 0 ? "no function is deployed there." : `there is no function "${name}". Deployed: ${all.join(", ")}`);
}

async function functionNames(call: RemoteCall): Promise<string[]> {
  const names: string[] = [];
  let marker: unknown;
  do {
    const page = await call("lambda", "ListFunctions", marker === undefined ? {} : { Marker: marker });
    const functions = Array.isArray(page["Functions"]) ? page["Functions"] : [];
    for (const one of functions) if (typeof one?.FunctionName === "string") names.push(one.FunctionName);
    marker = page["NextMarker"];
  } while (marker !== undefined && marker !== null);
  return names;
}
