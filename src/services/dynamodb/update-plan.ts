// What an UpdateItem, or an Update in a transaction, does to an item, whether it came as an expression or as AttributeUpdates: the
// checks against the table's keys and indexes, and the item that comes out.
import { attributeOf, type Item, type RawValue, readValue, setAttribute, type TypeName, typeOf, type Value } from "./attribute-value.ts";
import { invalid, invalidValue, UPDATE_TOO_LARGE } from "./errors.ts";
import { updateOf } from "./expressions/cache.ts";
import { headOf, type Path } from "./expressions/path.ts";
import { addValues, applyUpdate, bindUpdate, subtractSets, type UpdateAction, updatePaths } from "./expressions/update.ts";
import type { Variables } from "./expressions/variables.ts";
import { encodeItem, type StoredItem } from "./item-codec.ts";
import { checkIndexedAttributes } from "./item-keys.ts";
import { ITEM_BYTES_MAX } from "./limits.ts";
import { checkScalarKeys } from "./request.ts";
import { keyNames, type Table } from "./table-record.ts";

export interface UpdatePlan {
  /** What is written, for ReturnValues. */
  readonly targets: readonly Path[];
  /** What is written or read. */
  readonly paths: readonly Path[];
  /** Types of attributes that are known before there is an item. */
  readonly knownTypes: ReadonlyMap<string, TypeName>;
  /** Nothing but taking away: of an item that is not there, it makes none. */
  readonly onlyRemoves: boolean;
  apply(item: Item): Item;
}

const NOTHING: UpdatePlan = { targets: [], paths: [], knownTypes: new Map(), onlyRemoves: false, apply: (item) => item };

export function planExpression(text: string | undefined, variables: Variables): UpdatePlan {
  if (text === undefined) return NOTHING;
  const actions = bindUpdate(updateOf(text), variables);
  const knownTypes = new Map<string, TypeName>();
  for (const action of actions) {
    const type = action.path.length === 1 ? knownType(action) : undefined;
    if (type !== undefined) knownTypes.set(headOf(action.path), type);
  }
  return {
    targets: actions.map((action) => action.path),
    paths: updatePaths(actions),
    knownTypes,
    onlyRemoves: actions.every(({ section }) => section === "REMOVE" || section === "DELETE"),
    apply: (item) => applyUpdate(item, actions),
  };
}

function knownType(action: UpdateAction): TypeName | undefined {
  if (action.section === "ADD") return typeOf(action.value);
  if (action.section !== "SET") return undefined;
  const { value } = action;
  if (value.kind === "value") return typeOf(value.value);
  if (value.kind === "sum") return "N";
  return value.kind === "function" && value.name === "list_append" ? "L" : undefined;
}

interface RawUpdate {
  readonly Action?: "PUT" | "ADD" | "DELETE" | undefined;
  readonly Value?: RawValue | undefined;
}

interface LegacyUpdate {
  readonly name: string;
  readonly action: "PUT" | "ADD" | "DELETE";
  readonly value?: Value;
}

const NOT_ADDABLE: readonly TypeName[] = ["S", "B", "NULL", "BOOL", "M"];
const SETS: readonly TypeName[] = ["SS", "NS", "BS"];

/** AttributeUpdates: one action for each top-level attribute. */
export function planAttributeUpdates(raw: Readonly<Record<string, RawUpdate>> | undefined): UpdatePlan {
  if (raw === undefined) return NOTHING;
  const updates = Object.entries(raw).map(([name, { Action = "PUT", Value: value }]) => readUpdate(name, Action, value));
  const targets = updates.map(({ name }) => [name]);
  return {
    targets,
    paths: targets,
    knownTypes: new Map(
      updates.flatMap(({ name, action, value }) => (value && action !== "DELETE" ? [[name, typeOf(value)] as const] : [])),
    ),
    onlyRemoves: updates.length > 0 && updates.every(({ action }) => action === "DELETE"),
    apply: (item) => updates.reduce(applyAttributeUpdate, item),
  };
}

function readUpdate(name: string, action: LegacyUpdate["action"], raw: RawValue | undefined): LegacyUpdate {
  if (raw === undefined) {
    if (action !== "DELETE") throw invalidValue("Only DELETE action is allowed when no attribute value is specified");
    return { name, action };
  }
  const value = readValue(raw);
  const type = typeOf(value);
  if (action === "DELETE" && !SETS.includes(type)) {
    throw invalidValue(`DELETE action with value is not supported for the type ${type}`);
  }
  if (action === "ADD" && NOT_ADDABLE.includes(type)) throw invalidValue(`ADD action is not supported for the type ${type}`);
  return { name, action, value };
}

function applyAttributeUpdate(item: Item, { name, action, value }: LegacyUpdate): Item {
  const next = { ...item };
  const current = attributeOf(item, name);
  if (value === undefined) {
    delete next[name];
  } else if (action === "PUT") {
    setAttribute(next, name, value);
  } else if (action === "ADD") {
    setAttribute(next, name, current === undefined ? value : addLegacy(current, value));
  } else if (current !== undefined) {
    const rest = subtractSets(current, value);
    if (rest === "mismatch") throw invalid("Type mismatch for attribute to update");
    if (rest === undefined) delete next[name];
    else setAttribute(next, name, rest);
  }
  return next;
}

function addLegacy(current: Value, added: Value): Value {
  if (current.L !== undefined && added.L !== undefined) return { L: [...current.L, ...added.L] };
  const sum = addValues(current, added);
  if (sum === undefined) throw invalid("Type mismatch for attribute to update");
  return sum;
}

/** What can be said of an update knowing the table, and not yet the item. */
export function checkPlan(table: Table, plan: UpdatePlan): void {
  const keys = keyNames(table.key);
  for (const path of plan.targets) {
    if (keys.includes(headOf(path))) {
      throw invalidValue(`Cannot update attribute ${headOf(path)}. This attribute is part of the key`);
    }
  }
  for (const [name, actual] of plan.knownTypes) {
    const indexed = table.indexed.get(name);
    if (indexed !== undefined && indexed.type !== actual) {
      throw invalidValue(`Type mismatch for Index Key ${name} Expected: ${indexed.type} Actual: ${actual} IndexName: ${indexed.index}`);
    }
  }
  checkScalarKeys(table, plan.paths);
}

/** The item afterwards; undefined when there is none, before and after. */
export function runPlan(table: Table, plan: UpdatePlan, key: Item, old: StoredItem | undefined): StoredItem | undefined {
  if (old === undefined && plan.onlyRemoves) {
    // The paths are still checked.
    plan.apply(key);
    return undefined;
  }
  const item = plan.apply(old?.item ?? key);
  for (const [name, { type }] of table.indexed) {
    const value = attributeOf(item, name);
    if (value !== undefined && typeOf(value) !== type) {
      throw invalid("The update expression attempted to update the secondary index key to unsupported type");
    }
  }
  checkIndexedAttributes(table, item);
  const next = encodeItem(item);
  if (next.size > ITEM_BYTES_MAX) throw invalid(UPDATE_TOO_LARGE);
  return next;
}
