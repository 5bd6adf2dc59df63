// Who the caller is, by account.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld } from "../../testing/world.ts";
import { sts } from "./service.ts";

for (const account of ["000000000000", "123456789012"]) {
  test(`the caller of account ${account} is its root`, async () => {
    const world = await createWorld({ services: [{ id: "sts", load: async () => sts }] });
    assert.deepEqual(await world.call("sts", "GetCallerIdentity", {}, { account }), {
      Account: account,
      UserId: account,
      Arn: `arn:aws:iam::${account}:root`,
    });
    await world.close();
  });
}

test("other operations are not implemented, by name", async () => {
  const world = await createWorld({ services: [{ id: "sts", load: async () => sts }] });
  const input = { RoleArn: "arn:aws:iam::000000000000:role/r", RoleSessionName: "s" };
  await assert.rejects(world.call("sts", "AssumeRole", input), { code: "NotImplemented", message: /sts:AssumeRole/ });
  await world.close();
});
