//! Master data: tables in, with a report of every bad row; lists and single things out, in the shape they came in.

mod read;

use super::{
    api::{Api, Says},
    body::{self, Limits},
    claim::Caller,
    problem::{self, Problem},
    rooms::Class,
};
use crate::{
    app::App,
    auth::Permission,
    master::{Format, Imported, Kind, RowFault, import},
    words::Language,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, Payload},
};
use serde_json::{Value, json, value::RawValue};
use std::collections::BTreeMap;

/// Bytes of one table.
const TABLE_MAX: usize = 32 * 1024 * 1024;

pub(super) fn routes(api: &mut Api) {
    let writes = |name, summary| {
        let says = Says::keyed(name, summary, Permission::WriteMasterData).gives(200, "ImportReport");
        says.gives(422, "ImportReport").fails(404, &["no_such_table"]).fails(415, &["unsupported_media_type"])
    };
    let reads = |name, summary| Says::keyed(name, summary, Permission::ReadFeed).fails(404, &["no_such_table"]);
    let says = reads("listMasterData", "One table, page by page")
        .class(Class::Lists)
        .query::<read::Wanted>()
        .gives(200, "MasterPage");
    api.get("/v1/master/{kind}", read::list, says.fails(400, &["invalid_cursor"]));
    let rows = "Rows of a table; those with the same key are replaced";
    api.post(
        "/v1/master/{kind}",
        table,
        writes("importMasterData", rows).table(TABLES, "MasterRows").class(Class::Uploads),
    );
    api.put(
        "/v1/master/{kind}",
        table,
        writes("putMasterData", rows).table(TABLES, "MasterRows").class(Class::Uploads),
    );
    let says =
        reads("getMasterData", "One row").gives(200, "MasterEntryShown").fails(404, &["no_such_entry", "not_found"]);
    api.get("/v1/master/{kind}/{key}", read::one, says);
    let says = writes("putMasterDatum", "One row").takes("MasterEntry").fails(400, &["invalid_value"]);
    api.put("/v1/master/{kind}/{key}", put_one, says.fails(404, &["not_found"]));
}

/// How a table may be written.
const TABLES: &[&str] = &["text/csv", "application/json", XLSX];
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn kind(name: &str) -> Result<Kind, Problem> {
    Kind::named(name).ok_or_else(|| Problem::not_found("no_such_table").with("table", name))
}

/// The kinds that have single things with a key of one part.
fn keyed(name: &str) -> Result<Kind, Problem> {
    let kind = kind(name)?;
    match kind {
        Kind::Carriers | Kind::Customers | Kind::Products | Kind::Promotions | Kind::Warehouses => Ok(kind),
        Kind::Prices | Kind::RateCards | Kind::Stock => Err(Problem::not_found("not_found")),
    }
}

/// Counting stock is a right of its own.
const fn needed(kind: Kind) -> Permission {
    match kind {
        Kind::Stock => Permission::WriteStock,
        Kind::Carriers
        | Kind::Customers
        | Kind::Prices
        | Kind::Products
        | Kind::Promotions
        | Kind::RateCards
        | Kind::Warehouses => Permission::WriteMasterData,
    }
}

async fn table(
    app: Data<App>,
    caller: Caller,
    name: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let kind = kind(&name)?;
    caller.need(needed(kind))?;
    let format = format(&request)?;
    let limits = Limits { max: TABLE_MAX, seconds: app.core.config.server.upload_seconds };
    let bytes = body::read(&request, payload.into_inner(), limits).await?;
    take(&app, &caller, kind, format, &bytes, problem::language(&request)).await
}

fn format(request: &HttpRequest) -> Result<Format, Problem> {
    let media_type = body::media_type(request);
    match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/csv" => Ok(Format::Csv),
        "application/json" => Ok(Format::Json),
        XLSX => Ok(Format::Xlsx),
        _ => {
            let refused = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
            Err(refused.with("media_type", media_type))
        }
    }
}

async fn put_one(
    app: Data<App>,
    caller: Caller,
    path: Path<(String, String)>,
    request: HttpRequest,
    row: body::Json<BTreeMap<String, Box<RawValue>>>,
) -> Result<HttpResponse, Problem> {
    let (name, key) = path.into_inner();
    let kind = keyed(&name)?;
    caller.need(needed(kind))?;
    let column = kind.columns()[0].name;
    let invalid = || Problem::bad_request("invalid_value").with("field", column).at(format!("/{column}"));
    // Values stay as they were written: a price never passes through a float.
    let mut row = row.0;
    let own = serde_json::value::to_raw_value(&key).map_err(|_| invalid())?;
    if row.insert(column.to_owned(), own).is_some_and(|given| serde_json::from_str(given.get()).ok() != Some(key)) {
        return Err(invalid());
    }
    let bytes = serde_json::to_vec(&[row]).map_err(|_| invalid())?;
    take(&app, &caller, kind, Format::Json, &bytes, problem::language(&request)).await
}

/// Imports and reports: 422 when nothing of it was good.
async fn take(
    app: &App,
    caller: &Caller,
    kind: Kind,
    format: Format,
    bytes: &[u8],
    language: Language,
) -> Result<HttpResponse, Problem> {
    let imported = import(&app.core, kind, format, bytes, &caller.0.actor()).await?;
    let nothing_good = imported.written == 0 && !imported.faults.is_empty();
    let status = if nothing_good { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(report(&imported, language)))
}

fn report(imported: &Imported, language: Language) -> Value {
    json!({
        "rows": imported.rows,
        "written": imported.written,
        "faults": imported.faults.iter().map(|fault| one_fault(fault, language)).collect::<Vec<_>>(),
        "more_faults": imported.more_faults,
    })
}

fn one_fault(fault: &RowFault, language: Language) -> Value {
    let words = language.say(&fault.code, &fault.words());
    json!({
        "row": fault.row,
        "column": fault.column,
        "code": fault.code,
        "was": fault.was,
        "title": words.title,
        "detail": words.detail,
        "remedy": words.remedy,
    })
}
