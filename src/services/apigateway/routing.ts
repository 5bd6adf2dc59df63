// Which resource of a deployed REST API a request meets. Pure: compiled once per deployment, then matched per request.
import type { ApiResource } from "./keys.ts";

interface Branch {
  readonly literals: Map<string, Branch>;
  /** `{id}`: any one segment. */
  parameter?: { readonly name: string; readonly branch: Branch };
  /** `{proxy+}`: one segment or more. */
  greedy?: { readonly name: string; readonly resource: ApiResource };
  resource?: ApiResource;
}

export type RouteTree = Branch;

interface Match {
  readonly resource: ApiResource;
  /** Values as they were sent: REST APIs hand path parameters over still percent-encoded. */
  readonly parameters: Record<string, string>;
}

/** Resources without methods cannot be called, so that they hide nothing that can be. */
export function compileRoutes(resources: readonly ApiResource[]): RouteTree {
  const root: Branch = { literals: new Map() };
  for (const resource of resources) if (Object.keys(resource.methods).length > 0) plant(root, resource);
  return root;
}

function plant(root: Branch, resource: ApiResource): void {
  let branch = root;
  for (const part of segmentsOf(resource.path)) {
    const variable = /^\{(.+?)(\+?)\}$/.exec(part);
    if (variable?.[2] === "+") {
      branch.greedy = { name: variable[1] ?? "", resource };
      return;
    }
    if (variable) {
      branch.parameter ??= { name: variable[1] ?? "", branch: { literals: new Map() } };
      branch = branch.parameter.branch;
    } else {
      let next = branch.literals.get(part);
      if (!next) {
        next = { literals: new Map() };
        branch.literals.set(part, next);
      }
      branch = next;
    }
  }
  branch.resource = resource;
}

/** The most specific resource: at each segment a literal before `{param}` before `{proxy+}`. A trailing slash does not count. */
export function matchRoute(tree: RouteTree, path: string): Match | undefined {
  const parameters: Record<string, string> = {};
  const resource = descend(tree, segmentsOf(path), 0, parameters);
  return resource && { resource, parameters };
}

function descend(branch: Branch, segments: readonly string[], at: number, parameters: Record<string, string>): ApiResource | undefined {
  const segment = segments[at];
  if (segment === undefined) return branch.resource;
  const literal = branch.literals.get(segment) ?? branch.literals.get(decodeSegment(segment));
  const exact = literal && descend(literal, segments, at + 1, parameters);
  if (exact) return exact;
  if (branch.parameter && segment !== "") {
    const found = descend(branch.parameter.branch, segments, at + 1, parameters);
    if (found) {
      parameters[branch.parameter.name] = segment;
      return found;
    }
  }
  if (!branch.greedy) return undefined;
  parameters[branch.greedy.name] = segments.slice(at).join("/");
  return branch.greedy.resource;
}

function segmentsOf(path: string): string[] {
  const trimmed = path.replace(/^\//, "").replace(/\/$/, "");
  return trimmed === "" ? [] : trimmed.split("/");
}

function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
