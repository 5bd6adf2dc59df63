// Bounds of templates and deployments, with their source.

/** Values of one YAML document after its aliases are followed; ours, against documents that expand without end. */
export const DOCUMENT_NODES_MAX = 500_000;
/** Resources of a template: CloudFormation quotas. */
export const RESOURCES_MAX = 500;
/** Parameters, mappings and outputs of a template: CloudFormation quotas. */
export const PARAMETERS_MAX = 200;
export const MAPPINGS_MAX = 200;
export const OUTPUTS_MAX = 200;
/** Bytes of a template passed in the request, and of one passed through S3: CloudFormation quotas. */
export const TEMPLATE_BODY_BYTES_MAX = 51_200;
export const TEMPLATE_BYTES_MAX = 1_000_000;
/** Dynamic references of a template: CloudFormation user guide, "Considerations when using dynamic references". */
export const DYNAMIC_REFERENCES_MAX = 60;
/** Resources of one stack that are worked on at once; ours. */
export const RESOURCES_AT_ONCE = 10;
/** Bytes of function code in a zip archive passed to Lambda through S3: Lambda quotas. */
export const CODE_ARCHIVE_BYTES_MAX = 250 * 1024 * 1024;
/** How deep variables of a serverless.yml may lead into one another; ours. */
export const VARIABLE_DEPTH_MAX = 50;
