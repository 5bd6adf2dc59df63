// Names of parameters: the rules for making one, and the forms in which one is asked for. Pure.
import { parseArn } from "../../kernel/ids.ts";
import { accessDenied, hierarchyTooDeep, validation } from "./errors.ts";
import { LEVELS_MAX, NAME_LENGTH_MAX } from "./limits.ts";

const TAIL =
  "If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_";
const FORM = /^\/?[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/;

/** The name under which a parameter is made, without the spaces around it. Throws what Parameter Store answers to a bad one. */
export function newName(text: string): string {
  const name = text.trim();
  const first = name.replace(/^\//, "").toLowerCase();
  if (name.startsWith("/")) {
    if (/^aws(\/|$)/.test(first)) throw accessDenied(`No access to reserved parameter name: ${name}.`);
    if (/^ssm(\/|$)/.test(first)) throw validation(`Parameter name: can't be prefixed with "ssm" (case-insensitive). ${TAIL}`);
  } else if (/^(aws|ssm)/.test(first)) {
    throw validation(`Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive). ${TAIL}`);
  }
  if (!FORM.test(name)) throw validation(`Parameter name: can't be prefixed with "ssm" (case-insensitive). ${TAIL}`);
  if (!name.startsWith("/") && name.includes("/")) throw validation("Parameter name must be a fully qualified name.");
  if (name.length > NAME_LENGTH_MAX) throw validation(`Parameter name: the maximum length is ${NAME_LENGTH_MAX} characters.`);
  if (name.split("/").length - (name.startsWith("/") ? 1 : 0) > LEVELS_MAX) throw hierarchyTooDeep();
  return name;
}

/** What is asked for: names that it may mean (an ARN does not say whether there is a leading slash), and which version. */
export interface NameQuery {
  readonly names: readonly string[];
  readonly selector?: { readonly text: string; readonly version: number } | { readonly text: string; readonly label: string };
  /** The account and region of an ARN. */
  readonly owner?: { readonly account: string; readonly region: string };
}

/** `name`, `name:3`, `name:label`, or an ARN with the same endings. */
export function parseName(text: string): NameQuery {
  const trimmed = text.trim();
  const arn = parseArn(trimmed);
  const [path = "", selector, ...more] = (arn?.service === "ssm" ? arn.resource.replace(/^parameter\//, "/") : trimmed).split(":");
  if (more.length > 0 || selector === "") throw validation(`Invalid parameter name: ${trimmed}`);
  const single = arn && path.lastIndexOf("/") === 0;
  return {
    names: single ? [path, path.slice(1)] : [path],
    ...(arn && { owner: { account: arn.account, region: arn.region } }),
    ...(selector !== undefined && {
      selector: /^\d+$/.test(selector) ? { text: `:${selector}`, version: Number(selector) } : { text: `:${selector}`, label: selector },
    }),
  };
}

/** The path of GetParametersByPath, without a slash at its end (the root is empty). */
export function parsePath(text: string): string {
  const path = text.trim();
  const sound = path === "/" || (path.startsWith("/") && FORM.test(path.replace(/\/$/, "")));
  if (!sound || /^\/ssm(\/|$)/i.test(path)) {
    throw validation(
      'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.',
    );
  }
  return path.replace(/\/$/, "");
}

/** True when `name` lies below `path` (as `parsePath` gives it): directly, or at any depth. A name without slashes lies at the root. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const full = name.startsWith("/") ? name : `/${name}`;
  if (!full.startsWith(`${path}/`)) return false;
  return recursive || !full.slice(path.length + 1).includes("/");
}

export function arnOf(account: string, region: string, name: string): string {
  return `arn:aws:ssm:${region}:${account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
}
