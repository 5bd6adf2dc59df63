// Inputs checked against the service's model, in the words that AWS uses: "1 validation error detected: Value 'x' at 'a.1.member.b'
// failed to satisfy constraint: …". One check per structure, compiled on first use. It must never change an input.
import { AwsError } from "../kernel/errors.ts";
import { loadedSchema, loadSchema } from "./catalog.ts";
import { type Constraint, type ConstraintLookup, loadConstraints } from "./constraints.ts";
import { VALIDATION_FAILURES_MAX } from "./limits.ts";
import type { Member, OperationSchema, ProtocolId, Shape } from "./schema.ts";
import { type Missing, type ValidationRules, validationRules } from "./validation-rules.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Where a check stands, and what it has found. */
interface Findings {
  readonly failures: string[];
  missing: Missing | undefined;
}

/** Names in the form of messages (`entries.1.member`) and of the model (`Entries.1`). */
interface Place {
  readonly path: string;
  readonly modelPath: string;
  readonly depth: number;
}

type Check = (value: unknown, place: Place, findings: Findings) => void;

/** The checks of one service, for as long as the process lives: schemas do not change. */
interface ServiceChecks {
  readonly lookup: ConstraintLookup;
  readonly byShape: Map<Shape, Check | undefined>;
}

const loaded = new Map<string, ServiceChecks>();

/** Throws the AwsError that the protocol answers to an input that breaks its model. Returns a promise only when the service's constraints must be loaded first. */
export function validateCall(operation: OperationSchema, protocol: ProtocolId, input: Fields): void | Promise<void> {
  const checks = loaded.get(operation.service.id);
  if (checks) check(checks, operation, protocol, input);
  else return loadChecks(operation.service.id).then((fresh) => check(fresh, operation, protocol, input));
}

/** What the dispatcher asks before a call between services: the same checks as for a request from outside. */
export function validateInput(service: string, operation: string, input: unknown): void | Promise<void> {
  const schema = loadedSchema(service);
  if (!schema) return loadSchema(service).then(() => validateInput(service, operation, input));
  const known = schema.operations.get(operation);
  if (known) return validateCall(known, schema.protocol, input as Fields);
}

async function loadChecks(service: string): Promise<ServiceChecks> {
  const checks: ServiceChecks = { lookup: await loadConstraints(service), byShape: new Map() };
  loaded.set(service, checks);
  return checks;
}

const ROOT: Place = { path: "", modelPath: "", depth: 0 };

function check(checks: ServiceChecks, operation: OperationSchema, protocol: ProtocolId, input: Fields): void {
  const rules = validationRules(operation.service.id, protocol);
  const run = compileStructure(checks, rules, operation.input);
  if (!run) return;
  const findings: Findings = { failures: [], missing: undefined };
  run(input, ROOT, findings);
  const own = findings.missing && rules.missing?.(findings.missing);
  if (own) throw own;
  const { failures } = findings;
  if (failures.length === 0) return;
  const plural = failures.length === 1 ? "error" : "errors";
  throw new AwsError(
    rules.code,
    `${failures.length} validation ${plural} detected: ${failures.slice(0, VALIDATION_FAILURES_MAX).join("; ")}`,
  );
}

/** Undefined when there is nothing to check in it, so that large documents without constraints are not walked. */
function compileStructure(checks: ServiceChecks, rules: ValidationRules, shape: Shape): Check | undefined {
  if (checks.byShape.has(shape)) return checks.byShape.get(shape);
  // A recursive structure finds nothing to check in itself while it is being compiled; a second pass knows better.
  checks.byShape.set(shape, undefined);
  let compiled = compileMembers(checks, rules, shape);
  if (compiled) {
    checks.byShape.set(shape, (value, place, findings) => compiled?.(value, place, findings));
    compiled = compileMembers(checks, rules, shape);
    checks.byShape.set(shape, compiled);
  }
  return compiled;
}

function compileMembers(checks: ServiceChecks, rules: ValidationRules, shape: Shape): Check | undefined {
  const steps = shape.members.map((member) => compileMember(checks, rules, shape, member)).filter((step) => step !== undefined);
  if (steps.length === 0) return undefined;
  return (value, place, findings) => {
    if (typeof value !== "object" || value === null) return;
    for (const step of steps) step(value, place, findings);
  };
}

function compileMember(checks: ServiceChecks, rules: ValidationRules, shape: Shape, member: Member): Check | undefined {
  const { name, required, traits } = member;
  const checked = rules.constraints && !rules.ownWords?.has(`${shape.name}.${name}`);
  const constraint = checked ? checks.lookup(shape.name, name) : undefined;
  const constrain = constraint && compileConstraint(constraint, member);
  const nested = compileNested(checks, rules, member.shape);
  const needed = required && traits.idempotencyToken !== 1;
  if (!constrain && !nested && !needed) return undefined;
  const label = name.charAt(0).toLowerCase() + name.slice(1);
  return (value, place, findings) => {
    const item = (value as Fields)[name];
    if (item === undefined || item === null) {
      if (needed) reportMissing(member, place, label, findings);
      return;
    }
    if (!constrain && !nested) return;
    const below = { path: joined(place.path, label), modelPath: joined(place.modelPath, name), depth: place.depth + 1 };
    constrain?.(item, below, findings);
    nested?.(item, below, findings);
  };
}

function joined(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function reportMissing(member: Member, place: Place, label: string, findings: Findings): void {
  const path = joined(place.path, label);
  findings.missing ??= {
    path,
    modelPath: joined(place.modelPath, member.name),
    depth: place.depth + 1,
    header: member.traits.httpHeader?.toLowerCase(),
    payload: member.traits.httpPayload === 1,
  };
  findings.failures.push(`Value null at '${path}' failed to satisfy constraint: Member must not be null`);
}

/** Structures within lists and maps, however deep. */
function compileNested(checks: ServiceChecks, rules: ValidationRules, shape: Shape): Check | undefined {
  if (shape.kind === "structure" || shape.kind === "union") return compileStructure(checks, rules, shape);
  if (!shape.element) return undefined;
  const inner = compileNested(checks, rules, shape.element.shape);
  if (!inner) return undefined;
  if (shape.kind === "list") {
    return (value, { path, modelPath, depth }, findings) => {
      if (!Array.isArray(value)) return;
      for (let i = 0; i < value.length; i++)
        inner(value[i], { path: `${path}.${i + 1}.member`, modelPath: `${modelPath}.${i + 1}`, depth }, findings);
    };
  }
  return (value, { path, modelPath, depth }, findings) => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      inner((value as Fields)[key], { path: `${path}.${key}.member`, modelPath: `${modelPath}.${key}`, depth }, findings);
    }
  };
}

function compileConstraint(constraint: Constraint, member: Member): Check {
  const own = compileRules(constraint, member.shape);
  const { key, element } = constraint;
  const elements = element && member.shape.element && describe(element, member.shape.element.shape);
  const keys = key && member.shape.key && describe(key, member.shape.key.shape);
  const sensitive = member.traits.sensitive === 1;
  return (value, { path }, findings) => {
    const report = (rule: string) =>
      findings.failures.push(`Value ${sensitive ? "" : `'${rendered(value)}' `}at '${path}' failed to satisfy constraint: ${rule}`);
    for (const { text, holds } of own) if (!holds(value)) report(text);
    if (Array.isArray(value)) {
      if (elements && !value.every(elements.holds)) report(`Member must satisfy constraint: [${elements.text}]`);
    } else if (isMap(value)) {
      if (keys && !Object.keys(value).every(keys.holds)) report(`Map keys must satisfy constraint: [${keys.text}]`);
      if (elements && !Object.values(value).every(elements.holds)) report(`Map value must satisfy constraint: [${elements.text}]`);
    }
  };
}

interface Rule {
  readonly text: string;
  holds(value: unknown): boolean;
}

/** All rules of an element together: AWS names them all when one fails. */
function describe(constraint: Constraint, shape: Shape): Rule {
  const rules = compileRules(constraint, shape);
  const inner = constraint.element && shape.element && describe(constraint.element, shape.element.shape);
  const texts = rules.map(({ text }) => text);
  if (inner) texts.push(`Member must satisfy constraint: [${inner.text}]`);
  return {
    text: texts.join(", "),
    holds: (value) => rules.every(({ holds }) => holds(value)) && (!inner || !Array.isArray(value) || value.every(inner.holds)),
  };
}

function compileRules({ min, max, pattern, enum: values }: Constraint, shape: Shape): Rule[] {
  const rules: Rule[] = [];
  const measure = shape.kind === "number" ? "value" : "length";
  if (max !== undefined)
    rules.push({ text: `Member must have ${measure} less than or equal to ${max}`, holds: (value) => (sizeOf(value) ?? max) <= max });
  if (min !== undefined)
    rules.push({ text: `Member must have ${measure} greater than or equal to ${min}`, holds: (value) => (sizeOf(value) ?? min) >= min });
  if (pattern !== undefined) rules.push(patternRule(pattern, max));
  if (values !== undefined) {
    const known = new Set(values);
    rules.push({
      text: `Member must satisfy enum value set: [${values.join(", ")}]`,
      holds: (value) => typeof value !== "string" || known.has(value),
    });
  }
  return rules;
}

/** A string that is too long already is not matched: some patterns take time that grows faster than the string. */
function patternRule(pattern: string, max = Number.POSITIVE_INFINITY): Rule {
  const expression = compilePattern(pattern);
  return {
    text: `Member must satisfy regular expression pattern: ${pattern}`,
    holds: (value) => typeof value !== "string" || value.length > max || expression.test(value),
  };
}

function compilePattern(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return new RegExp(`^(?:${pattern})$`);
  }
}

/** Characters of a string, bytes of a blob, entries of a collection, or the number itself; undefined: not of a kind that is measured. */
function sizeOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.length;
  return isMap(value) ? Object.keys(value).length : undefined;
}

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Date);
}

/** As Java prints it, which is what AWS does. */
function rendered(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(rendered).join(", ")}]`;
  if (value instanceof Uint8Array) return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  if (value instanceof Date) return value.toISOString();
  if (!isMap(value)) return String(value);
  return `{${Object.keys(value)
    .map((key) => `${key}=${rendered(value[key])}`)
    .join(", ")}}`;
}
