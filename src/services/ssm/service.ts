// SSM's table of contents: Parameter Store.
import { defineService } from "../../contract/service.ts";
import { deleteParameter, deleteParameters } from "./delete-parameters.ts";
import { getParameter, getParameterHistory, getParameters } from "./get-parameters.ts";
import { labelParameterVersion, unlabelParameterVersion } from "./labels.ts";
import { describeParameters, getParametersByPath } from "./list-parameters.ts";
import { putParameter } from "./put-parameter.ts";
import { parameterType } from "./resources.ts";
import { addTagsToResource, listTagsForResource, removeTagsFromResource } from "./tags.ts";

export const ssm = defineService<"ssm">({
  id: "ssm",
  operations: {
    AddTagsToResource: addTagsToResource,
    DeleteParameter: deleteParameter,
    DeleteParameters: deleteParameters,
    DescribeParameters: describeParameters,
    GetParameter: getParameter,
    GetParameterHistory: getParameterHistory,
    GetParameters: getParameters,
    GetParametersByPath: getParametersByPath,
    LabelParameterVersion: labelParameterVersion,
    ListTagsForResource: listTagsForResource,
    PutParameter: putParameter,
    RemoveTagsFromResource: removeTagsFromResource,
    UnlabelParameterVersion: unlabelParameterVersion,
  },
  resources: { "AWS::SSM::Parameter": parameterType },
});
