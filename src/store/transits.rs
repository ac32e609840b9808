//! How long parcels took, by lane: each parcel is counted once, whatever its carrier repeats.

use super::{
    StoreError, Tx,
    bulk::{self, Conflict, Role},
    entity::{fulfilments, transit_lanes, transits},
};
use model::{
    codes::{Carrier, Service, Warehouse},
    facts::transit::{Transits, Way},
    ids::FulfilmentId,
    order::event::Parcel,
    time::Instant,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Rows of one carrier's list at most: lanes times different days.
pub const ROWS_MAX: u64 = 20_000;

/// Counts a parcel that arrived after `days` on its way; gives whether it was not counted before.
///
/// # Errors
/// The database is gone.
pub async fn count(
    tx: &Tx,
    parcel: &Parcel,
    fulfilment: FulfilmentId,
    way: &Way,
    days: i32,
    now: Instant,
) -> Result<bool, StoreError> {
    let once = transits::Model {
        carrier: parcel.carrier.as_str().to_owned(),
        number: parcel.number.clone(),
        fulfilment_id: fulfilment.uuid(),
        days,
        counted_at: now.0,
    };
    if bulk::insert::<transits::Entity>(tx, vec![once], Conflict::Keep).await? == 0 {
        return Ok(false);
    }
    let none = transit_lanes::Model {
        carrier: way.carrier.as_str().to_owned(),
        service: way.service.as_str().to_owned(),
        origin: way.origin.clone(),
        country: way.country.clone(),
        region: way.region.clone(),
        days,
        parcels: 0,
    };
    use transit_lanes::Column as C;
    let columns = [
        (C::Carrier, Role::Key),
        (C::Service, Role::Key),
        (C::Origin, Role::Key),
        (C::Country, Role::Key),
        (C::Region, Role::Key),
        (C::Days, Role::Key),
        (C::Parcels, Role::Add),
    ];
    let one = vec![
        none.carrier.as_str().into(),
        none.service.as_str().into(),
        none.origin.as_str().into(),
        none.country.as_str().into(),
        none.region.as_str().into(),
        days.into(),
        1_i64.into(),
    ];
    bulk::insert::<transit_lanes::Entity>(tx, vec![none], Conflict::Keep).await?;
    bulk::update::<transit_lanes::Entity>(tx, &columns, vec![one]).await?;
    Ok(true)
}

/// Every lane there is.
///
/// # Errors
/// The database is gone.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Transits, StoreError> {
    Ok(Transits::new(transit_lanes::Entity::find().all(conn).await?.into_iter().map(row)))
}

/// The lanes of one carrier in the order of their keys: way, days, parcels.
///
/// # Errors
/// The database is gone.
pub async fn of_carrier(conn: &impl ConnectionTrait, carrier: &Carrier) -> Result<Vec<(Way, i32, i64)>, StoreError> {
    use transit_lanes::Column as C;
    let mut query = transit_lanes::Entity::find().filter(C::Carrier.eq(carrier.as_str())).limit(ROWS_MAX);
    for column in [C::Service, C::Origin, C::Country, C::Region, C::Days] {
        query = query.order_by_asc(column);
    }
    Ok(query.all(conn).await?.into_iter().map(row).collect())
}

/// Which warehouse, carrier and service a fulfilment was planned with.
///
/// # Errors
/// The database is gone.
pub async fn plan(
    conn: &impl ConnectionTrait,
    fulfilment: FulfilmentId,
) -> Result<Option<(Warehouse, Carrier, Service)>, StoreError> {
    let row = fulfilments::Entity::find_by_id(fulfilment.uuid()).one(conn).await?;
    Ok(row.map(|row| (row.warehouse.into(), row.carrier.into(), row.service.into())))
}

fn row(row: transit_lanes::Model) -> (Way, i32, i64) {
    let (carrier, service) = (row.carrier.into(), row.service.into());
    let way = Way { carrier, service, origin: row.origin, country: row.country, region: row.region };
    (way, row.days, row.parcels)
}
