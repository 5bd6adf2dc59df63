// Update expressions with names and values filled in: the checks that AWS makes of them, and the item that comes out.
import { attributeOf, base64, type Item, setAttribute, type TypeName, typeOf, type Value } from "../attribute-value.ts";
import { addNumbers, subtractNumbers } from "../decimal.ts";
import { invalid } from "../errors.ts";
import { checkPathsApart, findValue, headOf, type Path } from "./path.ts";
import type { RawOperand, RawSetValue, RawUpdateAction } from "./syntax.ts";
import { bindPath, bindValue, type Variables } from "./variables.ts";

type SetOperand =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "function"; readonly name: string; readonly args: readonly SetOperand[] };
type SetValue = SetOperand | { readonly kind: "sum"; readonly minus: boolean; readonly left: SetOperand; readonly right: SetOperand };

export type UpdateAction =
  | { readonly section: "SET"; readonly path: Path; readonly value: SetValue }
  | { readonly section: "REMOVE"; readonly path: Path }
  | { readonly section: "ADD" | "DELETE"; readonly path: Path; readonly value: Value };

const KIND = "UpdateExpression";
const WRONG_DATA = "An operand in the update expression has an incorrect data type";
const NO_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item";
const WRONG_PATH = "The document path provided in the update expression is invalid for update";

/** How messages about ADD and DELETE name types. */
const LONG_NAMES: Readonly<Record<TypeName, string>> = {
  S: "STRING",
  N: "NUMBER",
  B: "BINARY",
  SS: "STRING_SET",
  NS: "NUMBER_SET",
  BS: "BINARY_SET",
  M: "MAP",
  L: "LIST",
  NULL: "NULL",
  BOOL: "BOOLEAN",
};
const ADDABLE: readonly TypeName[] = ["N", "SS", "NS", "BS"];
const DELETABLE: readonly TypeName[] = ["SS", "NS", "BS"];

export function bindUpdate(raw: readonly RawUpdateAction[], variables: Variables): UpdateAction[] {
  const actions = raw.map((action) => bindAction(action, variables));
  checkPathsApart(
    KIND,
    actions.map((action) => action.path),
  );
  for (const action of actions) checkSectionType(action);
  for (const action of actions) if (action.section === "SET") checkSetValue(action.value);
  return actions;
}

function bindAction(raw: RawUpdateAction, variables: Variables): UpdateAction {
  const path = bindPath(KIND, raw.path.parts, variables);
  if (raw.section === "REMOVE") return { section: "REMOVE", path };
  if (raw.section === "SET") return { section: "SET", path, value: bindSetValue(raw.value, variables) };
  return { section: raw.section, path, value: bindValue(KIND, raw.value.name, variables) };
}

function bindSetValue(raw: RawSetValue, variables: Variables): SetValue {
  if (raw.kind !== "sum") return bindSetOperand(raw, variables);
  return { kind: "sum", minus: raw.minus, left: bindSetOperand(raw.left, variables), right: bindSetOperand(raw.right, variables) };
}

function bindSetOperand(raw: RawOperand, variables: Variables): SetOperand {
  if (raw.kind === "path") return { kind: "path", path: bindPath(KIND, raw.parts, variables) };
  if (raw.kind === "value") return { kind: "value", value: bindValue(KIND, raw.name, variables) };
  return { kind: "function", name: raw.name, args: raw.args.map((arg) => bindSetOperand(arg, variables)) };
}

function fail(message: string): Error {
  return invalid(`Invalid ${KIND}: ${message}`);
}

function checkSectionType(action: UpdateAction): void {
  if (action.section !== "ADD" && action.section !== "DELETE") return;
  const type = typeOf(action.value);
  if ((action.section === "ADD" ? ADDABLE : DELETABLE).includes(type)) return;
  throw fail(
    `Incorrect operand type for operator or function; operator: ${action.section}, operand type: ${LONG_NAMES[type]}, ` +
      `typeSet: ${action.section === "ADD" ? "ALLOWED_FOR_ADD_OPERAND" : "ALLOWED_FOR_DELETE_OPERAND"}`,
  );
}

function checkSetValue(value: SetValue): void {
  if (value.kind === "sum") {
    for (const operand of [value.left, value.right]) {
      checkSetOperand(operand);
      checkType(value.minus ? "-" : "+", operand, "N");
    }
    return;
  }
  checkSetOperand(value);
}

function checkSetOperand(operand: SetOperand): void {
  if (operand.kind !== "function") return;
  const { name, args } = operand;
  if (args.length !== 2) {
    throw fail(`Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${args.length}`);
  }
  if (name === "if_not_exists" && args[0]?.kind !== "path") {
    throw fail(`Operator or function requires a document path; operator or function: ${name}`);
  }
  for (const arg of args) {
    checkSetOperand(arg);
    if (name === "list_append") checkType(name, arg, "L");
  }
}

function checkType(name: string, operand: SetOperand, wanted: TypeName): void {
  if (operand.kind === "function") {
    if (operand.name === "list_append" && wanted !== "L") throw wrongOperand(name, "L");
    return;
  }
  if (operand.kind === "value" && typeOf(operand.value) !== wanted) throw wrongOperand(name, typeOf(operand.value));
}

function wrongOperand(name: string, type: TypeName): Error {
  return fail(`Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${type}`);
}

/** Every path in an update, those that are written and those that are read. */
export function updatePaths(actions: readonly UpdateAction[]): Path[] {
  return actions.flatMap((action) => (action.section === "SET" ? [action.path, ...valuePaths(action.value)] : [action.path]));
}

function valuePaths(value: SetValue): Path[] {
  if (value.kind === "path") return [value.path];
  if (value.kind === "value") return [];
  if (value.kind === "function") return value.args.flatMap(valuePaths);
  return [value.left, value.right].flatMap(valuePaths);
}

/** The item after the update. Everything is computed from the item as it was; `item` itself stays as it is. */
export function applyUpdate(item: Item, actions: readonly UpdateAction[]): Item {
  const writes = actions.flatMap((action) => {
    const value = outcome(item, action);
    return value === "unchanged" ? [] : [{ path: action.path, value }];
  });
  let next: Item = { ...item };
  const inOrder = writes.filter((write) => write.value !== undefined).sort((a, b) => compareEnds(a.path, b.path));
  for (const { path, value } of inOrder) next = withValue(next, path, 0, value);
  // Removals last and from the end, so that indexes mean what they meant before.
  const removals = writes.filter((write) => write.value === undefined).sort((a, b) => compareEnds(b.path, a.path));
  for (const { path } of removals) next = withValue(next, path, 0, undefined);
  return next;
}

/** By the last index, so that elements appended to one list come in the order of their indexes. */
function compareEnds(a: Path, b: Path): number {
  const left = a[a.length - 1];
  const right = b[b.length - 1];
  return typeof left === "number" && typeof right === "number" ? left - right : 0;
}

/** What a path will hold; undefined for nothing. */
function outcome(item: Item, action: UpdateAction): Value | undefined | "unchanged" {
  if (action.section === "SET") return evaluate(item, action.value);
  checkParent(item, action.path);
  if (action.section === "REMOVE") return undefined;
  const current = findValue(item, action.path);
  if (action.section === "ADD") return current === undefined ? action.value : sumOrUnion(current, action.value);
  return current === undefined ? "unchanged" : difference(current, action.value);
}

function evaluate(item: Item, value: SetValue): Value {
  if (value.kind === "value") return value.value;
  if (value.kind === "path") return existing(item, value.path);
  if (value.kind === "function") {
    const [first, second] = value.args;
    if (first === undefined || second === undefined) throw invalid(WRONG_DATA);
    if (value.name === "if_not_exists") return (first.kind === "path" && findValue(item, first.path)) || evaluate(item, second);
    const head = evaluate(item, first).L;
    const rest = evaluate(item, second).L;
    if (head === undefined || rest === undefined) throw invalid(WRONG_DATA);
    return { L: [...head, ...rest] };
  }
  const left = evaluate(item, value.left).N;
  const right = evaluate(item, value.right).N;
  if (left === undefined || right === undefined) throw invalid(WRONG_DATA);
  return { N: value.minus ? subtractNumbers(left, right) : addNumbers(left, right) };
}

function existing(item: Item, path: Path): Value {
  const value = findValue(item, path);
  if (value === undefined) throw invalid(NO_ATTRIBUTE);
  return value;
}

/** Adds a number to a number or a set to a set of the same type; undefined types are an error. */
function sumOrUnion(current: Value, added: Value): Value {
  const result = addValues(current, added);
  if (result === undefined) throw invalid(WRONG_DATA);
  return result;
}

/** Undefined when the two cannot be added. */
export function addValues(current: Value, added: Value): Value | undefined {
  if (current.N !== undefined && added.N !== undefined) return { N: addNumbers(current.N, added.N) };
  if (current.SS !== undefined && added.SS !== undefined) return { SS: [...new Set([...current.SS, ...added.SS])] };
  if (current.NS !== undefined && added.NS !== undefined) return { NS: [...new Set([...current.NS, ...added.NS])] };
  if (current.BS === undefined || added.BS === undefined) return undefined;
  const known = new Set(current.BS.map(base64));
  return { BS: [...current.BS, ...added.BS.filter((bytes) => !known.has(base64(bytes)))] };
}

function difference(current: Value, removed: Value): Value | undefined {
  const result = subtractSets(current, removed);
  if (result === "mismatch") throw invalid(WRONG_DATA);
  return result;
}

/** A set without some members; undefined when none is left. */
export function subtractSets(current: Value, removed: Value): Value | undefined | "mismatch" {
  if (current.SS !== undefined && removed.SS !== undefined) {
    const SS = current.SS.filter((member) => !removed.SS?.includes(member));
    return SS.length === 0 ? undefined : { SS };
  }
  if (current.NS !== undefined && removed.NS !== undefined) {
    const NS = current.NS.filter((member) => !removed.NS?.includes(member));
    return NS.length === 0 ? undefined : { NS };
  }
  if (current.BS === undefined || removed.BS === undefined) return "mismatch";
  const gone = new Set(removed.BS.map(base64));
  const BS = current.BS.filter((member) => !gone.has(base64(member)));
  return BS.length === 0 ? undefined : { BS };
}

/** What a nested path lies in must be there, and of the right kind. */
function checkParent(item: Item, path: Path): void {
  if (path.length === 1) return;
  const parent = findValue(item, path.slice(0, -1));
  const isIndex = typeof path[path.length - 1] === "number";
  if (parent === undefined || (isIndex ? parent.L : parent.M) === undefined) throw invalid(WRONG_PATH);
}

/** A copy of the map with the value at a path put in or, when undefined, taken out; only what lies on the path is copied. */
function withValue(map: Item, path: Path, depth: number, value: Value | undefined): Item {
  const name = depth === 0 ? headOf(path) : String(path[depth]);
  const out: Item = { ...map };
  if (depth === path.length - 1) {
    if (value === undefined) delete out[name];
    else setAttribute(out, name, value);
    return out;
  }
  const inner = attributeOf(map, name);
  if (inner === undefined) throw invalid(WRONG_PATH);
  setAttribute(out, name, within(inner, path, depth + 1, value));
  return out;
}

function within(container: Value, path: Path, depth: number, value: Value | undefined): Value {
  const part = path[depth];
  if (typeof part === "string") {
    if (container.M === undefined) throw invalid(WRONG_PATH);
    return { M: withValue(container.M, path, depth, value) };
  }
  if (container.L === undefined || part === undefined) throw invalid(WRONG_PATH);
  const L = [...container.L];
  if (depth < path.length - 1) {
    const inner = L[part];
    if (inner === undefined) throw invalid(WRONG_PATH);
    L[part] = within(inner, path, depth + 1, value);
  } else if (value === undefined) {
    L.splice(part, 1);
  } else {
    // Beyond the end means at the end.
    L[Math.min(part, L.length)] = value;
  }
  return { L };
}
