//! The API describes itself, and can be read and tried in a browser.

use crate::demo::{calls::text, house::House};
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeSet;

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

pub(super) async fn play(house: &House) -> Result<()> {
    let story = &house.story;
    story.section("The API describes itself", "API 自我描述");
    let described = house.door.get("/openapi.json").await?.good()?;
    let paths = described["paths"].as_object().cloned().unwrap_or_default();
    let operations: Vec<&Value> =
        paths.values().flat_map(|path| METHODS.iter().filter_map(|method| path.get(method))).collect();
    let names: BTreeSet<&str> = operations.iter().map(|operation| text(&operation["operationId"])).collect();
    let version = text(&described["openapi"]);
    story.check(
        version.starts_with("3.1") && names.len() == operations.len() && !names.contains("") && !names.is_empty(),
        &format!("/openapi.json, OpenAPI {version}: {} operations, each with a name of its own.", operations.len()),
        &format!("/openapi.json，OpenAPI {version}：{} 个操作，各有自己的名称。", operations.len()),
    );
    let docs = house.door.get("/docs").await?;
    let page = house.door.get_bytes(&docs.location).await?;
    let page = String::from_utf8_lossy(&page);
    story.check(
        docs.location.starts_with("/docs/") && page.contains("<html") && !page.contains("https://"),
        &format!("/docs leads to {}: a page to try them on, that loads nothing from elsewhere.", docs.location),
        &format!("/docs 指向 {}：可在页面上试用，不加载任何外部内容。", docs.location),
    );
    Ok(())
}
