// The stack that the benchmark runs against: one of each, and a function that does nothing but answer.
export const TEMPLATE = {
  AWSTemplateFormatVersion: "2010-09-09",
  Resources: {
    Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] } } },
    Function: {
      Type: "AWS::Lambda::Function",
      Properties: {
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        MemorySize: 256,
        Role: { "Fn::GetAtt": ["Role", "Arn"] },
        Code: { ZipFile: "exports.handler = async (event) => ({ hello: 'world', path: event.rawPath });" },
      },
    },
    Permission: {
      Type: "AWS::Lambda::Permission",
      Properties: { Action: "lambda:InvokeFunction", FunctionName: { Ref: "Function" }, Principal: "apigateway.amazonaws.com" },
    },
    Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "bench", ProtocolType: "HTTP" } },
    Integration: {
      Type: "AWS::ApiGatewayV2::Integration",
      Properties: {
        ApiId: { Ref: "Api" },
        IntegrationType: "AWS_PROXY",
        IntegrationUri: { "Fn::GetAtt": ["Function", "Arn"] },
        PayloadFormatVersion: "2.0",
      },
    },
    Route: {
      Type: "AWS::ApiGatewayV2::Route",
      Properties: { ApiId: { Ref: "Api" }, RouteKey: "GET /hello", Target: { "Fn::Sub": "integrations/${Integration}" } },
    },
    Stage: { Type: "AWS::ApiGatewayV2::Stage", Properties: { ApiId: { Ref: "Api" }, StageName: "$default", AutoDeploy: true } },
    Queue: { Type: "AWS::SQS::Queue" },
    Table: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "PK", AttributeType: "S" },
          { AttributeName: "SK", AttributeType: "S" },
        ],
        KeySchema: [
          { AttributeName: "PK", KeyType: "HASH" },
          { AttributeName: "SK", KeyType: "RANGE" },
        ],
      },
    },
    Bucket: { Type: "AWS::S3::Bucket" },
  },
  Outputs: {
    FunctionName: { Value: { Ref: "Function" } },
    QueueUrl: { Value: { Ref: "Queue" } },
    TableName: { Value: { Ref: "Table" } },
    BucketName: { Value: { Ref: "Bucket" } },
    ApiUrl: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } },
  },
};
