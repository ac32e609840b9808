//! Every answer the web stories get is held against the OpenAPI description: the status is one the operation names, the
//! body has the shape it says, the code of a problem is among those it lists.

use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::LazyLock};
use tributary::web::api;

static DESCRIPTION: LazyLock<Value> = LazyLock::new(api::openapi);

/// # Panics
/// The answer is not what the description says.
pub(crate) fn check(method: &str, path: &str, status: u16, body: &Value) {
    let Some((operation, found)) = operation(method, path) else {
        assert!(matches!(status, 400 | 404 | 405 | 414 | 415 | 431), "{method} {path} is not described: {status}");
        return;
    };
    assert_no_gap(&operation, body);
    let said = &found["responses"][status.to_string()];
    assert!(said.is_object(), "{operation} does not say that it may answer {status}: {body}");
    if let Some(code) = body["code"].as_str().filter(|_| status >= 400) {
        let listed = said["description"].as_str().is_some_and(|text| text.contains(&format!("`{code}`")));
        assert!(listed, "{operation} does not say that it may fail with {status} {code}");
    }
    let Some(content) = said["content"].as_object() else { return };
    for schema in content.values().filter_map(|of| of.get("schema")) {
        assert_shape(&operation, status, schema, body);
    }
}

/// Whatever is said in words says all of it: no placeholder is left, and nothing stands for an argument that lacks.
fn assert_no_gap(operation: &str, body: &Value) {
    const WORDS: [&str; 4] = ["title", "detail", "remedy", "text"];
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                if let Some(text) = value.as_str().filter(|_| WORDS.contains(&name.as_str())) {
                    let gap = text.contains(['{', '}']) || text.contains(tributary::words::UNKNOWN);
                    assert!(!gap, "{operation} says a sentence with a gap: {text}");
                }
                assert_no_gap(operation, value);
            }
        }
        Value::Array(all) => all.iter().for_each(|one| assert_no_gap(operation, one)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn assert_shape(operation: &str, status: u16, schema: &Value, body: &Value) {
    // A reference needs the document it points into.
    let whole = json!({ "components": DESCRIPTION["components"], "allOf": [schema] });
    let validator = jsonschema::draft202012::new(&whole).expect("a schema");
    let faults: Vec<String> = validator.iter_errors(body).map(|e| format!("{} at {}", e, e.instance_path())).collect();
    assert!(faults.is_empty(), "{operation} {status} answers something else than it says: {faults:#?}\n{body:#}");
}

/// The operation that this request is.
fn operation(method: &str, path: &str) -> Option<(String, &'static Value)> {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |pattern: &str| {
        let wanted: Vec<&str> = pattern.split('/').collect();
        wanted.len() == parts.len() && wanted.iter().zip(&parts).all(|(w, p)| w == p || w.starts_with('{'))
    };
    let all = DESCRIPTION["paths"].as_object()?;
    // A literal part counts before a placeholder, as in the server.
    let mut found: Vec<_> = all.iter().filter(|(pattern, _)| fits(pattern)).collect();
    found.sort_by_key(|(pattern, _)| pattern.matches('{').count());
    let (pattern, item) = found.first()?;
    let operation = item.get(method.to_ascii_lowercase())?;
    Some((format!("{method} {pattern}"), operation))
}

/// The schemas written by hand.
const WRITTEN: [&str; 2] =
    [include_str!("../../src/web/api/schemas.json"), include_str!("../../src/web/api/orders.json")];

#[test]
fn no_name_is_that_of_two_schemas() {
    for text in WRITTEN {
        let written: Value = serde_json::from_str(text).expect("schemas");
        for (name, schema) in written.as_object().expect("names") {
            assert_eq!(&DESCRIPTION["components"]["schemas"][name], schema, "{name}");
        }
    }
}

#[test]
fn examples_are_what_they_are_examples_of() {
    let mut seen = 0;
    for (name, schema) in DESCRIPTION["components"]["schemas"].as_object().expect("schemas") {
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert_shape(name, 0, schema, example);
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen} examples");
}

#[test]
fn the_description_is_whole() {
    let all = DESCRIPTION["paths"].as_object().expect("paths");
    let mut names = BTreeSet::new();
    for (path, item) in all {
        for (method, operation) in item.as_object().expect("operations") {
            let name = operation["operationId"].as_str().expect("a name");
            assert!(names.insert(name.to_owned()), "{name} is the name of two operations");
            let good = operation["responses"].as_object().expect("answers").keys().any(|s| s.starts_with(['2', '3']));
            assert!(good, "{method} {path} says nothing of success");
        }
    }
    let text = DESCRIPTION.to_string();
    let referred = text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
    for name in referred {
        assert!(DESCRIPTION["components"]["schemas"][name].is_object(), "there is no schema {name}");
    }
}
