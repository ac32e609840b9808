//! The journal's numbers follow one another without a gap, up to its counter.

use super::Report;
use crate::store::{StoreError, entity::journal as entity, journal};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

pub(super) async fn check(db: &impl ConnectionTrait, report: &mut Report) -> Result<(), StoreError> {
    use entity::Column as C;
    let mut last = 0;
    loop {
        let page: Vec<i64> = entity::Entity::find()
            .select_only()
            .column(C::Seq)
            .filter(C::Part.eq(0))
            .filter(C::Seq.gt(last))
            .order_by_asc(C::Seq)
            .limit(journal::PAGE_MAX)
            .into_tuple()
            .all(db)
            .await?;
        if page.is_empty() {
            break;
        }
        report.events += page.len() as u64;
        for seq in page {
            if seq != last + 1 {
                report.broken("journal_gap", format_args!("{} to {} are missing", last + 1, seq - 1));
            }
            last = seq;
        }
    }
    report.unequal("journal_counter_differs", &"last number", journal::last(db).await?, last);
    Ok(())
}
