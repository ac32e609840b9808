//! Quantities, units and sizes.

use crate::{codes::Unit, money::MoneyError};
use serde::{Deserialize, Serialize};

/// A quantity scaled by 10^6: `2500000` is 2.5 of its unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Quantity(pub i64);

impl Quantity {
    pub const ZERO: Self = Self(0);

    /// `count` whole units.
    pub const fn whole(count: i64) -> Self {
        Self(count * crate::money::MICRO)
    }

    /// Reads decimal text exactly, at most six decimals.
    ///
    /// # Errors
    /// Text that is no decimal number, or has more than six non-zero decimals.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        crate::money::scaled_by_micro(text).map(Self)
    }

    pub fn decimal(self) -> String {
        crate::money::decimal_of_micro(self.0)
    }

    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, never below zero.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Self::plus)
    }
}

/// How many base units one `unit` is, as a fraction: a box of 12 pieces is 12/1.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnitFactor {
    pub unit: Unit,
    pub num: i64,
    pub den: i64,
}

impl UnitFactor {
    /// `quantity` of this unit in base units; `None` when it does not come out exactly (a third of a box of ten).
    pub fn to_base(&self, quantity: Quantity) -> Option<Quantity> {
        let scaled = i128::from(quantity.0) * i128::from(self.num);
        let den = i128::from(self.den.max(1));
        (scaled % den == 0).then(|| i64::try_from(scaled / den).ok().map(Quantity)).flatten()
    }
}

/// Length, width and height of one base unit as packed, millimetres; zero when unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub struct Size {
    pub length_mm: i64,
    pub width_mm: i64,
    pub height_mm: i64,
}

impl Size {
    /// Cubic centimetres, rounded up; saturates.
    pub fn volume_cm3(self) -> i64 {
        let area = i128::from(self.length_mm) * i128::from(self.width_mm);
        let cubic_mm = area.saturating_mul(i128::from(self.height_mm));
        i64::try_from(cubic_mm.saturating_add(999) / 1000).unwrap_or(i64::MAX)
    }
}
