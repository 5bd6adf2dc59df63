import assert from "node:assert/strict";
import { test } from "node:test";
import { isBinary, mediaTypeOf } from "./media-type.ts";

const cases: [types: string[], header: string | undefined, expected: boolean][] = [
  [[], "image/png", false],
  [["*/*"], undefined, true],
  [["*/*"], "application/json", true],
  [["image/png"], "image/png", true],
  [["image/png"], "image/PNG;q=0.9, text/html", true],
  [["image/png"], "text/html, image/png", false],
  [["image/*"], "image/jpeg", true],
  [["image/*"], "imagery/jpeg", false],
  [["image/png"], undefined, false],
];

test("binary media types are matched by the first type of a header", () => {
  for (const [types, header, expected] of cases) assert.equal(isBinary(types, header), expected, `${types} ${header}`);
});

test("a media type is shown without parameters, in lower case", () => {
  assert.equal(mediaTypeOf("Text/HTML; charset=utf-8"), "text/html");
  assert.equal(mediaTypeOf(""), undefined);
});
