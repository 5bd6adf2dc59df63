// What the data plane keeps in memory between requests: emptied by every commit below the service's keys, and by this node's
// own operations before they answer.
import { createReadCache } from "../../storage/read-cache.ts";
import { everything } from "./keys.ts";
import { CACHE_ENTRIES_MAX } from "./limits.ts";

export const cache = createReadCache([everything], CACHE_ENTRIES_MAX);
