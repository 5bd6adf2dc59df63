// The rules that every batch operation shares: how many entries, which ids, and how entries fail one by one.
import type { AwsError } from "../../kernel/errors.ts";
import { emptyBatch, idsNotDistinct, invalidEntryId, tooManyEntries } from "./errors.ts";
import { BATCH_ENTRIES_MAX, BATCH_ENTRY_ID_LENGTH_MAX } from "./limits.ts";

const ENTRY_ID = /^[A-Za-z0-9_-]+$/;

export function checkBatch(entryType: string, entries: readonly { readonly Id: string }[]): void {
  if (entries.length === 0) throw emptyBatch(entryType);
  if (entries.length > BATCH_ENTRIES_MAX) throw tooManyEntries(entries.length);
  const seen = new Set<string>();
  for (const { Id: id } of entries) {
    if (id.length > BATCH_ENTRY_ID_LENGTH_MAX || !ENTRY_ID.test(id)) throw invalidEntryId();
    if (seen.has(id)) throw idsNotDistinct(id);
    seen.add(id);
  }
}

export interface FailedEntry {
  readonly Id: string;
  readonly SenderFault: boolean;
  readonly Code: string;
  readonly Message: string;
}

/** Codes as the Query API names them: batch answers carry those, not the model's shape names. */
const QUERY_CODES: Readonly<Record<string, string>> = {
  MessageNotInflight: "AWS.SimpleQueueService.MessageNotInflight",
};

export function failedEntry(id: string, error: AwsError): FailedEntry {
  return { Id: id, SenderFault: error.fault === "client", Code: QUERY_CODES[error.code] ?? error.code, Message: error.message };
}
