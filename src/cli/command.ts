// What a command of the CLI is, and how its arguments are read. A wrong argument is one clear line and exit code 2.
import { parseArgs } from "node:util";

/** An error whose message is all that the user needs: no stack is printed. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface OptionSpec {
  readonly type: "string" | "boolean";
  /** Shown in the help: `PORT`. */
  readonly value?: string;
  readonly help: string;
  readonly short?: string;
}

export interface Arguments {
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  flag(name: string): boolean;
  /** A whole number in the range, or an error that says so. */
  number(name: string, min: number, max: number): number | undefined;
}

export interface Command {
  readonly name: string;
  /** Positional arguments as shown in the usage: `[DIR]`. */
  readonly usage: string;
  readonly summary: string;
  readonly positionalsMin: number;
  readonly positionalsMax: number;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Resolves to the exit code. */
  run(args: Arguments): Promise<number>;
}

export function readArguments(command: Command, argv: readonly string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, spec]) => [name, { type: spec.type, ...(spec.short && { short: spec.short }) }]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split(". ")[0];
    throw new CliError(`${reason}. Try: hearth ${command.name} --help`, 2);
  }
  const { values, positionals } = parsed;
  if (positionals.length < command.positionalsMin || positionals.length > command.positionalsMax) {
    throw new CliError(`usage: hearth ${command.name} ${command.usage}`, 2);
  }
  const text = (name: string) => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    positionals,
    text,
    flag: (name) => values[name] === true,
    number(name, min, max) {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = Number(value);
      if (!/^\d+$/.test(value) || number < min || number > max)
        throw new CliError(`--${name} takes a whole number from ${min} to ${max}, not "${value}"`, 2);
      return number;
    },
  };
}

export function helpOf(command: Command): string {
  const left = Object.entries(command.options).map(
    ([name, spec]) => `  ${spec.short ? `-${spec.short}, ` : ""}--${name}${spec.value ? ` ${spec.value}` : ""}`,
  );
  const width = Math.max(0, ...left.map((text) => text.length)) + 2;
  const lines = Object.values(command.options).map((spec, at) => `${(left[at] ?? "").padEnd(width)}${spec.help}`);
  return [`hearth ${command.name} ${command.usage}`.trimEnd(), "", command.summary, "", ...lines].join("\n");
}
