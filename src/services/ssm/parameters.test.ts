// Parameters through their operations: versions, secrets, labels, listings, tags, and what is refused.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { InputOf } from "../../contract/models.ts";
import { createWorld, type World } from "../../testing/world.ts";
import { sealingKeys, versions } from "./keys.ts";
import { ssm } from "./service.ts";

let world: World;
beforeEach(async () => {
  world = await createWorld({ services: [{ id: "ssm", load: async () => ssm }] });
});
afterEach(() => world.close());

type Put = InputOf<"ssm", "PutParameter">;
const put = (Name: string, Value: string, more: Partial<Put> = {}) =>
  world.call("ssm", "PutParameter", { Name, Value, Type: "String", ...more });
const get = async (Name: string, WithDecryption = false) => (await world.call("ssm", "GetParameter", { Name, WithDecryption })).Parameter;

test("a parameter is put, read and overwritten, version by version", async () => {
  assert.deepEqual(await put("/a/b", "one"), { Version: 1, Tier: "Standard" });
  await assert.rejects(put("/a/b", "two"), {
    code: "ParameterAlreadyExists",
    message: "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
  });
  await world.advance(1000);
  assert.deepEqual(await world.call("ssm", "PutParameter", { Name: "/a/b", Value: "two", Overwrite: true }), {
    Version: 2,
    Tier: "Standard",
  });
  assert.deepEqual(await get("/a/b"), {
    Name: "/a/b",
    Type: "String",
    Value: "two",
    Version: 2,
    LastModifiedDate: new Date(world.clock.now()),
    ARN: "arn:aws:ssm:us-east-1:000000000000:parameter/a/b",
    DataType: "text",
  });
  const first = await get("/a/b:1");
  assert.deepEqual([first?.Value, first?.Version, first?.Selector], ["one", 1, ":1"]);
  assert.equal((await get("arn:aws:ssm:us-east-1:000000000000:parameter/a/b"))?.Value, "two");
});

test("accounts and regions do not see each other's", async () => {
  await put("/x", "1");
  const name = { Name: "/x" };
  await assert.rejects(world.call("ssm", "GetParameter", name, { region: "eu-west-1" }), { code: "ParameterNotFound" });
  await assert.rejects(world.call("ssm", "GetParameter", name, { account: "111111111111" }), { code: "ParameterNotFound" });
  const arn = { Name: "arn:aws:ssm:eu-west-1:000000000000:parameter/x" };
  await assert.rejects(world.call("ssm", "GetParameter", arn), { code: "ParameterNotFound" });
});

describe("SecureString", () => {
  test("is unreadable at rest and without decryption, bound to its name, and differs every time", async () => {
    await put("/secret", "päss", { Type: "SecureString" });
    const sealed = (await get("/secret"))?.Value ?? "";
    assert.match(sealed, /^[A-Za-z0-9+/=]+$/);
    assert.ok(!Buffer.from(sealed, "base64").includes("päss"));
    assert.equal((await get("/secret", true))?.Value, "päss");
    await put("/secret", "päss", { Type: "SecureString", Overwrite: true });
    assert.notEqual((await get("/secret"))?.Value, sealed);
    const key: [string, string, string] = ["000000000000", "us-east-1", "/secret"];
    await put("/other", "x", { Type: "SecureString" });
    await world.platform.storage.transact(async (tx) => {
      const stolen = await versions.get(tx, [...key, 2]);
      if (stolen) versions.set(tx, ["000000000000", "us-east-1", "/other", 1], { ...stolen, number: 1 });
    });
    await assert.rejects(get("/other", true));
    const stored = await world.platform.storage.snapshot((tx) => sealingKeys.get(tx, ["000000000000", "us-east-1"]));
    assert.equal(stored?.length, 32);
  });

  test("names its key; another key is noted as not used", async () => {
    await put("/s", "x", { Type: "SecureString" });
    await put("/t", "x", { Type: "SecureString", KeyId: "alias/mine" });
    const { Parameters } = await world.call("ssm", "DescribeParameters", {});
    assert.deepEqual(
      Parameters?.map((one) => one?.KeyId),
      ["alias/aws/ssm", "alias/mine"],
    );
    assert.equal(world.platform.ledger.entries()[0]?.parameter, "KeyId");
  });
});

describe("what is refused", () => {
  const cases: [name: string, input: Partial<Put>, code: string][] = [
    ["no type", { Type: undefined as never }, "ValidationException"],
    ["an empty value", { Value: "" }, "ValidationException"],
    ["a reference in the value", { Value: "{{ssm:/x}}" }, "ValidationException"],
    ["4,097 bytes in the standard tier", { Value: "x".repeat(4097) }, "ValidationException"],
    ["8,193 bytes in the advanced tier", { Value: "x".repeat(8193), Tier: "Advanced" }, "ValidationException"],
    ["a value against its pattern", { Value: "x1", AllowedPattern: "\\d+" }, "ParameterPatternMismatchException"],
    ["a pattern that is none", { AllowedPattern: "(" }, "InvalidAllowedPatternException"],
    ["an unknown data type", { DataType: "Text" }, "ValidationException"],
    ["policies", { Policies: '[{"Type":"Expiration"}]' }, "NotImplemented"],
    ["tags with overwrite", { Overwrite: true, Tags: [{ Key: "a", Value: "b" }] }, "ValidationException"],
    ["a reserved tag", { Tags: [{ Key: "aws:a", Value: "b" }] }, "ValidationException"],
  ];
  for (const [name, input, code] of cases) {
    test(name, async () => {
      const { Type, ...rest } = input;
      const base = "Type" in input ? {} : { Type: Type ?? ("String" as const) };
      await assert.rejects(world.call("ssm", "PutParameter", { Name: "/p", Value: "1", ...base, ...rest }), { code });
      await assert.rejects(get("/p"), { code: "ParameterNotFound" });
    });
  }

  test("going back from the advanced tier", async () => {
    assert.equal((await put("/p", "x".repeat(5000), { Tier: "Intelligent-Tiering" })).Tier, "Advanced");
    assert.equal((await put("/p", "x", { Overwrite: true })).Tier, "Advanced");
    await assert.rejects(put("/p", "x", { Overwrite: true, Tier: "Standard" }), { code: "ValidationException" });
  });

  test("versions and labels that are not there", async () => {
    await put("/p", "1");
    await assert.rejects(get("/p:2"), { code: "ParameterVersionNotFound", message: /could not find version 2 of \/p/ });
    await assert.rejects(get("/p:prod"), { code: "ParameterVersionNotFound" });
    await assert.rejects(get("/aws/service/ami-amazon-linux-latest/x"), { code: "ParameterNotFound" });
  });
});

test("GetParameters gives what is there in the order of names, and names the rest", async () => {
  await put("b", "2");
  await put("a", "1");
  const { Parameters, InvalidParameters } = await world.call("ssm", "GetParameters", { Names: ["b", "nope", "a:1", "a:9"] });
  assert.deepEqual(
    Parameters?.map((one) => [one?.Name, one?.Value, one?.Selector]),
    [
      ["a", "1", ":1"],
      ["b", "2", undefined],
    ],
  );
  assert.deepEqual(InvalidParameters, ["nope", "a:9"]);
});

describe("versions and labels", () => {
  test("a hundred versions are kept; a label holds the oldest fast", async () => {
    await put("/v", "1");
    for (let n = 2; n <= 101; n++) await put("/v", String(n), { Overwrite: true });
    await assert.rejects(get("/v:1"), { code: "ParameterVersionNotFound" });
    assert.equal((await get("/v:2"))?.Value, "2");
    await world.call("ssm", "LabelParameterVersion", { Name: "/v", ParameterVersion: 2, Labels: ["keep"] });
    await assert.rejects(put("/v", "102", { Overwrite: true }), {
      code: "ParameterMaxVersionLimitExceeded",
      message: /Version 2, the oldest version/,
    });
    await world.call("ssm", "LabelParameterVersion", { Name: "/v", ParameterVersion: 50, Labels: ["keep"] });
    assert.equal((await put("/v", "102", { Overwrite: true })).Version, 102);
    assert.equal((await get("/v:keep"))?.Version, 50);
  });

  test("labels move, are removed, and bad ones are named", async () => {
    await put("/l", "1");
    await put("/l", "2", { Overwrite: true });
    const label = (Labels: string[], ParameterVersion?: number) =>
      world.call("ssm", "LabelParameterVersion", { Name: "/l", Labels, ...(ParameterVersion && { ParameterVersion }) });
    assert.deepEqual(await label(["a", "1st", "aws-x", "b"], 1), { InvalidLabels: ["1st", "aws-x"], ParameterVersion: 1 });
    assert.deepEqual(await label(["a"]), { InvalidLabels: [], ParameterVersion: 2 });
    const history = await world.call("ssm", "GetParameterHistory", { Name: "/l" });
    assert.deepEqual(
      history.Parameters?.map((one) => [one?.Version, one?.Value, one?.Labels]),
      [
        [1, "1", ["b"]],
        [2, "2", ["a"]],
      ],
    );
    assert.deepEqual(await world.call("ssm", "UnlabelParameterVersion", { Name: "/l", ParameterVersion: 1, Labels: ["b", "zz"] }), {
      RemovedLabels: ["b"],
      InvalidLabels: ["zz"],
    });
    await label(
      Array.from({ length: 9 }, (_, n) => `x${n}`),
      2,
    );
    await assert.rejects(label(["y"], 2), { code: "ParameterVersionLabelLimitExceeded" });
  });

  test("history comes in pages", async () => {
    await put("/h", "1");
    for (let n = 2; n <= 5; n++) await put("/h", String(n), { Overwrite: true });
    const seen: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await world.call("ssm", "GetParameterHistory", { Name: "/h", MaxResults: 2, ...(NextToken && { NextToken }) });
      seen.push(...(page.Parameters ?? []).map((one) => one?.Value));
      NextToken = page.NextToken;
    } while (NextToken);
    assert.deepEqual(seen, ["1", "2", "3", "4", "5"]);
    await assert.rejects(world.call("ssm", "GetParameterHistory", { Name: "/h", NextToken: "!" }), { code: "InvalidNextToken" });
  });
});

describe("by path", () => {
  const NAMES = ["/app/a", "/app/b", "/app/c/d", "/app/c/e/f", "/apple", "top"];
  beforeEach(async () => {
    for (const name of NAMES) await put(name, name);
    await put("/app/s", "secret", { Type: "SecureString" });
  });

  async function walk(input: InputOf<"ssm", "GetParametersByPath">): Promise<(string | undefined)[]> {
    const names: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await world.call("ssm", "GetParametersByPath", { ...input, ...(NextToken && { NextToken }) });
      assert.ok((page.Parameters ?? []).length <= (input.MaxResults ?? 10));
      names.push(...(page.Parameters ?? []).map((one) => one?.Name));
      NextToken = page.NextToken;
    } while (NextToken);
    return names;
  }

  for (const [path, recursive, expected] of [
    ["/app", false, ["/app/a", "/app/b", "/app/s"]],
    ["/app/", true, ["/app/a", "/app/b", "/app/c/d", "/app/c/e/f", "/app/s"]],
    ["/", false, ["/apple", "top"]],
    ["/", true, ["/app/a", "/app/b", "/app/c/d", "/app/c/e/f", "/app/s", "/apple", "top"]],
    ["/none", true, []],
  ] as const) {
    test(`${path} ${recursive ? "and all below" : ""}`, async () => {
      assert.deepEqual(await walk({ Path: path, Recursive: recursive }), expected);
      assert.deepEqual(await walk({ Path: path, Recursive: recursive, MaxResults: 2 }), expected);
    });
  }

  test("secrets are opened on demand", async () => {
    const input = { Path: "/app", ParameterFilters: [{ Key: "Type", Values: ["SecureString"] }] };
    assert.equal((await world.call("ssm", "GetParametersByPath", { ...input, WithDecryption: true })).Parameters?.[0]?.Value, "secret");
    assert.notEqual((await world.call("ssm", "GetParametersByPath", input)).Parameters?.[0]?.Value, "secret");
  });

  test("a label picks its versions", async () => {
    await world.call("ssm", "LabelParameterVersion", { Name: "/app/a", Labels: ["prod"] });
    await put("/app/a", "newer", { Overwrite: true });
    const found = await world.call("ssm", "GetParametersByPath", { Path: "/app", ParameterFilters: [{ Key: "Label", Values: ["prod"] }] });
    assert.deepEqual(
      found.Parameters?.map((one) => [one?.Name, one?.Value]),
      [["/app/a", "/app/a"]],
    );
  });

  for (const [name, filters, expected] of [
    ["all", [], [...NAMES.slice(0, 4), "/app/s", "/apple", "top"]],
    ["Name Equals", [{ Key: "Name", Values: ["/app/a", "top"] }], ["/app/a", "top"]],
    ["Name BeginsWith", [{ Key: "Name", Option: "BeginsWith", Values: ["/app/c"] }], ["/app/c/d", "/app/c/e/f"]],
    ["Name Contains", [{ Key: "Name", Option: "Contains", Values: ["pp"] }], [...NAMES.slice(0, 4), "/app/s", "/apple"]],
    ["Path OneLevel", [{ Key: "Path", Values: ["/app"] }], ["/app/a", "/app/b", "/app/s"]],
    ["Path Recursive", [{ Key: "Path", Option: "Recursive", Values: ["/app/c"] }], ["/app/c/d", "/app/c/e/f"]],
    ["Type", [{ Key: "Type", Values: ["SecureString"] }], ["/app/s"]],
    [
      "Type and Name",
      [
        { Key: "Type", Values: ["String"] },
        { Key: "Name", Values: ["top", "/app/s"] },
      ],
      ["top"],
    ],
  ] as const) {
    test(`DescribeParameters: ${name}`, async () => {
      const ParameterFilters = filters.map((filter) => ({ ...filter, Values: [...filter.Values] }));
      const { Parameters } = await world.call("ssm", "DescribeParameters", { ParameterFilters });
      assert.deepEqual(
        Parameters?.map((one) => one?.Name),
        expected,
      );
    });
  }

  for (const [filter, code] of [
    [{ Key: "Label", Values: ["x"] }, "InvalidFilterKey"],
    [{ Key: "Name", Option: "Regex", Values: ["x"] }, "InvalidFilterOption"],
    [{ Key: "Name" }, "InvalidFilterValue"],
  ] as const) {
    test(`DescribeParameters refuses ${JSON.stringify(filter)}`, async () => {
      const ParameterFilters = [{ ...filter, ...("Values" in filter && { Values: [...filter.Values] }) }] as never;
      await assert.rejects(world.call("ssm", "DescribeParameters", { ParameterFilters }), { code });
    });
  }
});

test("tags are added, replaced, removed, listed and filtered by", async () => {
  await put("/t", "1", { Tags: [{ Key: "team", Value: "a" }] });
  const resource = { ResourceType: "Parameter", ResourceId: "/t" } as const;
  await world.call("ssm", "AddTagsToResource", {
    ...resource,
    Tags: [
      { Key: "team", Value: "b" },
      { Key: "x", Value: "" },
    ],
  });
  await world.call("ssm", "RemoveTagsFromResource", { ...resource, TagKeys: ["x"] });
  assert.deepEqual((await world.call("ssm", "ListTagsForResource", resource)).TagList, [{ Key: "team", Value: "b" }]);
  const found = await world.call("ssm", "DescribeParameters", { ParameterFilters: [{ Key: "tag:team", Values: ["b"] }] });
  assert.equal(found.Parameters?.length, 1);
  await assert.rejects(world.call("ssm", "ListTagsForResource", { ...resource, ResourceId: "/none" }), { code: "InvalidResourceId" });
});

test("deleting takes everything of a parameter", async () => {
  await put("/d", "1");
  await put("/d", "2", { Overwrite: true });
  await world.call("ssm", "DeleteParameter", { Name: "/d" });
  await assert.rejects(world.call("ssm", "DeleteParameter", { Name: "/d" }), { code: "ParameterNotFound" });
  assert.equal((await put("/d", "3")).Version, 1);
  assert.deepEqual(await world.call("ssm", "DeleteParameters", { Names: ["/d", "/none"] }), {
    DeletedParameters: ["/d"],
    InvalidParameters: ["/none"],
  });
});

describe("AWS::SSM::Parameter", () => {
  const request = { stackName: "s", stackId: "arn:stack/1", logicalId: "P", generatedName: () => "s-P-ABC" };
  const type = ssm.resources?.["AWS::SSM::Parameter"];
  const context = () => world.context("ssm");

  test("is made under its name or a generated one, again after a crash, changed and deleted", async () => {
    const properties = { Type: "String", Value: "1", Tags: { a: "1", b: "2" }, Description: "first" };
    const state = await type?.create(context(), request, properties);
    assert.deepEqual(state, { physicalId: "s-P-ABC", attributes: { Type: "String", Value: "1" } });
    assert.deepEqual(await type?.create(context(), request, properties), state);
    if (!state) return;
    await type?.update(context(), request, state, { Type: "StringList", Value: "1,2", Tags: { a: "9" } }, properties);
    assert.equal((await get("s-P-ABC"))?.Value, "1,2");
    const tags = await world.call("ssm", "ListTagsForResource", { ResourceType: "Parameter", ResourceId: "s-P-ABC" });
    assert.deepEqual(tags.TagList, [{ Key: "a", Value: "9" }]);
    await type?.delete(context(), request, state, {});
    await type?.delete(context(), request, state, {});
    await assert.rejects(get("s-P-ABC"), { code: "ParameterNotFound" });
  });

  test("does not take over a parameter that is there, nor make a secret", async () => {
    await put("/mine", "1");
    const create = (properties: object) =>
      type?.create(context(), request, { Type: "String", Value: "2", Name: "/mine", ...properties }) ?? Promise.resolve();
    await assert.rejects(create({}), { code: "AlreadyExists" });
    await assert.rejects(create({ Name: "/new", Type: "SecureString" }), { code: "ValidationError" });
  });
});
