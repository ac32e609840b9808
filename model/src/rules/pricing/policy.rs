//! The settings of the price audit. Every amount names its currency and speaks only to orders in it.

use crate::{
    codes::{Channel, Group, Role},
    money::{Currency, Money},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One whole in parts per million.
pub(super) const PPM: i128 = 1_000_000;

/// The settings of this rule, `[pricing]` of the policy files.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PricingPolicy {
    pub line_tolerance: Tolerance,
    /// For all goods together, after every discount.
    pub order_tolerance: Tolerance,
    pub freight_tolerance: Tolerance,
    /// On top of one minor unit a line, by which platforms that round elsewhere may differ.
    pub tax_tolerance: Tolerance,
    /// What we charge for freight: the first rule that fits applies; without one, freight is not checked.
    pub freight: Vec<FreightRule>,
    pub tax: TaxPolicy,
    /// Least margin on the goods of an order, parts per million; 0 = never below cost, negative = a loss is allowed.
    pub min_margin_ppm: i32,
    /// A known product that the price book has no row for is a difference even when the document names a price.
    pub require_price: bool,
    /// Who must act on the hold.
    pub owner: Role,
    /// Hours until the hold is due; 0 = never.
    pub due_hours: u32,
}

impl Default for PricingPolicy {
    fn default() -> Self {
        Self {
            line_tolerance: Tolerance { ppm: 10_000, absolute: vec![] },
            order_tolerance: Tolerance { ppm: 5_000, absolute: vec![] },
            freight_tolerance: Tolerance::default(),
            tax_tolerance: Tolerance::default(),
            freight: vec![],
            tax: TaxPolicy::default(),
            min_margin_ppm: 0,
            require_price: true,
            owner: Role::new("sales_manager"),
            due_hours: 24,
        }
    }
}

/// How much may differ: the larger of a share of what is expected and an amount.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tolerance {
    /// Parts per million.
    pub ppm: u32,
    /// One amount for each currency; none for the others.
    pub absolute: Vec<Money>,
}

impl Tolerance {
    /// The amount for orders in `currency`, minor units.
    pub fn amount(&self, currency: Currency) -> Option<i64> {
        self.absolute.iter().find(|money| money.currency == currency).map(|money| money.minor)
    }

    /// May something be charged where `expected` is due? Minor units of `currency`.
    pub fn allows(&self, charged: i128, expected: i128, currency: Currency) -> bool {
        let share = expected.abs().saturating_mul(i128::from(self.ppm)) / PPM;
        charged.saturating_sub(expected).abs() <= share.max(self.amount(currency).unwrap_or(0).into())
    }
}

/// What we charge for freight, by destination and buyer.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreightRule {
    /// For the audit: which rule said so.
    pub name: String,
    /// ISO 3166-1 alpha-2; empty = every country.
    #[serde(default)]
    pub countries: Vec<String>,
    /// Beginnings of region names (`上海` is also `上海市`); empty = every region.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Price book group; empty = every group.
    #[serde(default)]
    pub group: Group,
    /// Net value of the goods from which freight is free, minor units; never when left out.
    #[serde(default)]
    pub free_from: Option<i64>,
    /// Minor units.
    pub amount: i64,
    pub currency: Currency,
}

/// Which tax we expect.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaxPolicy {
    /// Is tax checked at all, on channels that are not named below?
    pub checked: bool,
    pub channels: BTreeMap<Channel, bool>,
    pub rates: Vec<TaxRate>,
    /// Tax class of freight; empty = freight bears no tax.
    pub freight_class: String,
}

impl Default for TaxPolicy {
    fn default() -> Self {
        Self { checked: true, channels: BTreeMap::new(), rates: vec![], freight_class: String::new() }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxRate {
    /// Tax class of the product.
    pub class: String,
    /// Where the goods go, ISO 3166-1 alpha-2.
    pub country: String,
    pub ppm: u32,
}
