// The table of contents of HTTP APIs (API Gateway version 2). No logic.
import { defineService } from "../../contract/service.ts";
import * as apis from "./apis.ts";
import * as deployments from "./deployments.ts";
import * as integrations from "./integrations.ts";
import { resourceTypes } from "./resources.ts";
import * as routes from "./routes.ts";
import * as stages from "./stages.ts";
import * as tags from "./tags.ts";
import { executeApi } from "./web.ts";

export const apigatewayv2 = defineService<"apigatewayv2">({
  id: "apigatewayv2",
  operations: {
    CreateApi: apis.createApi,
    CreateDeployment: deployments.createDeployment,
    CreateIntegration: integrations.createIntegration,
    CreateRoute: routes.createRoute,
    CreateStage: stages.createStage,
    DeleteAccessLogSettings: stages.deleteAccessLogSettings,
    DeleteApi: apis.deleteApi,
    DeleteCorsConfiguration: apis.deleteCorsConfiguration,
    DeleteDeployment: deployments.deleteDeployment,
    DeleteIntegration: integrations.deleteIntegration,
    DeleteRoute: routes.deleteRoute,
    DeleteRouteSettings: stages.deleteRouteSettings,
    DeleteStage: stages.deleteStage,
    GetApi: apis.getApi,
    GetApis: apis.getApis,
    GetDeployment: deployments.getDeployment,
    GetDeployments: deployments.getDeployments,
    GetIntegration: integrations.getIntegration,
    GetIntegrations: integrations.getIntegrations,
    GetRoute: routes.getRoute,
    GetRoutes: routes.getRoutes,
    GetStage: stages.getStage,
    GetStages: stages.getStages,
    GetTags: tags.getTags,
    TagResource: tags.tagResource,
    UntagResource: tags.untagResource,
    UpdateApi: apis.updateApi,
    UpdateDeployment: deployments.updateDeployment,
    UpdateIntegration: integrations.updateIntegration,
    UpdateRoute: routes.updateRoute,
    UpdateStage: stages.updateStage,
  },
  jobs: { sweep: apis.sweep },
  resources: resourceTypes,
  web: { "execute-api": executeApi },
});
