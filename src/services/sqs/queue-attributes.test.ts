import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, addressOfArn } from "./queue-address.ts";
import { applyAttributes, DEFAULT_SETTINGS, differingAttribute } from "./queue-attributes.ts";
import { formatReceipt, parseReceipt } from "./receipt-handle.ts";

const dlq = "arn:aws:sqs:us-east-1:000000000000:dead";

test("attributes: accepted values", () => {
  const settings = applyAttributes(DEFAULT_SETTINGS, {
    DelaySeconds: "900",
    MaximumMessageSize: "1024",
    MessageRetentionPeriod: "1209600",
    ReceiveMessageWaitTimeSeconds: "20",
    VisibilityTimeout: "0",
    KmsMasterKeyId: "alias/aws/sqs",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dlq, maxReceiveCount: "3" }),
  });
  assert.deepEqual(settings, {
    delaySeconds: 900,
    bytesMax: 1024,
    retentionSeconds: 1_209_600,
    waitSeconds: 20,
    visibilitySeconds: 0,
    managedSse: false,
    kmsKeyId: "alias/aws/sqs",
    redrive: { deadLetterTargetArn: dlq, maxReceiveCount: 3 },
  });
  const cleared = applyAttributes(settings, { RedrivePolicy: "", KmsMasterKeyId: "", SqsManagedSseEnabled: "true" });
  assert.equal(cleared.redrive, undefined);
  assert.equal(cleared.kmsKeyId, undefined);
  assert.equal(cleared.managedSse, true);
});

test("attributes: refused values", () => {
  const value = (policy: unknown) => JSON.stringify(policy);
  const redrive = (policy: unknown, reason: string) =>
    [
      { RedrivePolicy: value(policy) },
      "InvalidParameterValue",
      `Value ${value(policy)} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    ] as const;
  const cases: (readonly [attributes: Record<string, string>, code: string, message: string])[] = [
    [{ VisibilityTimeout: "43201" }, "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."],
    [{ VisibilityTimeout: "-1" }, "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."],
    [{ VisibilityTimeout: "" }, "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."],
    [{ DelaySeconds: "901" }, "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds."],
    [{ DelaySeconds: "1.5" }, "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds."],
    [{ MaximumMessageSize: "1023" }, "InvalidAttributeValue", "Invalid value for the parameter MaximumMessageSize."],
    [{ MaximumMessageSize: "1048577" }, "InvalidAttributeValue", "Invalid value for the parameter MaximumMessageSize."],
    [{ MessageRetentionPeriod: "59" }, "InvalidAttributeValue", "Invalid value for the parameter MessageRetentionPeriod."],
    [{ ReceiveMessageWaitTimeSeconds: "21" }, "InvalidAttributeValue", "Invalid value for the parameter ReceiveMessageWaitTimeSeconds."],
    [{ Policy: "nope" }, "InvalidAttributeValue", "Invalid value for the parameter Policy."],
    [{ Foo: "1" }, "InvalidAttributeName", "Unknown Attribute Foo."],
    [{ FifoQueue: "false" }, "InvalidAttributeName", "Unknown Attribute FifoQueue."],
    [{ ContentBasedDeduplication: "true" }, "InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication."],
    [
      { FifoQueue: "true" },
      "UnsupportedOperation",
      "FIFO queues are not supported by Hearth yet: create a standard queue, without .fifo and FifoQueue.",
    ],
    [
      { KmsMasterKeyId: "k", SqsManagedSseEnabled: "true" },
      "InvalidAttributeValue",
      "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    ],
    redrive([], "Redrive policy is not a valid JSON map."),
    redrive({ deadLetterTargetArn: dlq }, "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
    redrive({ maxReceiveCount: 1 }, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
    redrive(
      { deadLetterTargetArn: dlq, maxReceiveCount: 0 },
      "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.",
    ),
    redrive(
      { deadLetterTargetArn: dlq, maxReceiveCount: 1001 },
      "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.",
    ),
  ];
  for (const [attributes, code, message] of cases) {
    assert.throws(() => applyAttributes(DEFAULT_SETTINGS, attributes), { code, message }, JSON.stringify(attributes));
  }
});

test("a second CreateQueue differs in the attributes that it names", () => {
  const queue = applyAttributes(DEFAULT_SETTINGS, {
    VisibilityTimeout: "60",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dlq, maxReceiveCount: 3 }),
  });
  const cases: [wanted: Record<string, string>, differing: string | undefined][] = [
    [{}, undefined],
    [{ VisibilityTimeout: "60" }, undefined],
    [{ VisibilityTimeout: "30" }, "VisibilityTimeout"],
    [{ RedrivePolicy: `{"maxReceiveCount":"3","deadLetterTargetArn":"${dlq}"}` }, undefined],
    [{ RedrivePolicy: `{"maxReceiveCount":"4","deadLetterTargetArn":"${dlq}"}` }, "RedrivePolicy"],
    [{ SqsManagedSseEnabled: "true" }, undefined],
    [{ KmsMasterKeyId: "k" }, "KmsMasterKeyId"],
  ];
  for (const [wanted, differing] of cases) assert.equal(differingAttribute(queue, wanted), differing, JSON.stringify(wanted));
});

test("queue URLs in every form", () => {
  const here = { account: "000000000000", region: "us-east-1" };
  const cases: [url: string, address: string][] = [
    ["http://127.0.0.1:4566/000000000000/q", "000000000000 us-east-1 q"],
    ["https://sqs.eu-west-1.amazonaws.com/123456789012/q/", "123456789012 us-east-1 q"],
    ["http://localhost:4566/queue/eu-west-1/123456789012/q", "123456789012 eu-west-1 q"],
    ["http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/my-Queue_1", "000000000000 us-east-1 my-Queue_1"],
    ["http://host/prefix/000000000000/q", "000000000000 us-east-1 q"],
    ["/000000000000/q", "000000000000 us-east-1 q"],
    ["q", "000000000000 us-east-1 q"],
  ];
  for (const [url, expected] of cases) {
    const { account, region, name } = addressOf(here, url);
    assert.equal(`${account} ${region} ${name}`, expected, url);
  }
  for (const url of ["http://localhost:4566/q", "http://localhost:4566/", "", "http://localhost:4566/12/q", "a/b c"]) {
    assert.throws(
      () => addressOf(here, url),
      { code: "InvalidAddress", message: `The address ${url} is not valid for this endpoint.` },
      url,
    );
  }
  assert.deepEqual(addressOfArn(dlq), { account: "000000000000", region: "us-east-1", name: "dead" });
  assert.equal(addressOfArn("arn:aws:sns:us-east-1:000000000000:dead"), undefined);
});

test("receipt handles round-trip, and notice what was not made here", () => {
  const receipt = { store: "0123456789abcdef", sequence: 12, visibleAtMs: 1_767_225_630_000, receives: 3 };
  const handle = formatReceipt(receipt);
  assert.match(handle, /^AQEB/);
  assert.deepEqual(parseReceipt(handle), receipt);
  const changed = `${handle.slice(0, 20)}${handle[20] === "A" ? "B" : "A"}${handle.slice(21)}`;
  for (const bad of ["", "x", "not a handle", changed, handle.slice(4)]) assert.equal(parseReceipt(bad), undefined, bad);
});
