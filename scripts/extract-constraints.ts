// Extracts from botocore's models what the SDK clients' schemas leave out: lengths, ranges, patterns and enumerations of the
// members of operations' inputs. Run by hand when botocore is newer; the result is committed, so nobody needs Python to build.
// Usage: bin/node24 scripts/extract-constraints.ts [folder of botocore/data]
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { Constraint, ServiceConstraints } from "../src/protocol/constraints.ts";

const target = join(dirname(fileURLToPath(import.meta.url)), "..", "src", "protocol", "constraints");

/** Services that Hearth implements, by our id and botocore's folder. S3 and SQS say nothing that their services do not check in words of their own. */
const SERVICES: readonly (readonly [id: string, folder: string])[] = [
  ["apigateway", "apigateway"],
  ["apigatewayv2", "apigatewayv2"],
  ["cloudformation", "cloudformation"],
  ["dynamodb", "dynamodb"],
  ["eventbridge", "events"],
  ["lambda", "lambda"],
  ["logs", "logs"],
  ["ssm", "ssm"],
  ["sts", "sts"],
];

interface BotoShape {
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
}

interface BotoModel {
  readonly metadata: { readonly apiVersion: string };
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>;
  readonly shapes: Readonly<Record<string, BotoShape>>;
}

function loadModel(data: string, folder: string): BotoModel {
  const version = readdirSync(join(data, folder))
    .filter((name) => /^\d{4}-\d{2}-\d{2}$/.test(name))
    .sort()
    .at(-1);
  const packed = readFileSync(join(data, folder, version ?? "", "service-2.json.gz"));
  return JSON.parse(gunzipSync(packed).toString("utf8")) as BotoModel;
}

/** Patterns are Java's; those that JavaScript cannot read, even as near as possible, are left out and said aloud. */
function portable(pattern: string, where: string): string | undefined {
  for (const candidate of [pattern, pattern.replace(/\\p\{Punct\}/g, "[!-/:-@\\[-`{-~]").replace(/\(\?[a-z]\)/g, "")]) {
    try {
      new RegExp(candidate, "u");
      return candidate;
    } catch {
      // The next candidate may do.
    }
    try {
      new RegExp(candidate);
      return candidate;
    } catch {
      // The next candidate may do.
    }
  }
  console.log(`left out: the pattern of ${where}: ${pattern}`);
  return undefined;
}

class Extraction {
  readonly #model: BotoModel;
  readonly #table: Constraint[] = [];
  readonly #indexOf = new Map<string, number>();
  readonly members: Record<string, Record<string, number>> = {};

  constructor(model: BotoModel) {
    this.#model = model;
  }

  get constraints(): readonly Constraint[] {
    return this.#table;
  }

  /** A structure, under its own name, and those that it reaches. */
  structure(name: string): void {
    const shape = this.#model.shapes[name];
    if (!shape?.members || this.members[name]) return;
    const found: Record<string, number> = {};
    this.members[name] = found;
    for (const [member, { shape: of }] of Object.entries(shape.members)) {
      const constraint = this.#constraint(of, []);
      if (constraint !== undefined) found[member] = this.#intern(constraint);
    }
  }

  #intern(constraint: Constraint): number {
    const text = JSON.stringify(constraint);
    let index = this.#indexOf.get(text);
    if (index === undefined) {
      index = this.#table.length;
      this.#table.push(constraint);
      this.#indexOf.set(text, index);
    }
    return index;
  }

  #constraint(name: string, path: readonly string[]): Constraint | undefined {
    const shape = this.#model.shapes[name];
    if (!shape || path.includes(name)) return undefined;
    if (shape.type === "structure") {
      this.structure(name);
      return undefined;
    }
    const below = [...path, name];
    const element = shape.member ?? shape.value;
    const inner = element && this.#constraint(element.shape, below);
    const key = shape.key && this.#constraint(shape.key.shape, below);
    const pattern = shape.pattern === undefined ? undefined : portable(shape.pattern, name);
    const constraint: Constraint = {
      ...(shape.min !== undefined && { min: shape.min }),
      ...(shape.max !== undefined && { max: shape.max }),
      ...(pattern !== undefined && { pattern }),
      ...(shape.enum !== undefined && { enum: shape.enum }),
      ...(key && { key }),
      ...(inner && { element: inner }),
    };
    return Object.keys(constraint).length > 0 ? constraint : undefined;
  }
}

function extract(model: BotoModel): ServiceConstraints {
  const extraction = new Extraction(model);
  for (const operation of Object.keys(model.operations).sort()) {
    const input = model.operations[operation]?.input;
    if (input) extraction.structure(input.shape);
  }
  const members = Object.fromEntries(Object.entries(extraction.members).filter(([, found]) => Object.keys(found).length > 0));
  return { constraints: extraction.constraints, members };
}

const data =
  process.argv[2] ??
  execFileSync("python3", ["-c", "import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), 'data'))"]).toString().trim();
mkdirSync(target, { recursive: true });
for (const [id, folder] of SERVICES) {
  const text = JSON.stringify(extract(loadModel(data, folder)));
  writeFileSync(join(target, `${id}.json`), `${text}\n`);
  console.log(`${id}: ${text.length} bytes`);
}
