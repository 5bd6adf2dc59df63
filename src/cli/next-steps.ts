// What to try once an app runs: commands that can be pasted, made from what was deployed.
import type { DeployResult } from "../deploy/deployment.ts";
import type { Terminal } from "./terminal.ts";

export function showNextSteps(terminal: Terminal, endpoint: string, result: DeployResult): void {
  const read = result.endpoints.find((one) => (one.method === "GET" || one.method === "ANY") && !one.url.includes("{"));
  const write = result.endpoints.find((one) => one.method === "POST" && !one.url.includes("{"));
  const [first] = result.functions;
  const aws = `aws --endpoint-url ${endpoint} --region ${result.region}`;
  const steps = [
    ...(read ? [`curl ${read.url}`] : []),
    ...(write ? [`curl -X POST -H 'content-type: application/json' -d '{}' ${write.url}`] : []),
    `${aws} cloudformation describe-stack-resources --stack-name ${result.stackName} --output table`,
    ...(first
      ? [`npx hearth invoke ${first.key} --endpoint ${endpoint}`, `npx hearth logs ${first.key} --follow --endpoint ${endpoint}`]
      : []),
  ];
  terminal.line(terminal.style("bold", "Try"));
  if (!process.env["AWS_ACCESS_KEY_ID"]) terminal.line("  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test");
  for (const step of steps) terminal.line(`  ${step}`);
  terminal.line();
}
