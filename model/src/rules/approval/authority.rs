//! The ladder of authority: roles from the lowest to the highest, each with the amount it may sign for.

use crate::{codes::Role, money::Money};
use std::fmt;

/// `[authority]` of the policy files, in the order of the file. The last role is unlimited.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Authority {
    pub(super) ladder: Vec<(Role, Limit)>,
}

/// What one role may sign for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Limit {
    Unlimited,
    /// At most one amount per currency; nothing in any other, because there are no rates here.
    UpTo(Vec<Money>),
}

impl Limit {
    pub fn covers(&self, total: Money) -> bool {
        match self {
            Self::Unlimited => true,
            Self::UpTo(amounts) => amounts.iter().any(|a| a.currency == total.currency && total.minor <= a.minor),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("unlimited"),
            Self::UpTo(amounts) => {
                let texts: Vec<String> = amounts.iter().map(Money::to_string).collect();
                f.write_str(&texts.join(", "))
            }
        }
    }
}

impl Authority {
    /// Roles and limits, the lowest first.
    pub fn ladder(&self) -> &[(Role, Limit)] {
        &self.ladder
    }

    /// The rung of a role, from zero at the foot.
    pub fn rung(&self, role: &Role) -> Option<usize> {
        self.ladder.iter().position(|(known, _)| known == role)
    }

    pub fn limit(&self, role: &Role) -> Option<&Limit> {
        self.ladder.iter().find(|(known, _)| known == role).map(|(_, limit)| limit)
    }

    /// May `role` sign for `total`? A role that is not on the ladder may not.
    pub fn covers(&self, role: &Role, total: Money) -> bool {
        self.limit(role).is_some_and(|limit| limit.covers(total))
    }

    /// Who signs where `role` is asked to: itself, or the next role up that may sign for `total`. With its rung.
    /// `None`: the role is not on the ladder.
    pub fn signer(&self, role: &Role, total: Money) -> Option<(usize, &Role)> {
        let from = self.rung(role)?;
        let up = self.ladder.iter().enumerate().skip(from);
        up.filter(|(_, (_, limit))| limit.covers(total)).map(|(rung, (role, _))| (rung, role)).next()
    }
}
