"""Checks what template.yaml makes of the choices of whoever deploys it: who signs tokens, and what stands before the API and the bucket.

Run by `make template`. The template is evaluated as CloudFormation would, for the parameters of each case; a choice that a rule has to refuse is
refused.
"""

import json
import pathlib
import re
import sys

from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).parent.parent
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
ORIGIN = {"AllowedOrigin": "https://images.example.org"}
PROVIDER = {"JwksUrl": "https://login.example.org/keys", "JwtIssuer": "https://login.example.org/", "JwtAudience": "filmroom"}
PAGE = {"WebPage": "on", "WebIssuerOrigin": "https://login.example.org"}
SECRET = "0123456789abcdef0123456789abcdef"
ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/filmroom/0123abcd"
GONE = object()


class Stack:
    """The template with these parameters."""

    def __init__(self, **parameters: str) -> None:
        defaults = {name: parameter.get("Default") for name, parameter in TEMPLATE["Parameters"].items()}
        unknown = set(parameters) - set(defaults)
        assert not unknown, f"template.yaml has no parameter {unknown}: this check must be changed with it"
        self.parameters = defaults | ORIGIN | parameters
        resources = {name: resource for name, resource in TEMPLATE["Resources"].items() if self.holds(resource.get("Condition"))}
        self.resources = {name: self.value(resource["Properties"]) for name, resource in resources.items() if "Properties" in resource}
        self.variables = self.value(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])

    def holds(self, name: str | None) -> bool:
        return name is None or self.truth(TEMPLATE["Conditions"][name])

    def truth(self, condition: dict) -> bool:
        (kind, of_it), = condition.items()
        match kind:
            case "Condition":
                return self.holds(of_it)
            case "Fn::Equals":
                return self.value(of_it[0]) == self.value(of_it[1]) or str(self.value(of_it[0])) == str(self.value(of_it[1]))
            case "Fn::Not":
                return not self.truth(of_it[0])
            case "Fn::And":
                return all(map(self.truth, of_it))
            case "Fn::Or":
                return any(map(self.truth, of_it))
        raise AssertionError(f"{kind} is no condition that this check knows")

    def value(self, of_it):
        """The parameter, the branch that is taken, the text with its parameters; references to resources stay as they are."""
        if isinstance(of_it, list):
            return [value for value in map(self.value, of_it) if value is not GONE]
        if not isinstance(of_it, dict):
            return of_it
        match of_it:
            case {"Ref": "AWS::NoValue"}:
                return GONE
            case {"Ref": name}:
                return self.parameters.get(name, of_it)
            case {"Fn::If": [condition, yes, no]}:
                return self.value(yes if self.holds(condition) else no)
            case {"Fn::Sub": text}:
                text, more = text if isinstance(text, list) else (text, {})
                known = self.parameters | {name: self.value(value) for name, value in more.items()}
                return re.sub(r"\$\{(\w+)\}", lambda name: known[name[1]] if isinstance(known.get(name[1]), str) else name[0], text)
        found = {name: self.value(value) for name, value in of_it.items()}
        return {name: value for name, value in found.items() if value is not GONE}

    def refusals(self) -> list[str]:
        """The rules that refuse it."""
        rules = TEMPLATE["Rules"].items()
        return [name for name, rule in rules if self.truth(rule["RuleCondition"]) and not all(self.truth(one["Assert"]) for one in rule["Assertions"])]

    def of_type(self, prefix: str) -> set[str]:
        return {name for name in self.resources if TEMPLATE["Resources"][name]["Type"].startswith(prefix)}

    def policy(self) -> str:
        """What the page may load and call."""
        headers = self.resources["WebHeaders"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        return headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]


def tokens(stack: Stack) -> list:
    names = ["JWT_SECRET_ARN", "JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_SCOPE", "BEARER_TOKEN", "ADMIN_CLAIM", "TRUST_USER_ID"]
    return [stack.variables[name] for name in names]


def stacks_of_older_versions_keep_their_sign_in() -> None:
    own = Stack()
    assert tokens(own) == [{"Ref": "JwtSecret"}, "", "", "", "", "access", "", "true"], tokens(own)
    assert "JwtSecret" in own.resources and not own.of_type("AWS::Cognito::")
    provider = Stack(**PROVIDER)
    assert tokens(provider) == ["", *PROVIDER.values(), "", "access", "", "true"], tokens(provider)
    assert "JwtSecret" not in provider.resources and "TokenSecretPolicy" not in provider.resources
    both = Stack(**PROVIDER, JwtSecretArn="arn:of:a:secret")
    assert tokens(both)[:2] == ["arn:of:a:secret", PROVIDER["JwksUrl"]] and not both.refusals()
    for stack in (own, provider, both):
        assert not stack.refusals() and stack.variables["DIRECT_CALLS"] == "allowed" and not stack.variables["ORIGIN_SECRET"]


def cognito_is_the_only_issuer_and_asks_for_a_second_factor() -> None:
    stack = Stack(Identity="cognito", CognitoAdminEmail="head@hospital.example", WebPage="on")
    url = {"Fn::GetAtt": ["UserPool", "ProviderURL"]}
    assert tokens(stack) == ["", "${UserPool.ProviderURL}/.well-known/openid-configuration", url, {"Ref": "UserPoolClient"}, "openid", "access",
                             "cognito:groups", "false"], tokens(stack)
    assert "JwtSecret" not in stack.resources and "TokenSecretPolicy" not in stack.resources and not stack.refusals()
    pool, client = stack.resources["UserPool"], stack.resources["UserPoolClient"]
    assert pool["MfaConfiguration"] == "ON" and pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["DeletionProtection"] == "ACTIVE" and TEMPLATE["Resources"]["UserPool"]["UpdateReplacePolicy"] == "Retain"
    assert client["GenerateSecret"] is False and client["AllowedOAuthFlows"] == ["code"] and client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["CallbackURLs"] == ["https://images.example.org/auth/callback"] and client["LogoutURLs"] == ["https://images.example.org/"]
    assert "https://cognito-idp.${AWS::Region}" in stack.policy() and "https://${UserPoolDomain}.auth.${AWS::Region}.amazoncognito.com" in stack.policy()
    assert stack.resources["FirstAdministrator"]["Username"] == "head@hospital.example"
    assert "FirstAdministrator" not in Stack(Identity="cognito").resources


def a_choice_that_cannot_work_is_refused() -> None:
    for rule, parameters in [
        ("CognitoIsAlone", {"Identity": "cognito"} | PROVIDER),
        ("CognitoIsAlone", {"Identity": "cognito", "JwtSecretArn": "arn:of:a:secret"}),
        ("CognitoIsAlone", {"Identity": "cognito", "AdminClaim": "groups"}),
        ("ProviderIsNamed", {"Identity": "oidc"}),
        ("ProviderIsNamed", {"Identity": "oidc", "JwtSecretArn": "arn:of:a:secret"} | PROVIDER),
        ("ProviderIsBound", {"Identity": "oidc", "JwksUrl": PROVIDER["JwksUrl"]}),
        ("SecretIsAlone", {"Identity": "secret"} | PROVIDER),
        ("PageCanSignIn", {"WebPage": "on"}),
        ("FirewallHasSomethingBehindIt", {"WebAclArn": ACL}),
        ("ApiKnowsItsDistribution", {"ApiThroughWeb": "on"} | PAGE),
        ("ApiKnowsItsDistribution", {"ApiThroughWeb": "only", "OriginSecret": SECRET}),
        ("ApiDomainHasCertificate", {"ApiDomain": "api.example.org"}),
        ("ApiDomainHasCertificate", {"ApiCertificateArn": "arn:of:a:certificate"}),
    ]:
        assert rule in Stack(**parameters).refusals(), f"{parameters} is taken, though {rule} should refuse it"
    for parameters in [{"Identity": "oidc"} | PROVIDER, {"Identity": "secret"}, {"Identity": "cognito", "WebPage": "on"},
                       {"WebAclArn": ACL, "FilesThroughCdn": "on"}, {"ApiThroughWeb": "only", "OriginSecret": SECRET} | PAGE]:
        assert not Stack(**parameters).refusals(), f"{parameters} is refused by {Stack(**parameters).refusals()}"


def the_firewall_stands_before_every_distribution() -> None:
    stack = Stack(WebAclArn=ACL, FilesThroughCdn="on", **PAGE)
    distributions = stack.of_type("AWS::CloudFront::Distribution")
    assert distributions == {"WebDistribution", "FilesDistribution"}, distributions
    for name in distributions:
        assert stack.resources[name]["DistributionConfig"]["WebACLId"] == ACL, name
        assert "WebACLId" not in Stack(FilesThroughCdn="on", **PAGE).resources[name]["DistributionConfig"], name


def the_api_behind_the_page_knows_its_distribution() -> None:
    direct = Stack(**PAGE).resources["WebDistribution"]["DistributionConfig"]
    assert len(direct["Origins"]) == 1 and "CacheBehaviors" not in direct
    for through, calls in [("on", "allowed"), ("only", "refused")]:
        stack = Stack(ApiThroughWeb=through, OriginSecret=SECRET, OriginSecretBefore="before", **PAGE)
        distribution = stack.resources["WebDistribution"]["DistributionConfig"]
        (behavior,), origin = distribution["CacheBehaviors"], distribution["Origins"][1]
        assert behavior["PathPattern"] == "/api/*" and behavior["TargetOriginId"] == origin["Id"]
        assert set(behavior["AllowedMethods"]) >= {"GET", "PUT", "PATCH", "POST", "DELETE"}
        assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "answers are one caller's own: nothing may keep them"
        assert origin["OriginCustomHeaders"] == [{"HeaderName": "x-filmroom-origin", "HeaderValue": SECRET}]
        assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
        assert stack.variables["ORIGIN_SECRET"] == f"{SECRET} before" and stack.variables["DIRECT_CALLS"] == calls
        assert "x-filmroom-viewer" in stack.resources["ApiViewer"]["FunctionCode"]
    code = (ROOT / "shared/service/src/api/edge.rs").read_text("utf-8")
    assert '"x-filmroom-origin"' in code and '"x-filmroom-viewer"' in code, "the API reads other headers than the distribution sends"
    for secret in ("OriginSecret", "OriginSecretBefore"):
        assert TEMPLATE["Parameters"][secret]["NoEcho"] is True, f"{secret} is shown to whoever may look at the stack"


def a_domain_of_its_own_closes_the_generated_address() -> None:
    assert Stack().resources["Api"]["DisableExecuteApiEndpoint"] is False
    stack = Stack(ApiDomain="api.example.org", ApiCertificateArn="arn:of:a:certificate", ApiThroughWeb="on", OriginSecret=SECRET, **PAGE)
    assert stack.resources["Api"]["DisableExecuteApiEndpoint"] is True
    assert stack.resources["ApiDomainMapping"]["DomainName"] == {"Ref": "ApiDomainName"}
    assert stack.resources["WebDistribution"]["DistributionConfig"]["Origins"][1]["DomainName"] == "api.example.org"
    assert "https://api.example.org" in stack.policy() and "execute-api" not in stack.policy()


def files_come_through_a_distribution_that_keeps_nothing_and_is_not_the_pages() -> None:
    stack = Stack(FilesThroughCdn="on", **PAGE)
    behavior = stack.resources["FilesDistribution"]["DistributionConfig"]["DefaultCacheBehavior"]
    assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "a URL that has ended must not be answered from a cache"
    assert behavior["AllowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    forwarded = stack.resources["FilesRequests"]["OriginRequestPolicyConfig"]
    assert forwarded["QueryStringsConfig"]["QueryStringBehavior"] == "all", "the signature is in the query"
    assert "Host" not in forwarded["HeadersConfig"]["Headers"], "the bucket's own host is what is signed"
    assert stack.variables["FILES_ORIGIN"] == "https://${FilesDistribution.DomainName}"
    assert stack.policy().count("https://${FilesDistribution.DomainName}") == 2, "pictures, and what the viewer reads"
    assert not Stack(**PAGE).variables["FILES_ORIGIN"] and "FilesDistribution" not in Stack(**PAGE).policy()


def no_url_works_longer_than_two_hours_whoever_signed_it() -> None:
    statements = Stack().resources["ImageBucketPolicy"]["PolicyDocument"]["Statement"]
    old = next(one for one in statements if one["Sid"] == "RefuseOldSignatures")
    assert old["Effect"] == "Deny" and old["Principal"] == "*" and old["Condition"] == {"NumericGreaterThan": {"s3:signatureAge": "7200000"}}
    presign = (ROOT / "shared/service/src/bucket/presign.rs").read_text("utf-8")
    minutes = [int(number) for number in re.findall(r"_SECONDS: u64 = (\d+) \* 60;", presign)] + [60]
    assert max(minutes) + 30 < 120, "a URL that is signed here would be refused"


def the_trail_sees_every_request_to_an_object() -> None:
    trail = yaml_parse((ROOT / "infra/data-trail.yaml").read_text("utf-8"))["Resources"]["Trail"]["Properties"]
    selectors = {one["Field"]: one for one in trail["AdvancedEventSelectors"][0]["FieldSelectors"]}
    assert set(selectors) == {"eventCategory", "resources.type", "resources.ARN"}, "any other field leaves requests out"
    assert trail["IsLogging"] and trail["EnableLogFileValidation"]


def the_limit_of_an_address_blocks() -> None:
    rules = yaml_parse((ROOT / "infra/web-acl.yaml").read_text("utf-8"))["Resources"]["WebAcl"]["Properties"]["Rules"]
    rate = next(rule for rule in rules if "RateBasedStatement" in rule["Statement"])
    assert rate["Action"] == {"Block": {}} and rate["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"
    assert not any(rule["VisibilityConfig"]["SampledRequestsEnabled"] for rule in rules), "samples keep paths with patients' ids"


def the_key_is_for_the_roles_of_the_stack_and_for_aws() -> None:
    text = (ROOT / "docs/OPERATIONS.md").read_text("utf-8")
    written = re.search(r"cat > key-policy\.json <<JSON\n(.*?)\nJSON", text, re.DOTALL)
    assert written, "docs/OPERATIONS.md has no key policy: this check must be changed with it"
    for statement in json.loads(written[1])["Statement"]:
        if statement["Principal"] != {"AWS": "*"}:
            continue
        roles = statement["Condition"]["ArnLike"]["aws:PrincipalArn"]
        assert roles == "arn:aws:iam::$ACCOUNT:role/$STACK-*", f"{statement['Sid']} is for everybody in the account"
        services = statement["Condition"]["StringEquals"]["kms:ViaService"]
        assert not any(service.startswith("lambda.") for service in services), "who reads a function's settings would read them in the clear"


CHECKS = [
    stacks_of_older_versions_keep_their_sign_in,
    cognito_is_the_only_issuer_and_asks_for_a_second_factor,
    a_choice_that_cannot_work_is_refused,
    the_firewall_stands_before_every_distribution,
    the_api_behind_the_page_knows_its_distribution,
    a_domain_of_its_own_closes_the_generated_address,
    files_come_through_a_distribution_that_keeps_nothing_and_is_not_the_pages,
    no_url_works_longer_than_two_hours_whoever_signed_it,
    the_trail_sees_every_request_to_an_object,
    the_limit_of_an_address_blocks,
    the_key_is_for_the_roles_of_the_stack_and_for_aws,
]


def main() -> int:
    problems = []
    for check in CHECKS:
        try:
            check()
        except AssertionError as problem:
            problems.append(f"{check.__name__}: {problem}")
    for problem in problems:
        print(f"check_choices: {problem}", file=sys.stderr)
    print(f"{len(CHECKS) - len(problems)} of {len(CHECKS)} choices are what they should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
