//! What an order would cost: the facts of a placed order, and nothing is written.

use super::facts;
use crate::{app::Core, store::StoreError};
use model::{
    codes::Channel,
    rules::pricing::{self, Quote, Unquotable},
    said::{Content, PartyRef},
};
use std::collections::BTreeSet;

/// Quotes `asked` on `channel`.
///
/// # Errors
/// The database is away. The inner error says what is not known or has no price.
pub async fn quote(
    core: &Core,
    channel: &Channel,
    asked: Content<PartyRef>,
) -> Result<Result<Quote, Unquotable>, StoreError> {
    let facts = facts::load(core, core.store.read(), &[&asked], BTreeSet::new(), std::iter::empty()).await?;
    Ok(pricing::quote(channel, asked, &facts))
}
