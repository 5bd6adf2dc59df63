// Named limits of REST APIs, from "Amazon API Gateway quotas" in the API Gateway Developer Guide unless another source is given.

/** Adjustable quota: REST APIs of any endpoint type per account and region. */
export const APIS_PER_REGION_MAX = 600;
export const RESOURCES_PER_API_MAX = 300;
export const STAGES_PER_API_MAX = 10;
export const TAGS_PER_RESOURCE_MAX = 50;
export const INTEGRATION_TIMEOUT_MS_MIN = 50;
export const INTEGRATION_TIMEOUT_MS_MAX = 29_000;
export const REQUEST_BODY_BYTES_MAX = 10 * 1024 * 1024;
/** "The maximum size of a mapping template is 300 KB" (important notes). */
export const TEMPLATE_BYTES_MAX = 300 * 1024;
/** "Stage names … Maximum length is 128 characters" (important notes). */
export const STAGE_NAME_LENGTH_MAX = 128;
/** "The maximum number of returned results per page. The default value is 25 and the maximum value is 500." (API reference) */
export const PAGE_SIZE_DEFAULT = 25;
export const PAGE_SIZE_MAX = 500;
/** Our own: compiled stages, and ids known not to be ours, that one process keeps in memory. */
export const CACHE_ENTRIES_MAX = 10_000;
