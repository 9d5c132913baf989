"""Holds every example of openapi.json against its own schema: of bodies, answers and problems. Exits with what is wrong."""

import json
import sys
import urllib.request

import jsonschema_rs

RESPONSES = "#/components/responses/"


def examples(content):
    """The examples of one media type, each with its name."""
    if "example" in content:
        yield "example", content["example"]
    for name, example in content.get("examples", {}).items():
        yield name, example["value"]


def contents(document):
    """Every media type of every body and answer, and where it is."""
    shared = document["components"]["responses"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{method} {path} body", content
            for status, response in operation["responses"].items():
                response = shared[response["$ref"].removeprefix(RESPONSES)] if "$ref" in response else response
                for content in response.get("content", {}).values():
                    yield f"{method} {path} {status}", content


def main():
    with urllib.request.urlopen(sys.argv[1] + "/api/v1/openapi.json", timeout=20) as answer:
        document = json.load(answer)
    wrong, count = [], 0
    for where, content in contents(document):
        schema = {**content["schema"], "components": document["components"]}
        for name, example in examples(content):
            count += 1
            wrong += [f"{where} ({name}): {error.message}" for error in jsonschema_rs.iter_errors(schema, example)]
    if wrong or not count:
        sys.exit("\n".join(wrong) or "openapi.json has no examples")
    print(f"{count} examples are as their schemas say")


main()
