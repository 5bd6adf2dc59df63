import assert from "node:assert/strict";
import { test } from "node:test";
import { CliError, type Command, helpOf, readArguments } from "./command.ts";

const command: Command = {
  name: "try",
  usage: "[DIR]",
  summary: "Try",
  positionalsMin: 0,
  positionalsMax: 1,
  options: {
    port: { type: "string", value: "PORT", help: "a port" },
    json: { type: "boolean", short: "j", help: "JSON" },
  },
  run: async () => 0,
};

test("options, flags and positionals are read", () => {
  const args = readArguments(command, ["dir", "--port", "80", "-j"]);
  assert.deepEqual(args.positionals, ["dir"]);
  assert.equal(args.number("port", 0, 100), 80);
  assert.equal(args.flag("json"), true);
  assert.equal(readArguments(command, []).number("port", 0, 100), undefined);
});

const WRONG: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
  [["--nope"], /Unknown option '--nope'\. Try: hearth try --help/],
  [["a", "b"], /usage: hearth try \[DIR\]/],
  [["--port"], /--port/],
];

for (const [argv, message] of WRONG) {
  test(`refuses ${argv.join(" ")}`, () => {
    assert.throws(
      () => readArguments(command, argv),
      (error) => error instanceof CliError && error.exitCode === 2 && message.test(error.message),
    );
  });
}

test("a number out of range is refused by name", () => {
  for (const text of ["101", "-1", "x", "1.5"]) {
    assert.throws(() => readArguments(command, [`--port=${text}`]).number("port", 0, 100), /--port takes a whole number from 0 to 100/);
  }
});

test("the help names every option", () => {
  assert.match(helpOf(command), /--port PORT\s+a port/);
  assert.match(helpOf(command), /-j, --json\s+JSON/);
});
