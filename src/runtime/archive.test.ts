import assert from "node:assert/strict";
import { test } from "node:test";
import { type Zippable, zipSync } from "fflate";
import { inlineArchive } from "../services/lambda/inline-code.ts";
import { readArchive } from "./archive.ts";

async function read(archive: Uint8Array) {
  const files = [];
  for await (const file of readArchive(chunks(archive))) files.push(file);
  return files;
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}

const text = (value: string) => Buffer.from(value);
const UNREADABLE = {
  code: "InvalidParameterValueException",
  message: "Could not unzip uploaded file. Please check your file, then try to upload again.",
};

test("files, folders, kinds of compression, modes and links", async () => {
  const zippable: Zippable = {
    "index.js": [text("exports.handler = 1;"), { level: 9 }],
    "stored.txt": [text("stored"), { level: 0 }],
    "deep/er/ü.js": text("deep"),
    "empty.txt": text(""),
    "folder/": new Uint8Array(),
    "bin/run": [text("#!/bin/sh"), { os: 3, attrs: 0o100755 << 16 }],
    "bin/link": [text("../index.js"), { os: 3, attrs: (0o120777 << 16) >>> 0 }],
  };
  const files = await read(zipSync(zippable));
  const shown = files.map(({ path, executable, linkTo, bytes }) => [path, Buffer.from(bytes).toString(), executable, linkTo]);
  assert.deepEqual(shown, [
    ["index.js", "exports.handler = 1;", false, undefined],
    ["stored.txt", "stored", false, undefined],
    ["deep/er/ü.js", "deep", false, undefined],
    ["empty.txt", "", false, undefined],
    ["bin/run", "#!/bin/sh", true, undefined],
    ["bin/link", "../index.js", true, "../index.js"],
  ]);
});

test("the archive of inline code", async () => {
  const [file, ...others] = await read(inlineArchive("exports.handler = async () => 'ü';", "nodejs22.x"));
  assert.deepEqual(
    [file?.path, Buffer.from(file?.bytes ?? []).toString(), others.length],
    ["index.js", "exports.handler = async () => 'ü';", 0],
  );
});

for (const [name, archive] of [
  ["no archive", text("this is no zip archive, whatever it says")],
  ["nothing", new Uint8Array()],
  ["a path above", zipSync({ "../evil.js": text("x") })],
  ["a path above, within", zipSync({ "a/../../evil.js": text("x") })],
  ["an absolute path", zipSync({ "/etc/evil": text("x") })],
  ["a path with backslashes", zipSync({ "..\\evil.js": text("x") })],
  ["a link above", zipSync({ "a/link": [text("../../etc/passwd"), { os: 3, attrs: (0o120777 << 16) >>> 0 }] })],
  ["an absolute link", zipSync({ link: [text("/etc/passwd"), { os: 3, attrs: (0o120777 << 16) >>> 0 }] })],
  ["one that is cut off", zipSync({ "index.js": text("x".repeat(500)) }).subarray(0, 120)],
] as const) {
  test(`refused: ${name}`, async () => assert.rejects(read(archive), UNREADABLE));
}

test("an archive without files", async () => {
  await assert.rejects(read(zipSync({ "folder/": new Uint8Array() })), { message: "Uploaded file must be a non-empty zip" });
});

test("sizes: what the directory promises is too much, and a directory that lies", async () => {
  const honest = zipSync({ "index.js": new Uint8Array(100_000) });
  const view = Buffer.from(honest);
  const entry = view.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
  view.writeUInt32LE(262_144_001, entry + 24);
  await assert.rejects(read(view), { message: "Unzipped size must be smaller than 262144000 bytes" });
  view.writeUInt32LE(10, entry + 24);
  await assert.rejects(read(view), UNREADABLE);
});
