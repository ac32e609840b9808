//! The settings of priority: points for each part, and the ends of the scale.

use crate::money::Money;
use serde::Deserialize;

/// The settings of this rule, `[priority]` of the policy files.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriorityPolicy {
    pub tier: TierPoints,
    pub kind: KindPoints,
    /// By what the order comes to; the highest band reached counts. Bands of other currencies do not apply.
    pub value: Vec<ValueBand>,
    /// By the days until the wished date; the nearest band counts.
    pub wished: Vec<WishedBand>,
    pub waiting: WaitingPoints,
    pub payment: PaymentPoints,
    /// No score is below `least` or above `most`.
    pub least: i32,
    pub most: i32,
}

impl Default for PriorityPolicy {
    fn default() -> Self {
        Self {
            tier: TierPoints::default(),
            kind: KindPoints::default(),
            value: vec![],
            wished: vec![
                WishedBand { within_days: 1, points: 200 },
                WishedBand { within_days: 3, points: 100 },
                WishedBand { within_days: 7, points: 50 },
            ],
            waiting: WaitingPoints::default(),
            payment: PaymentPoints::default(),
            least: 0,
            most: 1000,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TierPoints {
    pub regular: i32,
    pub key: i32,
    pub strategic: i32,
}

impl Default for TierPoints {
    fn default() -> Self {
        Self { regular: 0, key: 100, strategic: 200 }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KindPoints {
    pub regular: i32,
    pub custom: i32,
    pub strategic: i32,
}

impl Default for KindPoints {
    fn default() -> Self {
        Self { regular: 0, custom: 0, strategic: 150 }
    }
}

/// Orders that come to `from` or more.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueBand {
    pub from: Money,
    pub points: i32,
}

/// Orders wished for in at most so many days.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WishedBand {
    pub within_days: i32,
    pub points: i32,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WaitingPoints {
    /// For each whole day since the order was placed.
    pub per_day: i32,
    pub most: i32,
}

impl Default for WaitingPoints {
    fn default() -> Self {
        Self { per_day: 10, most: 200 }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaymentPoints {
    pub paid: i32,
    /// Authorized, or part of it paid.
    pub partly: i32,
    /// Nothing is due before delivery.
    pub terms: i32,
}

impl Default for PaymentPoints {
    fn default() -> Self {
        Self { paid: 50, partly: 20, terms: 20 }
    }
}
