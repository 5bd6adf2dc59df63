// CloudWatch Logs: the table of contents.
import { defineService } from "../../contract/service.ts";
import { filterLogEvents, getLogEvents } from "./events.ts";
import { drop, expire } from "./expiry.ts";
import {
  createLogGroup,
  deleteLogGroup,
  deleteRetentionPolicy,
  describeLogGroups,
  listTagsForResource,
  listTagsLogGroup,
  putLogGroupDeletionProtection,
  putRetentionPolicy,
  tagLogGroup,
  tagResource,
  untagLogGroup,
  untagResource,
} from "./groups.ts";
import { putLogEvents } from "./put.ts";
import { logGroupResource } from "./resources.ts";
import { createLogStream, deleteLogStream, describeLogStreams } from "./streams.ts";

export const logs = defineService<"logs">({
  id: "logs",
  operations: {
    CreateLogGroup: createLogGroup,
    CreateLogStream: createLogStream,
    DeleteLogGroup: deleteLogGroup,
    DeleteLogStream: deleteLogStream,
    DeleteRetentionPolicy: deleteRetentionPolicy,
    DescribeLogGroups: describeLogGroups,
    DescribeLogStreams: describeLogStreams,
    FilterLogEvents: filterLogEvents,
    GetLogEvents: getLogEvents,
    ListTagsForResource: listTagsForResource,
    ListTagsLogGroup: listTagsLogGroup,
    PutLogEvents: putLogEvents,
    PutLogGroupDeletionProtection: putLogGroupDeletionProtection,
    PutRetentionPolicy: putRetentionPolicy,
    TagLogGroup: tagLogGroup,
    TagResource: tagResource,
    UntagLogGroup: untagLogGroup,
    UntagResource: untagResource,
  },
  jobs: { drop, expire },
  resources: { "AWS::Logs::LogGroup": logGroupResource },
});
