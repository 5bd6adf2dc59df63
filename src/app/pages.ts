// The platform's own pages under /_hearth: health, the fidelity ledger, dead letters. Read-only.
import type { HttpHandler, HttpResponse } from "../contract/http.ts";
import type { Ledger } from "../contract/ledger.ts";
import type { Dispatcher } from "../gateway/dispatch.ts";
import type { DeadLetters } from "../jobs/dead-letters.ts";

const DEAD_LETTERS_MAX = 1_000;

export function platformPages(parts: {
  readonly ledger: Ledger;
  readonly dispatcher: Dispatcher;
  readonly deadLetters: DeadLetters;
}): Readonly<Record<string, HttpHandler>> {
  const { ledger, dispatcher, deadLetters } = parts;
  return {
    "/_hearth/health": async () => json({ status: "ok", services: dispatcher.entries.map((entry) => entry.id) }),
    "/_hearth/fidelity": async () => json({ entries: ledger.entries() }),
    "/_hearth/dead-letters": async () => json({ entries: await deadLetters.list({ limit: DEAD_LETTERS_MAX }) }),
  };
}

function json(body: unknown): HttpResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: `${JSON.stringify(body, null, 2)}\n` };
}
