// The services whose wire we know: a small index at hand, each service's schemas loaded when a request first needs them.
import index from "./generated/index.json" with { type: "json" };
import { buildServiceSchema, type ExtractedSchema, type ServiceEntry, type ServiceSchema } from "./schema.ts";

/** All of them, implemented by a service or not: an unknown operation is answered in its own protocol, by name. */
export const SERVICE_ENTRIES: readonly ServiceEntry[] = index.services as ServiceEntry[];

const entriesById = new Map(SERVICE_ENTRIES.map((entry) => [entry.id, entry]));
const loaded = new Map<string, ServiceSchema>();
const loading = new Map<string, Promise<ServiceSchema>>();

/** The schemas of a service if they are loaded already: the hot path asks this first. */
export function loadedSchema(id: string): ServiceSchema | undefined {
  return loaded.get(id);
}

/** Rejects when there is no such service. */
export function loadSchema(id: string): Promise<ServiceSchema> {
  let pending = loading.get(id);
  if (!pending) {
    pending = load(id);
    loading.set(id, pending);
  }
  return pending;
}

async function load(id: string): Promise<ServiceSchema> {
  const entry = entriesById.get(id);
  if (!entry) throw new Error(`No client schema is known for the service ${id}.`);
  const file = (await import(`./generated/${id}.json`, { with: { type: "json" } })) as { default: ExtractedSchema };
  const schema = buildServiceSchema(entry, file.default);
  loaded.set(id, schema);
  return schema;
}
