// The filters of DescribeParameters and GetParametersByPath: pure rules from a request's filters to a test of a parameter.
import { invalidFilterKey, invalidFilterOption, invalidFilterValue } from "./errors.ts";
import type { Parameter, Version } from "./keys.ts";
import { isBelow, parsePath } from "./names.ts";

interface Candidate {
  readonly name: string;
  readonly parameter: Parameter;
  readonly version: Version;
}

type Test = (candidate: Candidate) => boolean;

interface StringFilter {
  readonly Key: string;
  readonly Option?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

const DESCRIBE_KEYS = ["Name", "Type", "KeyId", "Path", "Tier", "DataType"];
/** The options of each key; the first is the default. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  Name: ["Equals", "BeginsWith", "Contains"],
  Type: ["Equals", "BeginsWith"],
  KeyId: ["Equals", "BeginsWith"],
  Path: ["OneLevel", "Recursive"],
  Tier: ["Equals"],
  DataType: ["Equals"],
  Tag: ["Equals"],
};

/** All filters of DescribeParameters as one test. */
export function describeTest(filters: readonly StringFilter[]): Test {
  const tests = filters.map((filter) => {
    if (!DESCRIBE_KEYS.includes(filter.Key) && !filter.Key.startsWith("tag:")) {
      throw invalidFilterKey(
        `The following filter key is not valid: ${filter.Key}. Valid filter keys include: [Path, Name, Type, KeyId, Tier, DataType, tag].`,
      );
    }
    return testOf(filter);
  });
  const keys = filters.map((filter) => filter.Key);
  if (new Set(keys).size < keys.length)
    throw invalidFilterKey(
      "The following filter is duplicated in the request: a request can contain only one occurrence of a specific filter.",
    );
  return (candidate) => tests.every((test) => test(candidate));
}

/** The filters of GetParametersByPath: the label whose versions are wanted, and a test of the rest. */
export function pathFilters(filters: readonly StringFilter[]): { readonly labels?: readonly string[]; readonly test: Test } {
  let labels: readonly string[] | undefined;
  const tests: Test[] = [];
  for (const filter of filters) {
    if (filter.Key === "Label") {
      if (filter.Option !== undefined && filter.Option !== "Equals") throw badOption(filter, ["Equals"]);
      labels = valuesOf(filter);
    } else if (filter.Key === "Type" || filter.Key === "KeyId") tests.push(testOf(filter));
    else {
      throw invalidFilterKey(`The following filter key is not valid: ${filter.Key}. Valid filter keys include: [Type, KeyId, Label].`);
    }
  }
  return { ...(labels && { labels }), test: (candidate) => tests.every((test) => test(candidate)) };
}

/** The older Filters member, whose names are prefixes. */
export function legacyFilters(filters: readonly { readonly Key: string; readonly Values: readonly string[] }[]): StringFilter[] {
  return filters.map(({ Key, Values }) => ({ Key, Values, Option: Key === "Name" ? "BeginsWith" : "Equals" }));
}

function testOf(filter: StringFilter): Test {
  const tag = filter.Key.startsWith("tag:") ? filter.Key.slice(4) : undefined;
  const options = OPTIONS[tag === undefined ? filter.Key : "Tag"] ?? [];
  const option = filter.Option ?? options[0] ?? "";
  if (!options.includes(option)) throw badOption(filter, options);
  // A tag may be asked for without a value: whoever has it passes.
  const values = tag !== undefined && (filter.Values ?? []).length === 0 ? [] : valuesOf(filter);
  if (filter.Key === "Path") {
    const paths = values.map(parsePath);
    return ({ name }) => paths.some((path) => isBelow(name, path, option === "Recursive"));
  }
  return (candidate) => {
    const own = attribute(candidate, filter.Key, tag);
    if (own === undefined) return false;
    if (values.length === 0) return true;
    return values.some((value) => {
      if (option === "BeginsWith") return own.startsWith(value) || (filter.Key === "Name" && own.startsWith(`/${value}`));
      return option === "Contains" ? own.includes(value) : own === value || (filter.Key === "Name" && own === `/${value}`);
    });
  };
}

function attribute({ name, parameter, version }: Candidate, key: string, tag: string | undefined): string | undefined {
  if (tag !== undefined) return parameter.tags[tag];
  switch (key) {
    case "Name":
      return name;
    case "Type":
      return version.type;
    case "KeyId":
      return version.keyId;
    case "Tier":
      return version.tier;
    default:
      return version.dataType;
  }
}

function valuesOf(filter: StringFilter): readonly string[] {
  const values = filter.Values ?? [];
  if (values.length === 0) throw invalidFilterValue(`The following filter values are missing : null for filter key ${filter.Key}.`);
  return values;
}

function badOption(filter: StringFilter, options: readonly string[]) {
  return invalidFilterOption(`The following filter option is not valid: ${filter.Option}. Valid options include: [${options.join(", ")}].`);
}
