//! What the demo shows, inside the binary: documents as they arrive, and the demo company's master data.

use anyhow::{Result, anyhow};
use include_dir::{Dir, include_dir};

/// The demo company's configuration.
pub(super) const CONFIG: &str = include_str!("../../config/demo.toml");

static DEMO: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/demo");
static MASTER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/master");
static SHOPIFY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/shopify");

/// A document of the demo's own.
pub(super) fn demo(name: &str) -> Result<Vec<u8>> {
    in_dir(&DEMO, name)
}

/// A master data table, e.g. `products.csv`.
pub(super) fn master(name: &str) -> Result<Vec<u8>> {
    in_dir(&MASTER, name)
}

/// A Shopify body among the fixtures, e.g. `orders_create.json`.
pub(super) fn shopify(name: &str) -> Result<Vec<u8>> {
    in_dir(&SHOPIFY, name)
}

fn in_dir(dir: &Dir<'_>, name: &str) -> Result<Vec<u8>> {
    let file = dir.get_file(name).ok_or_else(|| anyhow!("this program was built without {name}"))?;
    Ok(file.contents().to_vec())
}
