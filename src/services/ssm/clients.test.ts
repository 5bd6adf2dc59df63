// Parameter Store through a real SDK v3 client over a real socket.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  ParameterVersionNotFound,
  PutParameterCommand,
  paginateGetParametersByPath,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { createWorld, type World } from "../../testing/world.ts";
import { ssm as service } from "./service.ts";

let world: World;
let ssm: SSMClient;
before(async () => {
  world = await createWorld({ services: [{ id: "ssm", load: async () => service }] });
  ssm = new SSMClient(await world.listen());
});
after(async () => {
  ssm.destroy();
  await world.close();
});

test("values of every type go out and come back", async () => {
  for (const [Type, Value] of [
    ["String", "ü"],
    ["StringList", "a,b"],
    ["SecureString", "secret"],
  ] as const) {
    await ssm.send(new PutParameterCommand({ Name: `/types/${Type}`, Type, Value }));
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `/types/${Type}`, WithDecryption: true }));
    assert.deepEqual([Parameter?.Type, Parameter?.Value, Parameter?.Version], [Type, Value, 1]);
    assert.ok(Parameter?.LastModifiedDate instanceof Date);
  }
});

test("errors arrive as the client's own classes", async () => {
  const put = { Name: "/once", Type: "String", Value: "1" } as const;
  await ssm.send(new PutParameterCommand(put));
  await assert.rejects(ssm.send(new PutParameterCommand(put)), ParameterAlreadyExists);
  await assert.rejects(ssm.send(new GetParameterCommand({ Name: "/none" })), ParameterNotFound);
  await assert.rejects(ssm.send(new GetParameterCommand({ Name: "/once:7" })), ParameterVersionNotFound);
  await assert.rejects(ssm.send(new DeleteParameterCommand({ Name: "/none" })), ParameterNotFound);
  await assert.rejects(ssm.send(new GetParametersByPathCommand({ Path: "none" })), { name: "ValidationException" });
  await assert.rejects(ssm.send(new DescribeParametersCommand({ MaxResults: 51 })), { name: "ValidationException" });
});

test("the client's paginator walks a path", async () => {
  for (let n = 10; n < 35; n++) await ssm.send(new PutParameterCommand({ Name: `/walk/${n}`, Type: "String", Value: String(n) }));
  const seen: string[] = [];
  for await (const page of paginateGetParametersByPath({ client: ssm, pageSize: 10 }, { Path: "/walk" })) {
    seen.push(...(page.Parameters ?? []).map((one) => one.Value ?? ""));
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 25 }, (_, n) => String(n + 10)),
  );
});
