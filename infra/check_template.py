"""Checks that template.yaml agrees with the files that it repeats (the page's policy, texts of the log, the runbook), and keeps limits that no linter knows.

Run by `make template`; says what differs and how to mend it. Linters check CloudFormation, tests/suite/template.rs checks endpoints and tables.
"""

import json
import os
import pathlib
import re
import sys

import yaml
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).parent.parent
# What web/csp.json calls {…}, in the template's words.
SOURCES = {"{bucket}": "${Bucket}", "{issuer}": "${Issuers}"}
# The local stack serves page and API from one origin; in the cloud the API has its own.
OF_THE_CLOUD = {"connect-src": "${ApiOrigin}"}

# What CloudFormation takes: resources and bytes of a template
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
MOST_RESOURCES = 500
MOST_BYTES = 1_000_000
# The functions that are still to come must leave a tenth of both free.
TO_COME = 8
SHARE = 0.9

# Where a type of resource says its own name, which is unique in an account and region, or in the world. A type that is not here gets its name
# from CloudFormation, which makes it unique.
PHYSICAL_NAMES = {
    "AWS::CloudFront::CachePolicy": ["CachePolicyConfig.Name"],
    "AWS::CloudFront::Function": ["Name"],
    "AWS::CloudFront::OriginAccessControl": ["OriginAccessControlConfig.Name"],
    "AWS::CloudFront::OriginRequestPolicy": ["OriginRequestPolicyConfig.Name"],
    "AWS::CloudFront::ResponseHeadersPolicy": ["ResponseHeadersPolicyConfig.Name"],
    "AWS::CloudWatch::Alarm": ["AlarmName"],
    "AWS::CloudWatch::Dashboard": ["DashboardName"],
    "AWS::Cognito::UserPool": ["UserPoolName"],
    "AWS::Cognito::UserPoolClient": ["ClientName"],
    "AWS::Cognito::UserPoolDomain": ["Domain"],
    "AWS::DynamoDB::Table": ["TableName"],
    "AWS::IAM::ManagedPolicy": ["ManagedPolicyName"],
    "AWS::IAM::Role": ["RoleName"],
    "AWS::KMS::Alias": ["AliasName"],
    "AWS::Logs::LogGroup": ["LogGroupName"],
    "AWS::S3::Bucket": ["BucketName"],
    "AWS::SNS::Topic": ["TopicName"],
    "AWS::SQS::Queue": ["QueueName"],
    "AWS::Scheduler::Schedule": ["Name"],
    "AWS::SecretsManager::Secret": ["Name"],
    "AWS::Serverless::Function": ["FunctionName"],
    "AWS::Serverless::HttpApi": ["Name"],
}


def read_template() -> dict:
    """The template, with `!Sub x` read as x: names are compared here, not evaluated."""

    class Loader(yaml.SafeLoader):
        """Knows CloudFormation's tags."""

    def construct(loader: yaml.SafeLoader, _tag: str, node: yaml.Node):
        if isinstance(node, yaml.ScalarNode):
            return loader.construct_scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_mapping(node, deep=True)

    Loader.add_multi_constructor("!", construct)
    return yaml.load((ROOT / "template.yaml").read_text("utf-8"), Loader)


def of_type(resources: dict, kind: str) -> dict:
    found = {name: resource for name, resource in resources.items() if resource["Type"] == kind}
    assert found, f"template.yaml has no {kind}: this check must be changed with it"
    return found


def check_policy(resources: dict) -> list[str]:
    """The Content-Security-Policy of CloudFront is that of web/csp.json, which the page is tested with."""
    wanted = []
    for name, value in json.loads((ROOT / "web/csp.json").read_text("utf-8"))["directives"].items():
        for source, parameter in SOURCES.items():
            value = value.replace(source, parameter)
        wanted.append(" ".join(filter(None, [name, value, OF_THE_CLOUD.get(name)])))
    headers = resources["WebHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    written = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"][0]
    if written == "; ".join(wanted):
        return []
    return [f"WebHeaders differs from web/csp.json. Write into template.yaml:\n  {'; '.join(wanted)}"]


def check_secrets(template: dict) -> list[str]:
    """CloudFormation resolves at most this many references in one stack: those of each function, and what a function overrides is none.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
    """
    most = 60
    common = template["Globals"]["Function"]["Environment"]["Variables"]
    functions = of_type(template["Resources"], "AWS::Serverless::Function").values()
    own = [function["Properties"].get("Environment", {}).get("Variables", {}) for function in functions]
    used = sum("{{resolve:" in str(value) for variables in own for value in (common | variables).values())
    print(f"{len(own)} functions resolve {used} of the {most} secrets that CloudFormation resolves in a stack")
    if used <= most:
        return []
    return [f"{len(own)} functions resolve {used} secrets, CloudFormation {most}: give a secret only to those functions that need it"]


class NoManagedPolicies:
    """SAM asks for AWS's managed policies by name; the template names none."""

    def load(self) -> dict:
        return {}


def transformed() -> dict:
    """The template as CloudFormation gets it from SAM: each function with its role, its permissions, its sources of events."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    template = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # Where `sam deploy` has put it.
            resource["Properties"]["CodeUri"] = "s3://artifacts/" + resource["Properties"]["CodeUri"]
    return transform(template, {}, NoManagedPolicies())


def check_size(resources: dict) -> list[str]:
    """The functions that are to come find room: each brings what a function behind HTTP has on average, also in the API's description."""
    template = transformed()
    everything = template["Resources"]
    functions = [name for name, function in of_type(resources, "AWS::Serverless::Function").items()
                 if any(event["Type"] == "HttpApi" for event in function["Properties"]["Events"].values())]
    owned = {name: resource for name, resource in everything.items()
             if any(name.startswith(function) or name == function.removesuffix("Function") + "LogGroup" for function in functions)}
    per_function = len(json.dumps([owned, everything["Api"]["Properties"]["Body"]["paths"]])) / len(functions)
    count, size = len(everything), len(json.dumps(template))
    more, larger = count + round(TO_COME * len(owned) / len(functions)), round(size + TO_COME * per_function)
    print(f"{count} resources, {more} with {TO_COME} more functions like these, of {MOST_RESOURCES}")
    print(f"{size:,} bytes after SAM's transform, {larger:,} with {TO_COME} more functions like these, of {MOST_BYTES:,}")
    problems = []
    if more >= SHARE * MOST_RESOURCES:
        problems.append(f"{TO_COME} more functions make {more} resources of the {MOST_RESOURCES} that a stack may have: fewer for each function, or a second stack")
    if larger >= SHARE * MOST_BYTES:
        problems.append(f"{TO_COME} more functions make a template of {larger:,} bytes, of the {MOST_BYTES:,} that CloudFormation takes")
    return problems


def check_names(resources: dict) -> list[str]:
    """Every name that the template gives carries the stack's: else a second stack in the same account and region cannot be deployed."""
    problems = []
    for resource, definition in resources.items():
        properties = definition.get("Properties", {})
        for key in PHYSICAL_NAMES.get(definition["Type"], []):
            value = properties
            for part in key.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            if value is not None and "AWS::StackName" not in str(value):
                problems.append(f"{resource}: {key} is {value} in every stack: begin it with ${{AWS::StackName}}")
        for event, source in properties.get("Events", {}).items():
            # If OmitName is not set, SAM names the schedule after its function and event (aws/serverless-application-model#3109).
            schedule = source.get("Properties", {})
            if source["Type"] in ("Schedule", "ScheduleV2") and not schedule.get("OmitName") and "${AWS::StackName}" not in str(schedule.get("Name")):
                problems.append(f"{resource}: the schedule {event} gets the same name in every stack: set OmitName")
    return problems


def check_filters(resources: dict) -> list[str]:
    """Every text that a metric filter looks for is a text that the code logs."""
    code = "".join(path.read_text("utf-8") for path in sorted((ROOT / "functions/src").rglob("*.rs")))
    problems = []
    for name, resource in of_type(resources, "AWS::Logs::MetricFilter").items():
        pattern = resource["Properties"]["FilterPattern"]
        # `?"one" ?"another"` is found where one of them is (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
        for text in re.findall(r'\?("[^"]+")', pattern) or [pattern]:
            if text not in code:
                problems.append(f"{name} looks for {text}, which nothing in functions/src logs: its alarm would be silent")
    return problems


def check_runbook(resources: dict) -> list[str]:
    """Every alarm is in the runbook and on the dashboard, and the runbook has no other."""
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    named = {alarm["Properties"]["AlarmName"].removeprefix("${AWS::StackName}-") for alarm in alarms.values()}
    runbook = (ROOT / "docs/OPERATIONS.md").read_text("utf-8")
    described = set(re.findall(r"^#### `([a-z-]+)`$", runbook, re.MULTILINE))
    problems = [f"docs/OPERATIONS.md does not describe the alarm {name}" for name in sorted(named - described)]
    problems += [f"docs/OPERATIONS.md describes {name}, which is no alarm" for name in sorted(described - named)]
    body = resources["Dashboard"]["Properties"]["DashboardBody"]
    json.loads(body)  # A comma too many shows here, not in a failed deployment.
    problems += [f"the dashboard does not show {name}" for name in sorted(alarms) if f"${{{name}.Arn}}" not in body]
    return problems


def main() -> int:
    template = read_template()
    resources = template["Resources"]
    problems = check_policy(resources) + check_secrets(template) + check_size(resources) + check_names(resources) + check_filters(resources) + check_runbook(resources)
    for problem in problems:
        print(f"check_template: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
