// The listing algorithm against a model that reads everything, and its economy.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { integer, pick, type Random, seededRandom } from "../../kernel/random.ts";
import { Collection } from "../../storage/collection.ts";
import { openMemoryStorage } from "../../storage/engines/memory.ts";
import { commonPrefix, compareNames, list, type Question, successor } from "./listing.ts";

type NameQuestion = Question<[string, string]>;

const collection = new Collection<[scope: string, name: string], number>("test", "listing");

/** What a listing is, said in the simplest way. */
function model(names: readonly string[], { prefix, delimiter, after, limit }: NameQuestion): { entries: string[]; truncated: boolean } {
  const group = after?.startsWith(prefix) ? commonPrefix(after, prefix, delimiter) : undefined;
  const seen = new Set<string>();
  const all: string[] = [];
  for (const name of [...names].sort(compareNames)) {
    if (!name.startsWith(prefix)) continue;
    if (after && (compareNames(name, after) <= 0 || (group !== undefined && name.startsWith(group)))) continue;
    const rolled = commonPrefix(name, prefix, delimiter);
    if (rolled !== undefined && seen.has(rolled)) continue;
    if (rolled !== undefined) seen.add(rolled);
    all.push(rolled === undefined ? name : `${rolled} (prefix)`);
  }
  return { entries: all.slice(0, limit), truncated: limit > 0 && all.length > limit };
}

function randomName(random: Random): string {
  const pieces = ["a", "b", "/", "//", "ab", "\u{10FFFF}", "\uffff", "é", "😀", " ", "-", "\u0001"];
  return Array.from({ length: 1 + integer(random, 5) }, () => pick(random, pieces)).join("");
}

async function ask(names: readonly string[], question: NameQuestion) {
  const storage = openMemoryStorage();
  await storage.transact(async (tx) => {
    for (const name of names) collection.set(tx, ["s", name], 1);
    // Neighbours that must not be seen.
    collection.set(tx, ["r", "z"], 1);
    collection.set(tx, ["t", ""], 1);
  });
  let ranges = 0;
  let rows = 0;
  const found = await storage.snapshot((tx) =>
    list(
      {
        get: (key) => tx.get(key),
        range: async (range, options) => {
          const entries = await tx.range(range, options);
          ranges++;
          rows += entries.length;
          return entries;
        },
      },
      collection,
      "s",
      question,
    ),
  );
  await storage.close();
  const entries = found.entries.map((entry) => (entry.kind === "prefix" ? `${entry.name} (prefix)` : entry.name));
  return { entries, truncated: found.truncated, ranges, rows };
}

test("agrees with the model on random names and questions", async () => {
  const random = seededRandom(11);
  for (let round = 0; round < 400; round++) {
    const names = [...new Set(Array.from({ length: integer(random, 40) }, () => randomName(random)))];
    const question: NameQuestion = {
      prefix: pick(random, ["", "", "a", "a/", "ab", "\u{10FFFF}", "é", "/"]),
      delimiter: pick(random, ["", "/", "/", "b", "//", "😀"]),
      after: pick(random, ["", "", "a", "a/", "a/b", "b/", randomName(random), ...names]),
      limit: pick(random, [0, 1, 2, 3, 10, 1000]),
    };
    const { entries, truncated } = await ask(names, question);
    assert.deepEqual({ entries, truncated }, model(names, question), JSON.stringify({ names, question }));
  }
});

test("pages put together are the whole, whatever their size", async () => {
  const random = seededRandom(5);
  for (let round = 0; round < 60; round++) {
    const names = [...new Set(Array.from({ length: 60 }, () => randomName(random)))];
    for (const delimiter of [undefined, "/"]) {
      const whole = model(names, { prefix: "", delimiter, limit: 1000 }).entries;
      const limit = 1 + integer(random, 7);
      const pages: string[] = [];
      let after: string | undefined;
      for (let turn = 0; turn < 100; turn++) {
        const page = await ask(names, { prefix: "", delimiter, after, limit });
        pages.push(...page.entries);
        after = page.entries.at(-1)?.replace(/ \(prefix\)$/, "");
        if (!page.truncated) break;
      }
      assert.deepEqual(pages, whole);
    }
  }
});

test("seeks past what is below a common prefix", async () => {
  const names = ["a", "c"].flatMap((folder) => Array.from({ length: 5000 }, (_, n) => `${folder}/${String(n).padStart(5, "0")}`));
  const found = await ask([...names, "b", "d"], { prefix: "", delimiter: "/", limit: 1000 });
  assert.deepEqual(found.entries, ["a/ (prefix)", "b", "c/ (prefix)", "d"]);
  assert.ok(found.rows < 300, `${found.rows} rows were read`);
  const page = await ask(names, { prefix: "", limit: 1000 });
  assert.equal(page.ranges, 1);
  assert.equal(page.rows, 1001);
});

describe("the successor of a prefix", () => {
  for (const [prefix, next] of [
    ["a", "b"],
    ["a/", "a0"],
    ["a\u{10FFFF}", "b"],
    ["\u{10FFFF}", undefined],
    ["", undefined],
    ["\ud7ff", "\ue000"],
    ["\uffff", "\u{10000}"],
  ] as const) {
    test(JSON.stringify(prefix), () => assert.equal(successor(prefix), next));
  }
});
