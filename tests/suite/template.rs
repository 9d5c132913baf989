//! template.yaml and the code say the same: endpoints, binaries, indexes, settings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use http::Request;
use http_body_util::Full;
use local::names::AUDIT_BUCKET;
use local::template::Template;
use serde_json::{Value, json};
use serde_yaml_ng::Value as Yaml;
use service::api::Endpoint;
use service::config::{Config, variable};
use service::db::keys::INDEXES;

use crate::harness::TestStack;
use crate::harness::client::send;

const TEXT: &str = include_str!("../../template.yaml");

fn template() -> Template {
    Template::load().expect("a template that can be read")
}

fn resources() -> Yaml {
    let template: Yaml = serde_yaml_ng::from_str(TEXT).expect("YAML");
    template["Resources"].clone()
}

/// The text in `!Ref X` and `!Sub "…"`.
fn tagged(value: &Yaml) -> &str {
    match value {
        Yaml::Tagged(tagged) => tagged.value.as_str().unwrap_or_default(),
        other => other.as_str().unwrap_or_default(),
    }
}

/// The names of the binaries in `functions/src/bin`.
fn binaries() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/src/bin");
    std::fs::read_dir(folder)
        .expect("the folder of the binaries")
        .map(|entry| {
            let name = entry.expect("an entry").file_name().into_string();
            let name = name.expect("UTF-8");
            name.strip_suffix(".rs").expect("a source file").to_owned()
        })
        .collect()
}

#[test]
fn every_function_is_in_its_program_and_every_program_is_built() {
    let resources = resources();
    let events = [
        "process-object",
        "process-large-object",
        "maintenance",
        "run-job",
        "verify",
        "compare-log",
        "copy-log",
        "fold-changes",
    ];
    let events = events.map(|name| (name.to_owned(), "events"));
    let of_subject = |(program, endpoints): (&'static str, Vec<Endpoint>)| {
        let names = endpoints.into_iter();
        names.map(move |endpoint| (endpoint.name().to_owned(), program))
    };
    let programs = functions::programs().into_iter().flat_map(of_subject);
    let coded: BTreeMap<_, _> = programs.chain(events).collect();
    let coded: BTreeMap<_, _> = coded
        .into_iter()
        .map(|(name, program)| (name, format!("target/lambda/{program}/")))
        .collect();
    let declared: BTreeMap<_, _> = template()
        .functions
        .into_iter()
        .map(|function| {
            let uri = &resources[function.resource.as_str()]["Properties"]["CodeUri"];
            (function.name, uri.as_str().unwrap_or_default().to_owned())
        })
        .collect();
    assert_eq!(declared, coded);
    let built = binaries().into_iter();
    let built: BTreeSet<_> = built.map(|name| format!("target/lambda/{name}/")).collect();
    assert_eq!(declared.into_values().collect::<BTreeSet<_>>(), built);
}

#[test]
fn every_index_and_projection_is_the_one_the_code_asserts() {
    let tables = template().tables;
    let table = tables
        .iter()
        .find(|table| table.resource == "FilesTable")
        .expect("the table of files");
    let coded: Vec<Value> = INDEXES
        .iter()
        .map(|index| {
            let projection = if index.projection.is_empty() {
                json!({"ProjectionType": "KEYS_ONLY"})
            } else {
                json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": index.projection})
            };
            // The others are sorted by the time at which files came.
            let range = match index.hash {
                "study_key" => "reading_order",
                _ => "id",
            };
            json!({
                "IndexName": index.name,
                "KeySchema": [
                    {"AttributeName": index.hash, "KeyType": "HASH"},
                    {"AttributeName": range, "KeyType": "RANGE"},
                ],
                "Projection": projection,
            })
        })
        .collect();
    let declared = table.definition["GlobalSecondaryIndexes"].as_array();
    let declared = declared.expect("indexes");
    assert_eq!(json!(declared), json!(coded));
}

/// The description of the API.
const OPENAPI: &str = include_str!("../../docs/openapi.json");

/// Every index that was ever released, by its name: also those that are gone, because a name is never used again.
const RELEASED: &str = include_str!("template/released_indexes.json");

#[test]
fn an_index_keeps_the_keys_and_the_projection_it_was_released_with() {
    let released: Value = serde_json::from_str(RELEASED).expect("JSON");
    for table in template().tables {
        let indexes = table.definition["GlobalSecondaryIndexes"].as_array();
        for index in indexes.into_iter().flatten() {
            let name = index["IndexName"].as_str().expect("a name");
            let keys = index["KeySchema"].as_array().expect("keys").iter();
            let keys: Vec<_> = keys.map(|key| &key["AttributeName"]).collect();
            let projected = index["Projection"]["NonKeyAttributes"].as_array();
            let projected = projected.into_iter().flatten().filter_map(Value::as_str);
            let projected: BTreeSet<_> = projected.collect();
            let now = json!({ "keys": keys, "projects": projected });
            assert_ne!(
                released[name],
                Value::Null,
                "{name} is new: add it to tests/suite/template/released_indexes.json as {now}"
            );
            assert_eq!(
                released[name], now,
                "{name} was released otherwise, and DynamoDB changes no index: give the changed one the next number as its name \
                 (docs/OPERATIONS.md, \"Change an index\")"
            );
        }
    }
}

/// All but the text of the token secret, which is for machines without AWS.
#[test]
fn every_setting_is_given_to_the_functions_and_no_other() {
    let template = template();
    let own = template.functions.into_iter();
    let own = own.flat_map(|function| function.variables);
    let declared: BTreeSet<_> = template.variables.into_iter().chain(own).collect();
    let read = variable::ALL.iter().copied();
    let read = read.filter(|name| *name != "JWT_SECRET");
    assert_eq!(declared, read.map(str::to_owned).collect());
}

/// The same code runs in both, so one that could do less would fail at large files only.
#[test]
fn process_large_object_may_do_what_process_object_may_but_for_the_queues() {
    let grants = |name: &str| {
        let functions = template().functions;
        let function = functions.iter().find(|function| function.name == name);
        let grants = local::permissions::grants(function.expect("a function"));
        let grants = grants.expect("a policy").into_iter();
        let of_queues = |grant: &local::permissions::Grant| grant.action.starts_with("sqs:");
        grants
            .filter(|grant| !of_queues(grant))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(grants("process-large-object"), grants("process-object"));
}

/// CloudFormation resolves 60 references to secrets in a stack, and a secret in a function that has no use for it is one more place to lose it.
#[test]
fn the_functions_that_answer_cursors_have_their_secret_and_no_other() {
    let openapi: Value = serde_json::from_str(OPENAPI).expect("JSON");
    let paths = openapi["paths"].as_object().expect("paths").values();
    let operations = paths.flat_map(|path| path.as_object().expect("operations").values());
    let takes_cursor = |operation: &&Value| {
        let parameters = operation["parameters"].as_array();
        let mut parameters = parameters.into_iter().flatten();
        parameters.any(|parameter| parameter["name"] == "cursor")
    };
    let answering: BTreeSet<_> = operations
        .filter(takes_cursor)
        .map(|operation| operation["operationId"].as_str().expect("an id").to_owned())
        .collect();
    let template = template();
    let has = |names: &[String]| names.iter().any(|name| name == "CURSOR_SECRET");
    assert!(!has(&template.variables), "not for every function");
    let having = template.functions.into_iter();
    let having = having.filter(|function| has(&function.variables));
    let having: BTreeSet<_> = having.map(|function| function.name).collect();
    assert_eq!(having, answering);
}

#[test]
fn the_character_sets_that_can_be_chosen_are_those_that_are_read() {
    let template: Yaml = serde_yaml_ng::from_str(TEXT).expect("YAML");
    let allowed = &template["Parameters"]["DicomCharset"]["AllowedValues"];
    let allowed = allowed.as_sequence().expect("values").iter();
    let allowed: Vec<_> = allowed.filter_map(Yaml::as_str).collect();
    assert_eq!(allowed[0], "", "none");
    assert_eq!(allowed[1..], Config::CHARSETS);
    for name in Config::CHARSETS {
        assert!(imaging::dicom::Charset::named(name).is_some(), "{name}");
    }
}

#[test]
fn every_number_has_the_bounds_and_the_default_of_its_parameter() {
    let template: Yaml = serde_yaml_ng::from_str(TEXT).expect("YAML");
    let variables = &template["Globals"]["Function"]["Environment"]["Variables"];
    let declared: BTreeSet<(String, [u64; 3])> = variables
        .as_mapping()
        .expect("variables")
        .iter()
        .map(|(variable, value)| (tagged(variable), &template["Parameters"][tagged(value)]))
        .filter(|(_, parameter)| parameter["Type"] == "Number")
        .map(|(variable, parameter)| {
            let bounds = ["Default", "MinValue", "MaxValue"].map(|name| {
                let bound = parameter[name].as_u64();
                bound.unwrap_or_else(|| panic!("{variable} has no {name}"))
            });
            (variable.to_owned(), bounds)
        })
        .collect();
    let read = Config::NUMBERS.map(|number| {
        let bounds = [number.default, number.min, number.max];
        (number.variable.to_owned(), bounds)
    });
    assert_eq!(declared, BTreeSet::from(read));
}

#[test]
fn who_verifies_tokens_may_read_their_secret_and_nobody_else_learns_where_it_is() {
    let resources = resources();
    let verifying = functions::endpoints();
    let verifying: BTreeSet<_> = verifying
        .iter()
        .filter(|endpoint| !endpoint.is_public())
        .map(Endpoint::name)
        .collect();
    for function in template().functions {
        let name = function.name.as_str();
        let properties = &resources[function.resource.as_str()]["Properties"];
        let own = properties["Environment"]["Variables"]["JWT_SECRET_ARN"].as_str();
        let verifies = verifying.contains(name);
        assert_eq!(own, (!verifies).then_some(""), "{name}");
        let policies = properties["Policies"].as_sequence();
        let shared = policies.into_iter().flatten().filter(|policy| {
            let Yaml::Tagged(choice) = policy else {
                return false;
            };
            choice.value[0] == "VerifiesBySecret" && tagged(&choice.value[1]) == "TokenSecretPolicy"
        });
        assert_eq!(shared.count(), usize::from(verifies), "{name}");
    }
}

#[test]
fn the_policy_of_the_token_secret_lets_read_it_and_nothing_else() {
    let policy = &resources()["TokenSecretPolicy"];
    assert_eq!(policy["Condition"], "VerifiesBySecret");
    let statements = &policy["Properties"]["PolicyDocument"]["Statement"];
    assert_eq!(statements.as_sequence().map(Vec::len), Some(1));
    let only = |name: &str| {
        let values = statements[0][name].as_sequence().expect("a list");
        assert_eq!(values.len(), 1, "{name}");
        values[0].clone()
    };
    assert_eq!(only("Action"), "secretsmanager:GetSecretValue");
    let Yaml::Tagged(secret) = only("Resource") else {
        panic!("the secret that was given, or the one that the stack makes");
    };
    let secret = [&secret.value[1], &secret.value[2]].map(tagged);
    assert_eq!(secret, ["JwtSecretArn", "JwtSecret"]);
}

/// A reference to a secret would be resolved into the environment, which whoever may look at a function may read.
#[test]
fn no_text_of_the_token_secret_stands_in_the_template() {
    assert!(!TEXT.contains("SecretString:jwt"));
}

#[test]
fn every_table_keeps_its_data_and_can_be_restored() {
    let resources = resources();
    for table in template().tables {
        let resource = &resources[table.resource.as_str()];
        let properties = &resource["Properties"];
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(resource[policy], "Retain", "{}", table.resource);
        }
        let recovery = &properties["PointInTimeRecoverySpecification"];
        assert_eq!(recovery["PointInTimeRecoveryEnabled"], true);
        assert_eq!(properties["DeletionProtectionEnabled"], true);
        assert_eq!(properties["SSESpecification"]["SSEEnabled"], true);
    }
}

#[test]
fn no_function_may_do_everything_to_anything() {
    let resources = resources();
    for function in template().functions {
        let policies = &resources[function.resource.as_str()]["Properties"]["Policies"];
        if policies.is_null() && function.name == "openapi" {
            // The one function that touches nothing.
            continue;
        }
        let statements = policies[0]["Statement"].as_sequence();
        let statements = statements.unwrap_or_else(|| panic!("{} has a policy", function.name));
        for statement in statements {
            let actions = statement["Action"]
                .as_sequence()
                .expect("a list of actions");
            for action in actions {
                let action = action.as_str().expect("an action");
                assert!(!action.contains('*'), "{}: {action}", function.name);
            }
            for resource in statement["Resource"].as_sequence().expect("a list") {
                assert_ne!(tagged(resource), "*", "{}", function.name);
            }
            assert!(statement["Sid"].is_string(), "{}", function.name);
        }
    }
}

#[test]
fn no_function_may_change_or_remove_an_entry_of_the_access_log() {
    let resources = resources();
    for function in template().functions {
        let policies = &resources[function.resource.as_str()]["Properties"]["Policies"];
        for statement in policies[0]["Statement"].as_sequence().into_iter().flatten() {
            let is_about_log = statement["Resource"]
                .as_sequence()
                .into_iter()
                .flatten()
                .any(|resource| tagged(resource).contains("AuditLogTable"));
            let actions: Vec<_> = statement["Action"]
                .as_sequence()
                .into_iter()
                .flatten()
                .filter_map(Yaml::as_str)
                .collect();
            for forbidden in [
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
                "dynamodb:BatchWriteItem",
            ] {
                assert!(
                    !(is_about_log && actions.contains(&forbidden)),
                    "{} may {forbidden} the access log",
                    function.name
                );
            }
        }
    }
}

/// What the functions that append to the table could do to it cannot reach the copies.
#[test]
fn only_copy_log_may_write_to_the_audit_bucket_and_nothing_there_is_replaced_or_removed() {
    let resources = resources();
    let bucket = &resources["AuditBucket"]["Properties"];
    assert_eq!(bucket["ObjectLockEnabled"], Yaml::from(true));
    let kept = &bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"];
    for (name, parameter) in [("Mode", "AuditLockMode"), ("Days", "AuditLockDays")] {
        assert_eq!(tagged(&kept[name]), parameter);
    }
    assert_eq!(resources["AuditBucket"]["UpdateReplacePolicy"], "Retain");
    let statements = &resources["AuditBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"];
    let refusal = statements
        .as_sequence()
        .into_iter()
        .flatten()
        .find(|statement| statement["Sid"] == "RefuseASecondVersion");
    let refusal = refusal.expect("a refusal of writes without a condition");
    assert_eq!(refusal["Effect"], "Deny");
    assert_eq!(refusal["Condition"]["Null"]["s3:if-none-match"], "true");
    let mut writers = Vec::new();
    for function in template().functions {
        for grant in local::permissions::grants(&function).expect("a policy") {
            if grant.resource.contains(AUDIT_BUCKET) {
                writers.push((function.name.clone(), grant.action));
            }
        }
    }
    writers.retain(|(_, action)| action.starts_with("s3:Put") || action.starts_with("s3:Delete"));
    assert_eq!(
        writers,
        [("copy-log".to_owned(), "s3:PutObject".to_owned())]
    );
    let copying = template().functions.into_iter();
    let copying = copying.filter(|function| function.name == "copy-log");
    for function in copying {
        let grants = local::permissions::grants(&function).expect("a policy");
        assert_eq!(grants.len(), 1, "it may do nothing to the table");
    }
    let stream = &resources["AuditLogTable"]["Properties"]["StreamSpecification"];
    assert_eq!(stream["StreamViewType"], "NEW_AND_OLD_IMAGES");
}

#[test]
fn listed_pages_may_call_the_api_and_write_to_the_bucket_and_any_may_read() {
    let resources = resources();
    let api = &resources["Api"]["Properties"]["CorsConfiguration"]["AllowOrigins"];
    // A list, never a function in its place: SAM would take it for the whole configuration of CORS.
    let listed = |value: &Yaml| {
        let origins = value.as_sequence().into_iter().flatten();
        let origins: Vec<&str> = origins
            .map(|origin| match origin {
                Yaml::Tagged(choice) if choice.tag == "If" => tagged(&choice.value[1]),
                origin => tagged(origin),
            })
            .collect();
        origins == ["AllowedOrigin", "AllowedOrigin2", "AllowedOrigin3"]
    };
    assert!(listed(api), "{api:?}");
    let rules = &resources["ImageBucket"]["Properties"]["CorsConfiguration"]["CorsRules"];
    let rules = rules.as_sequence().expect("rules");
    let methods = |rule: &Yaml| -> BTreeSet<String> {
        let methods = rule["AllowedMethods"].as_sequence().expect("methods");
        methods
            .iter()
            .filter_map(Yaml::as_str)
            .map(str::to_owned)
            .collect()
    };
    let [writers, readers] = &rules[..] else {
        panic!("two rules: {rules:?}");
    };
    assert!(listed(&writers["AllowedOrigins"]), "{writers:?}");
    assert_eq!(
        methods(writers),
        ["GET", "HEAD", "PUT", "POST", "DELETE"]
            .map(str::to_owned)
            .into()
    );
    assert_eq!(readers["AllowedOrigins"][0], "*");
    assert_eq!(methods(readers), ["GET", "HEAD"].map(str::to_owned).into());
}

#[tokio::test]
async fn the_local_bucket_tells_a_page_what_the_bucket_of_the_cloud_tells_it() {
    let stack = TestStack::start().await;
    let resources = resources();
    let rules = &resources["ImageBucket"]["Properties"]["CorsConfiguration"]["CorsRules"];
    let words = |value: &Yaml| -> BTreeSet<String> {
        let words = value.as_sequence().into_iter().flatten();
        words.filter_map(Yaml::as_str).map(str::to_owned).collect()
    };
    let pages = [stack.stack.url.as_str(), "http://another.example"];
    for (rule, page) in rules.as_sequence().expect("rules").iter().zip(pages) {
        let request = Request::options(format!("{}/any/key", stack.stack.bucket_url))
            .header("origin", page)
            .header("access-control-request-method", "GET")
            .body(Full::default());
        let answer = send(&stack.http, request.expect("a request")).await;
        let told = |name: &str| -> BTreeSet<String> {
            let words = answer.header(name).split(", ");
            words.map(str::to_owned).collect()
        };
        let (methods, exposed) = (
            "access-control-allow-methods",
            "access-control-expose-headers",
        );
        assert_eq!(told(methods), words(&rule["AllowedMethods"]), "{page}");
        assert_eq!(told(exposed), words(&rule["ExposedHeaders"]), "{page}");
        let seconds = answer.header("access-control-max-age").parse().ok();
        assert_eq!(seconds, rule["MaxAge"].as_u64(), "{page}");
    }
}

#[test]
fn processing_is_limited_in_every_stack_and_a_limit_reserves_nothing() {
    let function = &resources()["ProcessObjectFunction"]["Properties"];
    let scaling = &function["Events"]["Objects"]["Properties"]["ScalingConfig"];
    assert_eq!(tagged(&scaling["MaximumConcurrency"]), "ProcessConcurrency");
    let Yaml::Tagged(reserved) = &function["ReservedConcurrentExecutions"] else {
        panic!("a reservation without a condition: a small account cannot have it");
    };
    assert_eq!(reserved.value[0], "ReservesExecutions");
}

#[test]
fn the_schedule_has_no_name_that_a_second_stack_would_have_too() {
    let events = &resources()["MaintenanceFunction"]["Properties"]["Events"];
    for (name, event) in events.as_mapping().expect("events") {
        assert_eq!(event["Properties"]["OmitName"], true, "{name:?}");
    }
}

#[test]
fn every_table_and_index_can_begin_warm() {
    let is_warmed = |properties: &Yaml| {
        let Yaml::Tagged(choice) = &properties["WarmThroughput"] else {
            return false;
        };
        let units = &choice.value[1];
        choice.value[0] == "IsWarmed"
            && tagged(&units["ReadUnitsPerSecond"]) == "WarmReadUnits"
            && tagged(&units["WriteUnitsPerSecond"]) == "WarmWriteUnits"
    };
    let resources = resources();
    for table in template().tables {
        let properties = &resources[table.resource.as_str()]["Properties"];
        assert!(is_warmed(properties), "{}", table.resource);
        let indexes = properties["GlobalSecondaryIndexes"].as_sequence();
        for index in indexes.into_iter().flatten() {
            assert!(is_warmed(index), "{:?}", index["IndexName"]);
        }
    }
}
