//! Rows about promotions.

use super::{Read, Written, known_skus, row::Row, table::Table, unknown_sku, write};
use crate::{app::Core, store::master};
use model::{
    codes::Code,
    facts::{Benefit, Promotion},
    money::Currency,
};

/// Characters of a promotion's name, and of a list of codes.
const NAME_MAX: usize = 200;
const LIST_MAX: usize = 4_000;
/// Units bought or free in one set.
const SET_MAX: i64 = 10_000;
/// One whole in parts per million.
const WHOLE_PPM: i64 = 1_000_000;
/// Parts per million of one millionth of a percent, the scale percents are read in.
const READ_SCALE: i64 = 100;

pub(super) async fn import(core: &Core, table: Table) -> Written {
    let mut read: Read<Promotion> = table.read(promotion);
    let known = known_skus(core, read.good.iter().flat_map(|(_, p)| &p.skus)).await?;
    read.check(|row, p| {
        let mut unknown = p.skus.iter().find_map(|sku| unknown_sku(&known, row, sku))?;
        "skus".clone_into(&mut unknown.column);
        Some(unknown)
    });
    let written = write(core, read.good, async |tx, some| master::put_promotions(tx, some).await).await?;
    Ok((written, read.faults))
}

fn promotion(row: &mut Row<'_>) -> Promotion {
    let (valid_from, valid_to) = (row.date("valid_from"), row.date("valid_to"));
    if valid_from.zip(valid_to).is_some_and(|(from, to)| from > to) {
        row.wrong("out_of_range", "valid_to");
    }
    let currency = row.currency("currency");
    let min_amount = row.money("min_amount", currency.unwrap_or(Currency::CNY));
    let benefit = benefit(row, currency.unwrap_or(Currency::CNY));
    if min_amount != 0 || matches!(benefit, Benefit::Amount(_)) {
        row.needs("currency");
    }
    Promotion {
        code: row.code::<()>("code").to_string(),
        name: row.text("name", NAME_MAX),
        benefit,
        currency,
        skus: codes(row, "skus"),
        category: row.text("category", 100),
        channels: codes(row, "channels"),
        groups: codes(row, "customer_groups"),
        valid_from,
        valid_to,
        min_amount,
        min_quantity: row.quantity("min_quantity").unwrap_or_default(),
        stackable: row.yes("stackable"),
        priority: row.small("priority", -1_000..=1_000, 0),
    }
}

/// A percentage (`12.5`), an amount of the row's currency, or how many are bought and how many are free.
fn benefit(row: &mut Row<'_>, currency: Currency) -> Benefit {
    match row.text("kind", 20).as_str() {
        "percent" | "折扣" => {
            row.needs("value");
            let ppm = row.quantity("value").map_or(0, |percent| percent.0 / READ_SCALE);
            if ppm > WHOLE_PPM {
                row.wrong("out_of_range", "value");
            }
            Benefit::Percent(ppm)
        }
        "amount" | "满减" => {
            row.needs("value");
            Benefit::Amount(row.money("value", currency))
        }
        "buy_n_get_m" | "买赠" => {
            row.needs("buy");
            row.needs("get");
            Benefit::BuyGet { buy: row.whole("buy", 1..=SET_MAX, 1), get: row.whole("get", 1..=SET_MAX, 1) }
        }
        _ => {
            row.wrong("not_in_table", "kind");
            Benefit::Percent(0)
        }
    }
}

/// Codes joined by `;`.
fn codes<K>(row: &mut Row<'_>, column: &str) -> Vec<Code<K>> {
    let text = row.text(column, LIST_MAX);
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(Code::new).collect()
}
