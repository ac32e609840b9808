//! Every stream of every connector is numbered without a gap, and was told in that order.

use super::{Report, TOLD_MAX};
use crate::store::{StoreError, entity::deliveries};
use model::message::MessageKind;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;

pub(super) async fn check(db: &impl ConnectionTrait, report: &mut Report) -> Result<(), StoreError> {
    // What is to be bought is no order's.
    let buys = [MessageKind::ReorderProposed, MessageKind::ReplenishmentApproved].map(MessageKind::name);
    let of_orders = deliveries::Column::Kind.is_not_in(buys);
    let all = deliveries::Entity::find().filter(of_orders).count(db).await?;
    report.unequal("deliveries_without_order", &"deliveries", all, report.deliveries);
    gaps(db, report).await?;
    out_of_turn(db, report).await
}

/// Numbers of a stream are unique, so they have no gap when there are as many as the last one says.
async fn gaps(db: &impl ConnectionTrait, report: &mut Report) -> Result<(), StoreError> {
    use deliveries::Column as C;
    // Of what the index of streams has: the rows themselves are not read.
    let (count, first, last) = (|| C::Number.count(), || C::Number.min(), || C::Number.max());
    let broken = count().ne(Expr::expr(last())).or(first().ne(1));
    let found: Vec<(String, Uuid, i64, i32, i32)> = deliveries::Entity::find()
        .select_only()
        .columns([C::Connector, C::Stream])
        .column_as(count(), "count")
        .column_as(first(), "first")
        .column_as(last(), "last")
        .group_by(C::Connector)
        .group_by(C::Stream)
        .having(broken)
        .limit(TOLD_MAX as u64)
        .into_tuple()
        .all(db)
        .await?;
    for (connector, stream, count, first, last) in found {
        report.broken("delivery_gap", format_args!("{connector} {stream}: {count} from {first} to {last}"));
    }
    Ok(())
}

/// One that was done before an earlier one of its stream.
async fn out_of_turn(db: &impl ConnectionTrait, report: &mut Report) -> Result<(), StoreError> {
    use deliveries::Column as C;
    let later = Alias::new("later");
    let same = |c: C| Expr::col((later.clone(), c)).eq(Expr::col((deliveries::Entity, c)));
    let overtook = Query::select()
        .expr(Expr::value(1))
        .from_as(deliveries::Entity, later.clone())
        .and_where(same(C::Connector))
        .and_where(same(C::Stream))
        .and_where(Expr::col((later.clone(), C::Number)).gt(Expr::col((deliveries::Entity, C::Number))))
        .and_where(Expr::cust("later.state = 'done'"))
        .to_owned();
    let found = deliveries::Entity::find()
        .filter(Expr::cust("deliveries.state IN ('waiting', 'quarantined')"))
        .filter(Expr::exists(overtook))
        .limit(TOLD_MAX as u64)
        .all(db)
        .await?;
    for row in found {
        report.broken("delivery_overtaken", row.id);
    }
    Ok(())
}
