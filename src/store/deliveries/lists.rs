//! Deliveries as people look at them.

use super::DeliveryState;
use crate::store::{
    StoreError,
    entity::deliveries,
    rows::{self, Place},
};
use model::{
    codes::Connector,
    ids::{DeliveryId, OrderId},
    message::MessageKind,
    time::Instant,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

/// Rows of a list at most: a page, and one more that says whether there is a next one.
pub const PAGE_MAX: u64 = 201;

/// Which deliveries to list, newest first.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    pub connector: Option<Connector>,
    pub state: Option<DeliveryState>,
    /// Only those of this order.
    pub order: Option<OrderId>,
    /// Only those older than this one of the page before.
    pub before: Option<(Instant, DeliveryId)>,
    /// At most [`PAGE_MAX`].
    pub limit: u64,
}

/// A delivery as a list shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliverySummary {
    pub id: DeliveryId,
    pub connector: Connector,
    pub order: OrderId,
    pub stream: uuid::Uuid,
    pub number: u32,
    pub kind: MessageKind,
    pub state: DeliveryState,
    pub attempts: u32,
    pub error: String,
    pub next_at: Instant,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// How many deliveries of a connector stand how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryCount {
    pub connector: Connector,
    pub state: DeliveryState,
    pub count: i64,
}

/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn list(conn: &impl ConnectionTrait, filter: &DeliveryFilter) -> Result<Vec<DeliverySummary>, StoreError> {
    use deliveries::Column as C;
    let mut query =
        deliveries::Entity::find().order_by_desc(C::CreatedAt).order_by_desc(C::Id).limit(filter.limit.min(PAGE_MAX));
    if let Some(connector) = &filter.connector {
        query = query.filter(C::Connector.eq(connector.as_str()));
    }
    if let Some(state) = filter.state {
        query = query.filter(C::State.eq(rows::name(&state)?));
        if state != DeliveryState::Done {
            // As written in the partial index: all others are few.
            query = query.filter(Expr::cust("state <> 'done'"));
        }
    }
    if let Some(order) = filter.order {
        query = query.filter(C::OrderId.eq(order.uuid()));
    }
    if let Some((at, id)) = filter.before {
        let same = Condition::all().add(C::CreatedAt.eq(at.0)).add(C::Id.lt(id.uuid()));
        let older = Condition::any().add(C::CreatedAt.lt(at.0)).add(same);
        // The first half lets the index begin in the right place.
        query = query.filter(C::CreatedAt.lte(at.0)).filter(older);
    }
    query.all(conn).await?.into_iter().map(summary).collect()
}

/// # Errors
/// The row makes no sense, or the database is gone.
pub async fn by_id(conn: &impl ConnectionTrait, id: DeliveryId) -> Result<Option<DeliverySummary>, StoreError> {
    deliveries::Entity::find_by_id(id.uuid()).one(conn).await?.map(summary).transpose()
}

/// Quarantined deliveries of a connector, the oldest first; `error`: only those that failed with this code.
///
/// # Errors
/// The database is gone.
pub async fn quarantined(
    conn: &impl ConnectionTrait,
    connector: &Connector,
    error: Option<&str>,
    limit: u64,
) -> Result<Vec<DeliveryId>, StoreError> {
    use deliveries::Column as C;
    let mut query = deliveries::Entity::find().select_only().column(C::Id).filter(C::Connector.eq(connector.as_str()));
    if let Some(error) = error {
        query = query.filter(C::Error.eq(error));
    }
    // As written in the partial index.
    query = query.filter(Expr::cust("state = 'quarantined'")).order_by_asc(C::CreatedAt).order_by_asc(C::Id);
    let found: Vec<uuid::Uuid> = query.limit(limit).into_tuple().all(conn).await?;
    Ok(found.into_iter().map(DeliveryId::from_uuid).collect())
}

/// What partners were and will be told of an order, in the order it was said.
///
/// # Errors
/// A row makes no sense, or the database is gone.
pub async fn of_order(conn: &impl ConnectionTrait, order: OrderId) -> Result<Vec<DeliverySummary>, StoreError> {
    use deliveries::Column as C;
    let rows = deliveries::Entity::find()
        .filter(C::OrderId.eq(order.uuid()))
        .order_by_asc(C::CreatedAt)
        .order_by_asc(C::Number)
        .limit(PAGE_MAX)
        .all(conn)
        .await?;
    rows.into_iter().map(summary).collect()
}

/// How many deliveries of each connector wait, and how many are quarantined. Those that are over are not counted:
/// there are ever more of them.
///
/// # Errors
/// The database is gone.
pub async fn counts(conn: &impl ConnectionTrait) -> Result<Vec<DeliveryCount>, StoreError> {
    use deliveries::Column as C;
    let mut counts = Vec::new();
    // As written in the partial indexes; a bound value would not match them.
    let open = [
        (DeliveryState::Waiting, Expr::cust("state = 'waiting'")),
        (DeliveryState::Quarantined, Expr::cust("state = 'quarantined'")),
    ];
    for (state, standing) in open {
        let rows: Vec<(String, i64)> = deliveries::Entity::find()
            .select_only()
            .column(C::Connector)
            .column_as(C::Id.count(), "count")
            .filter(standing)
            .group_by(C::Connector)
            .order_by_asc(C::Connector)
            .into_tuple()
            .all(conn)
            .await?;
        let count =
            |(connector, count): (String, i64)| DeliveryCount { connector: Connector::from(connector), state, count };
        counts.extend(rows.into_iter().map(count));
    }
    Ok(counts)
}

/// When the oldest delivery that waits was written, of each connector that has one.
///
/// # Errors
/// The database is gone.
pub async fn oldest(conn: &impl ConnectionTrait) -> Result<Vec<(Connector, Instant)>, StoreError> {
    use deliveries::Column as C;
    let rows: Vec<(String, i64)> = deliveries::Entity::find()
        .select_only()
        .column(C::Connector)
        .column_as(C::CreatedAt.min(), "oldest")
        .filter(Expr::cust("state = 'waiting'"))
        .group_by(C::Connector)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|(connector, oldest)| (Connector::from(connector), Instant(oldest))).collect())
}

fn summary(row: deliveries::Model) -> Result<DeliverySummary, StoreError> {
    let place = |column| Place::new("deliveries", column, &row.id);
    Ok(DeliverySummary {
        id: DeliveryId::from_uuid(row.id),
        number: place("number").count(row.number)?,
        attempts: place("attempts").count(row.attempts)?,
        kind: MessageKind::named(&row.kind).ok_or_else(|| place("kind").inconsistent())?,
        state: place("state").named(&row.state)?,
        connector: Connector::new(&row.connector),
        order: OrderId::from_uuid(row.order_id),
        stream: row.stream,
        error: row.error,
        next_at: Instant(row.next_at),
        created_at: Instant(row.created_at),
        updated_at: Instant(row.updated_at),
    })
}
