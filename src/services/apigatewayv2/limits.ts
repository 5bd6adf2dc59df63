// Named limits of HTTP APIs, from "Quotas for configuring and running an HTTP API in API Gateway" unless another source is given.

export const APIS_PER_REGION_MAX = 600;
export const ROUTES_PER_API_MAX = 300;
export const INTEGRATIONS_PER_API_MAX = 300;
export const STAGES_PER_API_MAX = 10;
export const TAGS_PER_RESOURCE_MAX = 50;
/** "Maximum integration timeout: 30 seconds"; also the default. */
export const INTEGRATION_TIMEOUT_MS_MAX = 30_000;
export const REQUEST_BODY_BYTES_MAX = 10 * 1024 * 1024;
/** The model gives page sizes no bounds: AWS's own lists give 25 a page, and 500 is the most that Hearth gives. */
export const PAGE_SIZE_DEFAULT = 25;
export const PAGE_SIZE_MAX = 500;
/** Our own: compiled stages, and ids known not to be ours, that one process keeps in memory. */
export const CACHE_ENTRIES_MAX = 10_000;
