// Bounds of CloudFormation, with their source.

/** Items of one page of DescribeStacks, ListStacks, ListStackResources, ListExports; ours, answers stay below AWS's 1 MB a page. */
export const PAGE_SIZE = 100;
/** Resources of a stack that are read at once; CloudFormation quotas allow 500 of a template, twice that while it is updated. */
export const STACK_RESOURCES_MAX = 1_000;
/** Exports of an account and region that are read for one operation; ours. */
export const EXPORTS_MAX = 5_000;
/** Deleted stacks are listed for 90 days: API reference, ListStacks. */
export const DELETED_STACK_KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** Records removed in one transaction when a deleted stack is forgotten; ours. */
export const FORGET_BATCH = 500;
/** Tags of a stack: CloudFormation quotas. */
export const TAGS_MAX = 50;
/** Stacks that are worked on at once; ours. */
export const OPERATIONS_AT_ONCE = 8;
/** DescribeStacks of one stack waits this long for the operation that runs to end; ours. */
export const SETTLE_WAIT_MS = 2_000;
