# Calls of boto3 against the canned services, run by boto3.test.ts: prints one JSON object of results by name.
import datetime, io, json, sys, urllib.request
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, results = sys.argv[1], {}
keywords = dict(region_name="eu-west-1", endpoint_url=endpoint, aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def client(service, **config):
    return boto3.client(service, **keywords, config=Config(retries={"max_attempts": 0}, **config))


def error(call):
    try:
        call()
    except ClientError as caught:
        found = caught.response
        return [found["Error"]["Code"], found["ResponseMetadata"]["HTTPStatusCode"], found["Error"].get("Message")]
    return "no error"


sqs = client("sqs")
url = sqs.create_queue(QueueName="q", Attributes={"DelaySeconds": "0"}, tags={"a": "b"})["QueueUrl"]
results["sqs"] = [sqs.send_message(QueueUrl=url, MessageBody="x")["MessageId"] == url, sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]]
results["sqs error"] = error(lambda: sqs.get_queue_url(QueueName="none"))
dynamodb = client("dynamodb")
item = {"pk": {"S": "é"}, "b": {"B": b"\0\xff"}, "l": {"L": [{"N": "1.5"}]}}
results["dynamodb"] = [dynamodb.put_item(TableName="table", Item=item)["Attributes"] == item, dynamodb.get_item(TableName="table", Key={"pk": {"S": "a"}})["Item"]["n"]["N"]]
results["dynamodb error"] = error(lambda: dynamodb.update_item(TableName="table", Key={"pk": {"S": "a"}}))
functions = client("lambda")
results["lambda"] = functions.invoke(FunctionName="f", Payload=b'{"a":1}')["Payload"].read().decode()
results["lambda error"] = error(lambda: functions.get_function(FunctionName="f"))
results["lambda stream"] = "".join(event["PayloadChunk"]["Payload"].decode() for event in functions.invoke_with_response_stream(FunctionName="f")["EventStream"] if "PayloadChunk" in event)
results["ssm"] = client("ssm").get_parameter(Name="/a")["Parameter"]["LastModifiedDate"].timestamp()
stacks = client("cloudformation")
results["cloudformation"] = stacks.describe_stacks(StackName="s <&>")["Stacks"][0]["StackName"]
results["sts"] = client("sts").get_caller_identity()["UserId"]
results["apigateway"] = client("apigateway").get_rest_apis()["items"][0]["createdDate"].timestamp()
kinesis = client("kinesis")
results["kinesis"] = kinesis.put_record(StreamName="s", Data=b"abc", PartitionKey="p")["SequenceNumber"]

s3 = client("s3", s3={"addressing_style": "path"})
s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.put_object(Bucket="bucket", Key="k é+/x", Body=b"hello", Metadata={"a": "b"})
got = s3.get_object(Bucket="bucket", Key="k é+/x")
results["s3"] = [got["Body"].read().decode(), got["Metadata"], got["LastModified"].timestamp()]
big = b"x" * (20 << 20)
s3.upload_fileobj(io.BytesIO(big), "bucket", "big")
results["s3 multipart"] = s3.head_object(Bucket="bucket", Key="big")["ContentLength"] == len(big)
copied = io.BytesIO()
s3.put_object(Bucket="bucket", Key="small", Body=b"0123456789", ChecksumAlgorithm="SHA256")
s3.download_fileobj("bucket", "small", copied)
results["s3 download"] = copied.getvalue().decode()
results["s3 range"] = s3.get_object(Bucket="bucket", Key="small", Range="bytes=1-3")["ContentRange"]
results["s3 list"] = len(s3.list_objects_v2(Bucket="bucket")["Contents"])
results["s3 delete"] = s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "a"}]})["Deleted"]
results["s3 location"] = s3.get_bucket_location(Bucket="bucket")["LocationConstraint"]
results["s3 copy"] = s3.copy_object(Bucket="bucket", Key="c", CopySource={"Bucket": "bucket", "Key": "small"})["CopyObjectResult"]["ETag"]
results["s3 error"] = error(lambda: s3.get_object(Bucket="bucket", Key="none"))
results["s3 head error"] = error(lambda: s3.head_object(Bucket="bucket", Key="none"))
presigned = client("s3", signature_version="s3v4", s3={"addressing_style": "path"}).generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "small"})
results["s3 presigned"] = urllib.request.urlopen(presigned).read().decode()
print(json.dumps(results))
