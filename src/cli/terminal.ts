// How output looks: coloured on a terminal, plain in a pipe, JSON lines for programs. The only place that knows colours.
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

export interface Terminal {
  readonly json: boolean;
  style(style: Style, text: string): string;
  /** A line for people; nothing in JSON mode. */
  line(text?: string): void;
  /** A line for programs; nothing otherwise. */
  data(value: unknown): void;
  /** What is going on, on a line that replaces itself; only on a terminal. */
  progress(text: string): void;
}

/** A reader that has seen enough (`| head`) ends the command, as a signal would: what runs is stopped in order. */
export function endWithReader(): void {
  process.stdout.on("error", (error: Error) => {
    if (!("code" in error) || error.code !== "EPIPE") throw error;
    if (process.listenerCount("SIGTERM") > 0) process.kill(process.pid, "SIGTERM");
    else process.exit();
  });
}

export function createTerminal(options: { readonly json: boolean }): Terminal {
  const colours = process.stdout.isTTY === true && !process.env["NO_COLOR"] && !options.json;
  let transient = false;
  const clear = () => {
    if (transient) process.stdout.write("\r\x1b[2K");
    transient = false;
  };
  return {
    json: options.json,
    style: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
    line(text = "") {
      if (options.json) return;
      clear();
      process.stdout.write(`${text}\n`);
    },
    data(value) {
      if (options.json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    progress(text) {
      if (!colours) return;
      clear();
      process.stdout.write(text.slice(0, (process.stdout.columns ?? 80) - 1));
      transient = true;
    },
  };
}

/** `12:03:04.123`, local time. */
export function timeOfDay(epochMs: number): string {
  const date = new Date(epochMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Rows with their columns aligned; the last column is left as it is. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join("  "));
}
