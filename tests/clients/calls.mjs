// Plain clients, which find the endpoint and the key in the environment; prints one JSON object of what they got.
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  TestStateCommand,
} from "@aws-sdk/client-sfn";

const s3 = new S3Client({});
await s3.send(new CreateBucketCommand({ Bucket: "javascript" }));
await s3.send(new PutObjectCommand({ Bucket: "javascript", Key: "a b/ü+", Body: "text", Metadata: { a: "1" } }));
const { Body } = await s3.send(new GetObjectCommand({ Bucket: "javascript", Key: "a b/ü+" }));

const dynamodb = new DynamoDBClient({});
await dynamodb.send(
  new CreateTableCommand({
    TableName: "javascript",
    KeySchema: [{ AttributeName: "k", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "k", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
  }),
);
const { TableNames } = await dynamodb.send(new ListTablesCommand({}));

const states = new SFNClient({});
const definition = JSON.stringify({ StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 60, End: true } } });
const roleArn = "arn:aws:iam::123456789012:role/javascript";
const { stateMachineArn } = await states.send(
  new CreateStateMachineCommand({ name: "javascript", definition, roleArn }),
);
const { executionArn } = await states.send(new StartExecutionCommand({ stateMachineArn, input: '{"a": 1}' }));
let execution;
do execution = await states.send(new DescribeExecutionCommand({ executionArn }));
while (execution.status === "RUNNING");

const refused = await new SFNClient({ credentials: { accessKeyId: "guess", secretAccessKey: "guess" } })
  .send(new DescribeExecutionCommand({ executionArn }))
  .catch(({ name }) => name);
const { output } = execution;

const state = { Type: "Pass", End: true };
const express = await states.send(
  new CreateStateMachineCommand({
    name: "javascript-express",
    definition: JSON.stringify({ StartAt: "P", States: { P: state } }),
    roleArn,
    type: "EXPRESS",
  }),
);
const started = await states.send(new StartSyncExecutionCommand({ stateMachineArn: express.stateMachineArn }));
const tried = await states.send(new TestStateCommand({ definition: JSON.stringify(state), input: "{}" }));
const statuses = { started: started.status, tried: tried.status };
console.log(
  JSON.stringify({ text: await Body.transformToString(), tables: TableNames, output, refused, ...statuses }),
);
