// The syntax trees of expressions as they are written, before names and values are put in. Trees are cached and shared.

/** A name as written, a placeholder such as `#n`, or an index into a list. */
export type RawPathPart = { readonly name: string } | { readonly placeholder: string } | { readonly index: number };

export type RawOperand =
  | { readonly kind: "path"; readonly parts: readonly RawPathPart[] }
  | { readonly kind: "value"; readonly name: string }
  | RawFunction;

export interface RawFunction {
  readonly kind: "function";
  readonly name: string;
  readonly args: readonly RawOperand[];
}

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type RawCondition =
  | { readonly kind: "and" | "or"; readonly left: RawCondition; readonly right: RawCondition }
  | { readonly kind: "not"; readonly inner: RawCondition }
  | { readonly kind: "compare"; readonly operator: Comparator; readonly left: RawOperand; readonly right: RawOperand }
  | { readonly kind: "between"; readonly operand: RawOperand; readonly lower: RawOperand; readonly upper: RawOperand }
  | { readonly kind: "in"; readonly operand: RawOperand; readonly list: readonly RawOperand[] }
  | RawFunction;

/** An operand on the right of SET, or a sum or difference of two. */
export type RawSetValue =
  | RawOperand
  | { readonly kind: "sum"; readonly minus: boolean; readonly left: RawOperand; readonly right: RawOperand };

export type RawPath = Extract<RawOperand, { kind: "path" }>;

export type RawUpdateAction =
  | { readonly section: "SET"; readonly path: RawPath; readonly value: RawSetValue }
  | { readonly section: "REMOVE"; readonly path: RawPath }
  | { readonly section: "ADD" | "DELETE"; readonly path: RawPath; readonly value: Extract<RawOperand, { kind: "value" }> };

export type Section = RawUpdateAction["section"];
