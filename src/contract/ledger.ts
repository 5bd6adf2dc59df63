// The fidelity ledger: what a run relied on that is approximate or missing. Silent success is a defect; a parameter that
// is accepted and not honoured is noted here by name.

export interface LedgerNote {
  /** `sqs`, `SendMessage`, or a resource type such as `AWS::IAM::Role`. */
  readonly service: string;
  readonly operation: string;
  /** The parameter or property, if it is one. */
  readonly parameter?: string;
  /** One sentence: what does not happen. */
  readonly note: string;
}

export interface Ledger {
  /** Notes the same thing once, with a count. */
  add(note: LedgerNote): void;
  entries(): readonly (LedgerNote & { readonly count: number })[];
}

export function createLedger(): Ledger {
  const notes = new Map<string, LedgerNote & { count: number }>();
  return {
    add(note) {
      const id = [note.service, note.operation, note.parameter ?? "", note.note].join("\n");
      const known = notes.get(id);
      if (known) known.count++;
      else notes.set(id, { ...note, count: 1 });
    },
    entries: () => [...notes.values()],
  };
}
