//! The table of routes as an OpenAPI 3.1 document.

use super::{Answer, Api, Body, Door, Operation, schemas, shapes};
use crate::{auth, master::Kind, web, words::Language};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// Codes that any operation may answer with: of the request's head, of the body, of keys, of the house.
const ANYWHERE: &[(u16, &[&str])] = &[
    (400, &["bad_request"]),
    (414, &["bad_request"]),
    (415, &["content_encoding_refused"]),
    (431, &["bad_request"]),
    (500, &["internal"]),
    (503, &["overloaded", "unavailable"]),
];
const WITH_KEY: &[(u16, &[&str])] = &[(401, &["unauthorized", "key_expired", "key_revoked"]), (403, &["forbidden"])];
const WITH_QUERY: &[(u16, &[&str])] = &[(400, &["invalid_filter"])];
const WITH_BODY: &[(u16, &[&str])] = &[(408, &["body_timeout"]), (413, &["body_too_large"])];
const WITH_JSON: &[(u16, &[&str])] = &[(400, &["invalid_json", "unknown_field"]), (415, &["unsupported_media_type"])];

const WHILE_BUSY: &[(u16, &[&str])] = &[(503, &["degraded"])];

const JSON: &str = "application/json";

/// The OpenAPI 3.1 description of every route.
pub fn openapi() -> Value {
    let api = web::api();
    let mut made = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
    made.meta_schema = None;
    let mut made = made.into_generator();
    let mut paths = Map::new();
    for operation in &api.operations {
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method] = one(operation, &mut made);
    }
    let mut components = made.take_definitions(true);
    for kind in Kind::ALL {
        components.insert(row_name(kind), row(kind));
    }
    for (name, schema) in schemas::written() {
        // A test sees that no request has the name of an answer.
        components.entry(name).or_insert(schema);
    }
    components.insert("Code".to_owned(), json!({ "type": "string", "enum": codes(&api) }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tributary",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Orders in from every channel, decided, and out to every partner. Amounts and quantities are \
                            decimal text, times RFC 3339. Errors are application/problem+json with a stable code and \
                            words in the language of Accept-Language (en, zh).",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": roles() },
                "plainKey": { "type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The same key." },
            },
        },
    })
}

fn roles() -> String {
    let names: Vec<_> = auth::roles().collect();
    format!("A key made by `tributary key create --user NAME --role ROLE`. Roles: {}.", names.join(", "))
}

/// All codes a problem may carry.
fn codes(api: &Api) -> Vec<&'static str> {
    let mut all: Vec<_> = api.operations.iter().flat_map(fails).flat_map(|(_, codes)| codes).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Statuses and codes an operation may fail with, each status once.
fn fails(operation: &Operation) -> Vec<(u16, Vec<&'static str>)> {
    let says = &operation.says;
    let mut all: Vec<(u16, Vec<&'static str>)> = Vec::new();
    let mut take = |some: &[(u16, &'static [&'static str])]| {
        for (status, codes) in some {
            match all.iter_mut().find(|(known, _)| known == status) {
                Some((_, known)) => known.extend(codes.iter()),
                None => all.push((*status, codes.to_vec())),
            }
        }
    };
    take(ANYWHERE);
    if matches!(says.door, Door::Key(_)) {
        take(WITH_KEY);
    }
    if says.query.is_some() {
        take(WITH_QUERY);
    }
    match says.body {
        Some(Body::Json(_)) => {
            take(WITH_BODY);
            take(WITH_JSON);
        }
        Some(Body::Named(_) | Body::Bytes(_) | Body::Table(..)) => take(WITH_BODY),
        None => {}
    }
    if operation.class().can_wait() {
        take(WHILE_BUSY);
    }
    take(&says.fails);
    for (_, codes) in &mut all {
        codes.sort_unstable();
        codes.dedup();
    }
    all.sort_unstable_by_key(|(status, _)| *status);
    all
}

fn one(operation: &Operation, made: &mut SchemaGenerator) -> Value {
    let says = &operation.says;
    let mut shown = json!({
        "operationId": says.name,
        "summary": says.summary,
        "tags": [tag(operation.path)],
        "parameters": parameters(operation, made),
        "responses": responses(operation),
        "security": match says.door {
            Door::Open | Door::Signed => json!([]),
            Door::Key(_) => json!([{ "key": [] }, { "plainKey": [] }]),
        },
    });
    if let Door::Key(needs) = says.door {
        let may: Vec<_> = auth::roles_with(needs).collect();
        shown["description"] = json!(format!("Roles that may: {}.", may.join(", ")));
    }
    if let Door::Signed = says.door {
        shown["description"] = json!("Signed over the raw bytes as the sender's own scheme says.");
    }
    match says.body {
        Some(Body::Json(make)) => {
            let schema = make(made);
            shown["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        Some(Body::Named(schema)) => {
            let schema = reference(schema);
            shown["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        Some(Body::Bytes(types)) => {
            let content: Map<_, _> = types.iter().map(|t| ((*t).to_owned(), bytes_of(t))).collect();
            shown["requestBody"] = json!({ "required": true, "content": content });
        }
        Some(Body::Table(types, schema)) => {
            let of = |t: &str| if t == JSON { json!({ "schema": reference(schema) }) } else { bytes_of(t) };
            let content: Map<_, _> = types.iter().map(|t| ((*t).to_owned(), of(t))).collect();
            shown["requestBody"] = json!({ "required": true, "content": content });
        }
        None => {}
    }
    shown
}

fn bytes_of(media_type: &str) -> Value {
    if media_type == "multipart/form-data" {
        let file = json!({ "type": "string", "minLength": 1, "contentMediaType": "application/octet-stream" });
        return json!({ "schema": { "type": "object", "properties": { "file": file }, "maxProperties": 20, "required": ["file"] } });
    }
    json!({ "schema": { "type": "string", "minLength": 1, "contentMediaType": media_type } })
}

/// The word behind `/v1/`, or the first one.
fn tag(path: &str) -> &str {
    let mut words = path.split('/').filter(|word| !word.is_empty() && *word != "v1");
    words.next().unwrap_or("house")
}

fn parameters(operation: &Operation, made: &mut SchemaGenerator) -> Vec<Value> {
    let named = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = |name| json!({ "name": name, "in": "path", "required": true, "schema": in_path(name) });
    let mut all: Vec<Value> = named.map(in_path).collect();
    all.extend(operation.says.headers.iter().map(|(name, pattern, about)| {
        let schema = json!({ "type": "string", "pattern": pattern });
        json!({ "name": name, "in": "header", "required": false, "description": about, "schema": schema })
    }));
    let Some(query) = operation.says.query else { return all };
    let schema = query(made).to_value();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, of) in schema["properties"].as_object().into_iter().flatten() {
        let mut of = without_null(of.clone());
        let about = of.as_object_mut().and_then(|of| of.remove("description"));
        of = without_nul(of);
        let mut parameter = json!({
            "name": name, "in": "query", "required": required.contains(&json!(name)), "schema": of,
        });
        if let Some(about) = about {
            parameter["description"] = about;
        }
        if of["type"] == "array" {
            parameter["style"] = json!("form");
            parameter["explode"] = json!(false);
        }
        all.push(parameter);
    }
    all
}

/// Name of the schema of a table's rows, e.g. `rate_cards_row`.
fn row_name(kind: Kind) -> String {
    format!("{}_row", kind.name())
}

/// A row as it may be sent, by the names of the table's columns.
fn row(kind: Kind) -> Value {
    let columns = kind.columns();
    let cells: Map<_, _> = columns.iter().map(|column| (column.name.to_owned(), reference("Cell"))).collect();
    let must: Vec<_> = columns.iter().filter(|column| column.must).map(|column| column.name).collect();
    json!({ "type": "object", "properties": cells, "required": must, "additionalProperties": false })
}

/// What stands in that place of a path.
fn in_path(name: &str) -> Value {
    match name {
        "kind" => json!({ "type": "string", "enum": Kind::ALL.map(Kind::name) }),
        "id" | "document" => json!({ "type": "string", "format": "uuid" }),
        "file" => json!({ "type": "string", "description": "A file of the page.", "examples": ["index.html"] }),
        "code" => without_nul(json!({ "type": "string", "description": "The code of a hold." })),
        _ => without_nul(json!({ "type": "string" })),
    }
}

/// No address has a NUL in it.
fn without_nul(mut schema: Value) -> Value {
    let is_plain = ["pattern", "format", "enum"].iter().all(|said| schema.get(said).is_none());
    if schema["type"] == "string" && is_plain {
        schema["pattern"] = json!(shapes::TEXT);
    }
    schema
}

/// A parameter is there or not, and never null.
fn without_null(mut schema: Value) -> Value {
    let is_null = |of: &Value| of == "null" || of["type"] == "null";
    for part in ["type", "anyOf"] {
        let Some(choices) = schema[part].as_array() else { continue };
        let left: Vec<Value> = choices.iter().filter(|of| !is_null(of)).cloned().collect();
        match (part, left.as_slice()) {
            ("type", [only]) => schema[part] = only.clone(),
            ("anyOf", [only]) => {
                let only = only.clone();
                let schema = schema.as_object_mut();
                schema
                    .map(|schema| (schema.remove(part), schema.extend(only.as_object().cloned().unwrap_or_default())));
            }
            _ => schema[part] = json!(left),
        }
    }
    schema
}

fn responses(operation: &Operation) -> Value {
    let mut all = Map::new();
    for Answer { status, media_type, schema } in &operation.says.answers {
        let content = match (*media_type, *schema) {
            ("", _) => json!({}),
            (media_type, "") => json!({ media_type: {} }),
            (media_type, schema) => json!({ media_type: { "schema": reference(schema) } }),
        };
        all.insert(status.to_string(), json!({ "description": "Done.", "content": content }));
    }
    let words = Language::default();
    for (status, codes) in fails(operation) {
        let lines =
            codes.iter().map(|code| format!("- `{code}`: {}", words.say(code, &model::said::Args::new()).title));
        let problem = json!({ "application/problem+json": { "schema": reference("Problem") } });
        let mut said = json!({ "description": lines.collect::<Vec<_>>().join("\n"), "content": problem });
        if matches!(status, 429 | 503) {
            let seconds = json!({ "type": "integer", "minimum": 0 });
            said["headers"] = json!({ "Retry-After": { "description": "Seconds.", "schema": seconds } });
        }
        all.insert(status.to_string(), said);
    }
    Value::Object(all)
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
