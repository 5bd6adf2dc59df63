// The rules for the keys of items: which attributes there must be, of which type and size, in a whole item and in a key alone.
import { attributeOf, type Item, type RawItem, readItem, typeOf, type Value } from "./attribute-value.ts";
import { invalid, invalidValue, KEY_MISMATCH } from "./errors.ts";
import { checkKeyBytes } from "./key-condition.ts";
import { keyNames, type Table } from "./table-record.ts";

/** The Key of a request, its values read but not yet held against a table. */
export function readKey(raw: RawItem): Item {
  return readItem(raw);
}

/** A key alone: exactly the table's key attributes. */
export function checkKey(table: Table, key: Item): void {
  const names = keyNames(table.key);
  let count = 0;
  for (const name in key) if (name !== undefined) count++;
  if (count !== names.length) throw invalid(KEY_MISMATCH);
  for (const name of names) {
    const value = attributeOf(key, name);
    if (value === undefined || typeOf(value) !== table.types.get(name)) throw invalid(KEY_MISMATCH);
    checkNotEmpty(name, value);
    checkKeyBytes(value, name === table.key.partition);
  }
}

/** A whole item that is put: its keys, and what of it indexes use. */
export function checkItem(table: Table, item: Item): void {
  for (const name of keyNames(table.key)) {
    const value = attributeOf(item, name);
    const type = table.types.get(name);
    if (value === undefined) throw invalidValue(`Missing the key ${name} in the item`);
    if (typeOf(value) !== type) throw invalidValue(`Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`);
    checkNotEmpty(name, value);
  }
  checkIndexedAttributes(table, item);
  for (const name of keyNames(table.key)) {
    const value = attributeOf(item, name);
    if (value !== undefined) checkKeyBytes(value, name === table.key.partition);
  }
}

/** What indexes use must have the type of a key, where it is there at all. */
export function checkIndexedAttributes(table: Table, item: Item): void {
  for (const [name, { type, index }] of table.indexed) {
    const value = attributeOf(item, name);
    if (value === undefined) continue;
    if (typeOf(value) !== type) {
      throw invalidValue(`Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} IndexName: ${index}`);
    }
    if (value.S === "" || value.B?.length === 0) {
      throw invalid(
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. " +
          `The AttributeValue for a key attribute cannot contain an empty ${value.S === "" ? "string" : "binary"} value. ` +
          `IndexName: ${index}, IndexKey: ${name}`,
      );
    }
    const isPartition = table.indexes.some(({ key }) => key.partition === name);
    checkKeyBytes(value, isPartition && !table.indexes.some(({ key }) => key.sort === name));
  }
}

function checkNotEmpty(name: string, value: Value): void {
  if (value.S !== "" && value.B?.length !== 0) return;
  throw invalid(
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
      `${value.S === "" ? "string" : "binary"} value. Key: ${name}`,
  );
}
