"""Writes the functions of template.yaml: from infra/functions.toml what each may do, from docs/openapi.json its route and whether it is public.

usage: functions.py [--check]

What is between the lines "written by infra/functions.py" is replaced. With --check it has to be the same already.
"""

import json
import pathlib
import re
import sys
import textwrap
import tomllib

ROOT = pathlib.Path(__file__).parent.parent
TEMPLATE = ROOT / "template.yaml"
BUCKETS = {"Bucket": "arn:${AWS::Partition}:s3:::${AWS::StackName}-images-${AWS::AccountId}",
           "AuditBucket": "arn:${AWS::Partition}:s3:::${AWS::StackName}-audit-${AWS::AccountId}"}
# A function that verifies no token does not learn where the token secret is, and may not read it.
VERIFIES_NOTHING = "Environment:\n  Variables: {{JWT_SECRET_ARN: \"\"{more}}}\n"
# Every function with a caller looks who that is, writes down who is new or here for the first time on a day, and tells the log.
FOR_CALLERS = {"KnowCallers": "GetItem,PutItem: UsersTable", "AppendToAccessLog": "PutItem: AuditLogTable",
               "TellNames": "PutItem: NamesTable"}
VERIFIES = "- !If [VerifiesBySecret, !Ref TokenSecretPolicy, !Ref AWS::NoValue]\n"
SEALS_CURSORS = """\
Environment:
  Variables:
    CURSOR_SECRET: !Sub
      - "{{resolve:secretsmanager:${Secret}:SecretString:cursor::${CursorSecretVersion}}}"
      - {Secret: !If [HasCursorSecret, !Ref CursorSecretArn, !Ref CursorSecret]}
"""
FUNCTION = """\
# {banner}
{resource}Function:
  Type: AWS::Serverless::Function
  Properties:
    FunctionName: !Sub "${{AWS::StackName}}-{name}"
    CodeUri: target/lambda/{program}/
    Handler: {name}
    LoggingConfig:
      LogGroup: !Ref {resource}LogGroup
{properties}{policies}    Events:
{events}{resource}LogGroup:
  Type: AWS::Logs::LogGroup
  DeletionPolicy: RetainExceptOnCreate
  UpdateReplacePolicy: Retain
  Properties:
    LogGroupName: !Sub "/aws/lambda/${{AWS::StackName}}-{name}"
    RetentionInDays: !Ref LogRetentionDays
    KmsKeyId: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]
"""
STATEMENT = """\
- Sid: {sid}
  Effect: Allow
  Action: [{actions}]
  Resource:
{resources}"""
ROUTE = 'Route:\n  Type: HttpApi\n  Properties: {{ApiId: !Ref Api, Method: {method}, Path: "{path}"}}\n'
# SAM makes a permission for every route of a function's events. The same route with a slash at its end needs none of its own, so it stands here.
WITH_SLASH = (
    "  {method}: {{x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, payloadFormatVersion: \"2.0\", "
    "uri: !Sub \"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{resource}Function.Arn}}/invocations\"}}, "
    "responses: {{}}{parameters}}}\n")


def resource_of(name: str) -> str:
    """delete-image → DeleteImage."""
    return "".join(word.capitalize() for word in name.split("-"))


def routes() -> dict:
    """Of every function behind HTTP: method, path, and whether it is public."""
    paths = json.loads((ROOT / "docs/openapi.json").read_text("utf-8"))["paths"]
    return {operation["operationId"]: (method, path, not operation.get("security"))
            for path, operations in paths.items() for method, operation in operations.items()}


def arn(named: str) -> str:
    """FilesTable → its ARN; FilesTable/files-by-owner-1 → that of the index; Bucket/originals/* → that of the objects."""
    resource, _, rest = named.partition("/")
    if resource in BUCKETS:
        return f'!Sub "{"/".join(filter(None, [BUCKETS[resource], rest]))}"'
    return f'!Sub "${{{resource}.Arn}}/index/{rest}"' if rest else f"!GetAtt {resource}.Arn"


def statement(sid: str, what: str) -> str:
    """A statement of a policy, from a line such as "GetItem,PutItem: UidsTable StudiesTable"."""
    actions, _, resources = what.partition(": ")
    service = "s3" if resources.startswith(tuple(BUCKETS)) else "sqs" if resources.endswith("Queue") else "dynamodb"
    return STATEMENT.format(sid=sid, actions=", ".join(f"{service}:{action}" for action in actions.split(",")),
                            resources="".join(f"    - {arn(resource)}\n" for resource in resources.split()))


def function(program: str, name: str, declared: dict, route: tuple | None) -> str:
    """A function and its log group."""
    method, path, public = route or (None, None, True)
    properties = declared.get("properties", "")
    if "memory" in declared:
        properties += f"MemorySize: {declared['memory']}\n"
    if declared.get("cursors"):
        properties += SEALS_CURSORS
    if public:
        more = "".join(f", {variable}: {value}" for variable, value in declared.get("variables", {}).items())
        properties += VERIFIES_NOTHING.format(more=more)
    elif (variables := declared.get("variables")) and declared.get("cursors"):
        properties += "".join(f"    {name}: {value}\n" for name, value in variables.items())
    elif variables:
        properties += f"Environment:\n  Variables: {{{', '.join(f'{name}: {value}' for name, value in variables.items())}}}\n"
    may = {**({} if public else FOR_CALLERS), **declared.get("may", {})}
    statements = "".join(statement(*line) for line in may.items())
    policies = f'- Version: "2012-10-17"\n  Statement:\n{textwrap.indent(statements, "    ")}' if statements else ""
    policies += "" if public else VERIFIES
    return FUNCTION.format(
        banner=f"{method.upper()} {path}" if route else declared["banner"], resource=resource_of(name), name=name, program=program,
        properties=textwrap.indent(properties, "    "),
        policies=f"    Policies:\n{textwrap.indent(policies, '      ')}" if policies else "",
        events=textwrap.indent(ROUTE.format(method=method.upper(), path=path) if route else declared["events"], "      "))


def with_slash(routes: dict) -> str:
    """The routes with a slash at their end, by path."""
    by_path = {}
    for name, (method, path, _) in routes.items():
        names = ", ".join(f"{{name: {found}, in: path, required: true}}" for found in re.findall(r"{(\w+)}", path))
        operation = WITH_SLASH.format(method=method, resource=resource_of(name), parameters=f", parameters: [{names}]" if names else "")
        by_path[path] = by_path.get(path, "") + operation
    return "".join(f'"{path}/":\n{operations}' for path, operations in by_path.items())


def written() -> str:
    """The template as it has to be."""
    programs = tomllib.loads((ROOT / "infra/functions.toml").read_text("utf-8"))
    declared = {name: (program, of_it) for program, functions in programs.items() for name, of_it in functions.items()}
    found = routes()
    behind_http = {name for name, (_, of_it) in declared.items() if "events" not in of_it}
    if behind_http != set(found):
        sys.exit(f"infra/functions.toml and docs/openapi.json differ in {', '.join(sorted(behind_http ^ set(found)))}. "
                 "Add what is missing to functions.toml, or run `make api`.")
    found = {name: found[name] for name in declared if name in found}
    functions = "\n".join(function(program, name, of_it, found.get(name)) for name, (program, of_it) in declared.items())
    text = TEMPLATE.read_text("utf-8")
    for part, lines in {"routes with a slash": with_slash(found), "functions": functions}.items():
        region = re.compile(rf"^(( *)# Begin of the {part}, written by infra/functions\.py\.\n).*?^( *# End of the {part}\.\n)", re.MULTILINE | re.DOTALL)
        text = region.sub(lambda old, lines=lines: old[1] + textwrap.indent(lines, old[2]) + old[3], text)
    return text


def main() -> None:
    text = written()
    if sys.argv[1:] != ["--check"]:
        TEMPLATE.write_text(text, "utf-8")
    elif text != TEMPLATE.read_text("utf-8"):
        sys.exit("The functions of template.yaml are not those of infra/functions.toml and docs/openapi.json: run `make api`.")


if __name__ == "__main__":
    main()
