"""Starts ministack 1.5.33, an emulator of AWS, with what a stack of SAM needs and the emulator lacks:

- the routes of an HTTP API. SAM writes them into the API's OpenAPI body, which the emulator ignores: every route would answer 404;
- numbers where CloudFormation has text: it hands a parameter of type Number on as text, which AWS reads and the emulator's queue poller does not;
- the values of parameters in SAM's transform: the emulator hands it none, so SAM would put the defaults where a parameter stands alone;
- `TCP_NODELAY` in its Lambda runtime API: without it every call waits 40 ms for an acknowledgement, twice.

Configured by ministack's own variables (BIND_HOST, GATEWAY_PORT, AWS_ENDPOINT_URL, …), which `tests/stack/stack.py` sets.
"""

import json
import socketserver
import sys

from ministack.app import main
from ministack.services import apigateway
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS
from samtranslator.translator import transform

API = _RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
MAPPING = _RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
INTEGRATION = "x-amazon-apigateway-integration"


def import_routes(api_id, body):
    """Makes the routes of the API those of its OpenAPI body."""
    apigateway._routes[api_id].clear()
    apigateway._integrations[api_id].clear()
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            integration = operation[INTEGRATION]
            _, _, created = apigateway._create_integration(api_id, {
                "integrationType": integration["type"].upper(),
                "integrationUri": integration["uri"],
                "integrationMethod": integration["httpMethod"],
                "payloadFormatVersion": integration["payloadFormatVersion"],
            })
            apigateway._create_route(api_id, {
                "routeKey": f"{method.upper()} {path}",
                "target": f"integrations/{json.loads(created)['integrationId']}",
            })
    cors = body.get("x-amazon-apigateway-cors")
    if cors:
        apigateway._apis[api_id]["corsConfiguration"] = cors


def with_routes(provision, properties_at):
    """`provision`, which creates or updates an API, followed by the import of its body."""
    def provisioned(*arguments, **named):
        result = provision(*arguments, **named)
        import_routes(result[0], arguments[properties_at]["Body"])
        return result
    return provisioned


def without_defaults(transform):
    """SAM's `transform` on a template without defaults: it leaves every parameter to CloudFormation, which has the values."""
    def transformed(template, *arguments):
        parameters = template.get("Parameters", {})
        bare = {name: {key: value for key, value in parameter.items() if key != "Default"} for name, parameter in parameters.items()}
        return {**transform({**template, "Parameters": bare}, *arguments), "Parameters": parameters}
    return transformed


def with_numbers(provision, properties_at):
    """`provision`, which creates or updates an event source mapping, with a limit that is a number."""
    def provisioned(*arguments, **named):
        scaling = arguments[properties_at].get("ScalingConfig")
        if scaling:
            scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
        return provision(*arguments, **named)
    return provisioned


transform.transform = without_defaults(transform.transform)
MAPPING["create"] = with_numbers(MAPPING["create"], 1)
MAPPING["update"] = with_numbers(MAPPING["update"], 2)
API["create"] = with_routes(API["create"], 1)
API["update"] = with_routes(API["update"], 2)
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

sys.exit(main())
