// Named limits of Parameter Store: "quotas" is https://docs.aws.amazon.com/general/latest/gr/ssm.html, "api" the API reference.

/** api: PutParameter: characters of a name that its owner chooses. */
export const NAME_LENGTH_MAX = 1011;
/** api: PutParameter: levels of a hierarchy. */
export const LEVELS_MAX = 15;
/** quotas: value of a standard and of an advanced parameter, in bytes. */
export const STANDARD_VALUE_BYTES_MAX = 4096;
export const ADVANCED_VALUE_BYTES_MAX = 8192;
/** quotas: versions that are kept. */
export const VERSIONS_MAX = 100;
/** api: LabelParameterVersion: labels of a version. */
export const LABELS_MAX = 10;
/** api: LabelParameterVersion: characters of a label. */
export const LABEL_LENGTH_MAX = 100;
/** api: AddTagsToResource: tags of a resource. */
export const TAGS_MAX = 50;
/** api: GetParametersByPath: parameters of a page. */
export const PATH_PAGE_MAX = 10;
/** api: DescribeParameters, GetParameterHistory: entries of a page. */
export const PAGE_MAX = 50;
