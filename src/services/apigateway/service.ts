// The table of contents of REST APIs (API Gateway version 1). No logic.
import { defineService } from "../../contract/service.ts";
import * as account from "./account.ts";
import * as apis from "./apis.ts";
import * as deployments from "./deployments.ts";
import * as integrations from "./integrations.ts";
import * as methods from "./methods.ts";
import { resourceTypes } from "./resources.ts";
import * as stages from "./stages.ts";
import * as tags from "./tags.ts";
import * as tree from "./tree.ts";
import { executeApi } from "./web.ts";

export const apigateway = defineService<"apigateway">({
  id: "apigateway",
  operations: {
    CreateDeployment: deployments.createDeployment,
    CreateResource: tree.createResource,
    CreateRestApi: apis.createRestApi,
    CreateStage: stages.createStage,
    DeleteDeployment: deployments.deleteDeployment,
    DeleteIntegration: integrations.deleteIntegration,
    DeleteIntegrationResponse: integrations.deleteIntegrationResponse,
    DeleteMethod: methods.deleteMethod,
    DeleteMethodResponse: methods.deleteMethodResponse,
    DeleteResource: tree.deleteResource,
    DeleteRestApi: apis.deleteRestApi,
    DeleteStage: stages.deleteStage,
    FlushStageCache: stages.flushStageCache,
    GetAccount: account.getAccount,
    GetDeployment: deployments.getDeployment,
    GetDeployments: deployments.getDeployments,
    GetIntegration: integrations.getIntegration,
    GetIntegrationResponse: integrations.getIntegrationResponse,
    GetMethod: methods.getMethod,
    GetMethodResponse: methods.getMethodResponse,
    GetResource: tree.getResource,
    GetResources: tree.getResources,
    GetRestApi: apis.getRestApi,
    GetRestApis: apis.getRestApis,
    GetStage: stages.getStage,
    GetStages: stages.getStages,
    GetTags: tags.getTags,
    PutIntegration: integrations.putIntegration,
    PutIntegrationResponse: integrations.putIntegrationResponse,
    PutMethod: methods.putMethod,
    PutMethodResponse: methods.putMethodResponse,
    TagResource: tags.tagResource,
    UntagResource: tags.untagResource,
    UpdateAccount: account.updateAccount,
    UpdateDeployment: deployments.updateDeployment,
    UpdateIntegration: integrations.updateIntegration,
    UpdateIntegrationResponse: integrations.updateIntegrationResponse,
    UpdateMethod: methods.updateMethod,
    UpdateMethodResponse: methods.updateMethodResponse,
    UpdateResource: tree.updateResource,
    UpdateRestApi: apis.updateRestApi,
    UpdateStage: stages.updateStage,
  },
  jobs: { sweep: apis.sweep },
  resources: resourceTypes,
  web: { "execute-api": executeApi },
});
