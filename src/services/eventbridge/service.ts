// Amazon EventBridge: the table of contents.
import { defineService } from "../../contract/service.ts";
import { deadLetter, deliver } from "./deliveries.ts";
import { putEvents, testEventPattern } from "./events.ts";
import { ruleResource } from "./resources.ts";
import {
  deleteRule,
  describeEventBus,
  describeRule,
  disableRule,
  enableRule,
  listEventBuses,
  listRuleNamesByTarget,
  listRules,
  listTagsForResource,
  putRule,
  tagResource,
  untagResource,
} from "./rules.ts";
import { listTargetsByRule, putTargets, removeTargets } from "./targets.ts";
import { tick } from "./ticks.ts";

export const eventbridge = defineService<"eventbridge">({
  id: "eventbridge",
  operations: {
    DeleteRule: deleteRule,
    DescribeEventBus: describeEventBus,
    DescribeRule: describeRule,
    DisableRule: disableRule,
    EnableRule: enableRule,
    ListEventBuses: listEventBuses,
    ListRuleNamesByTarget: listRuleNamesByTarget,
    ListRules: listRules,
    ListTagsForResource: listTagsForResource,
    ListTargetsByRule: listTargetsByRule,
    PutEvents: putEvents,
    PutRule: putRule,
    PutTargets: putTargets,
    RemoveTargets: removeTargets,
    TagResource: tagResource,
    TestEventPattern: testEventPattern,
    UntagResource: untagResource,
  },
  jobs: { deadLetter, deliver, tick },
  resources: { "AWS::Events::Rule": ruleResource },
});
