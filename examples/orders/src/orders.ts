// What an order is, and what makes one valid. Pure.

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  readonly priceCents: number;
}

/** What a caller asks for. */
export interface OrderRequest {
  readonly userId: string;
  readonly lines: readonly OrderLine[];
}

/** What goes through the queue: everything that processing needs. */
export interface OrderMessage extends OrderRequest {
  readonly orderId: string;
  readonly createdAt: string;
  readonly source: "api" | "upload";
}

const LINES_MAX = 100;
const QUANTITY_MAX = 1_000;

/** The request that `value` is, or what is wrong with it. */
export function parseOrder(value: unknown): OrderRequest | string {
  if (!isObject(value)) return "An order must be an object";
  const { userId, lines } = value;
  if (typeof userId !== "string" || userId === "") return "userId must be a string";
  if (!Array.isArray(lines) || lines.length === 0 || lines.length > LINES_MAX) return `lines must be a list of 1 to ${LINES_MAX} items`;
  const parsed: OrderLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (!isObject(line)) return `lines[${index}] must be an object`;
    const { sku, quantity, priceCents } = line;
    if (typeof sku !== "string" || sku === "") return `lines[${index}].sku must be a string`;
    if (!isWhole(quantity, 1, QUANTITY_MAX)) return `lines[${index}].quantity must be a whole number from 1 to ${QUANTITY_MAX}`;
    if (!isWhole(priceCents, 0, Number.MAX_SAFE_INTEGER / QUANTITY_MAX / LINES_MAX))
      return `lines[${index}].priceCents must be a whole number of cents`;
    parsed.push({ sku, quantity, priceCents });
  }
  return { userId, lines: parsed };
}

/** The message that `text` is. Throws when it is none: such a message can never be processed. */
export function parseMessage(text: string): OrderMessage {
  const value: unknown = JSON.parse(text);
  const order = parseOrder(value);
  if (typeof order === "string") throw new Error(order);
  if (!isObject(value) || typeof value["orderId"] !== "string" || typeof value["createdAt"] !== "string")
    throw new Error("No order id or time");
  return { ...order, orderId: value["orderId"], createdAt: value["createdAt"], source: value["source"] === "upload" ? "upload" : "api" };
}

export function totalCents(lines: readonly OrderLine[]): number {
  return lines.reduce((sum, line) => sum + line.quantity * line.priceCents, 0);
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
