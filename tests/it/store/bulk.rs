//! Many rows in one statement, whatever is in them.

use super::world::{NOW, on_each_database};
use sea_orm::{EntityTrait, PaginatorTrait};
use tributary::store::{
    bulk::{self, Conflict, Lock, Role},
    entity::{said, stock_ledger},
};

fn row(i: i64, version: Option<i64>) -> said::Model {
    said::Model {
        channel: "web".into(),
        external_id: format!("{i}"),
        order_id: uuid::Uuid::from_u128(i as u128),
        source_version: version,
        arrival: 9_007_199_254_740_993,
        mapping_version: -1,
        document_id: uuid::Uuid::nil(),
        content: "{\"名\":\"'; DROP TABLE said; --\"}".into(),
    }
}

#[tokio::test]
async fn rows_come_back_as_they_were_with_and_without_null() {
    on_each_database(async |world| {
        let rows: Vec<_> = (0..333).map(|i| row(i, (i % 3 == 0).then_some(i64::MIN + i))).collect();
        let tx = world.begin().await;
        let count = bulk::insert::<said::Entity>(&tx, rows.clone(), Conflict::Refuse).await.expect("inserted");
        tx.commit().await.expect("committed");
        assert_eq!(count, 333);
        let db = world.store.read();
        let keys = (0..400).map(|i: i64| vec!["web".into(), format!("{i}").into()]).collect();
        let columns = [said::Column::Channel, said::Column::ExternalId];
        let mut found = bulk::find::<said::Entity>(db, &columns, keys, Lock::No).await.expect("found");
        found.sort_by_key(|row| row.order_id);
        assert_eq!(found, rows);
    })
    .await;
}

#[tokio::test]
async fn an_insert_refuses_keeps_or_replaces_what_is_there() {
    on_each_database(async |world| {
        let tx = world.begin().await;
        bulk::insert::<said::Entity>(&tx, vec![row(1, Some(1))], Conflict::Refuse).await.expect("inserted");
        let both = || vec![row(1, Some(2)), row(2, None)];
        assert_eq!(bulk::insert::<said::Entity>(&tx, both(), Conflict::Keep).await.expect("kept"), 1);
        let all = said::Entity::find().all(&tx).await.expect("found");
        assert_eq!(all, [row(1, Some(1)), row(2, None)]);
        assert_eq!(bulk::insert::<said::Entity>(&tx, both(), Conflict::Replace).await.expect("replaced"), 2);
        let all = said::Entity::find().all(&tx).await.expect("found");
        assert_eq!(all.iter().find(|r| r.external_id == "1"), Some(&row(1, Some(2))));
        let refused = bulk::insert::<said::Entity>(&tx, both(), Conflict::Refuse).await.expect_err("refused");
        assert!(refused.is_duplicate(), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn updates_set_and_add_only_where_every_key_fits() {
    on_each_database(async |world| {
        use said::Column as C;
        let tx = world.begin().await;
        bulk::insert::<said::Entity>(&tx, vec![row(1, Some(1)), row(2, None)], Conflict::Refuse)
            .await
            .expect("inserted");
        let columns = [
            (C::ExternalId, Role::Key),
            (C::MappingVersion, Role::Key),
            (C::MappingVersion, Role::Add),
            (C::SourceVersion, Role::Set),
        ];
        let rows = vec![
            vec!["1".into(), (-1).into(), 5.into(), None::<i64>.into()],
            vec!["2".into(), 7.into(), 5.into(), Some(3_i64).into()],
        ];
        assert_eq!(bulk::update::<said::Entity>(&tx, &columns, rows).await.expect("updated"), 1);
        let all = said::Entity::find().all(&tx).await.expect("found");
        let changed = said::Model { mapping_version: 4, ..row(1, None) };
        assert!(all.contains(&changed) && all.contains(&row(2, None)), "{all:?}");
        let keys = vec![vec!["web".into(), "1".into()], vec!["web".into(), "3".into()]];
        assert_eq!(bulk::delete::<said::Entity>(&tx, &[C::Channel, C::ExternalId], keys).await.expect("deleted"), 1);
        assert_eq!(said::Entity::find().count(&tx).await.expect("counted"), 1);
    })
    .await;
}

#[tokio::test]
async fn generated_ids_are_left_to_the_database() {
    on_each_database(async |world| {
        let entry = |n: i64| stock_ledger::Model {
            id: 0,
            sku: "L1".into(),
            warehouse: "SH".into(),
            at: NOW.0,
            kind: "count".into(),
            on_hand_change: n,
            reserved_change: 0,
            shortage_change: 0,
            order_id: None,
            fulfilment_id: Some(uuid::Uuid::max()),
            cause: String::new(),
        };
        let tx = world.begin().await;
        bulk::insert::<stock_ledger::Entity>(&tx, (0..100).map(entry).collect(), Conflict::Refuse).await.expect("in");
        let all = stock_ledger::Entity::find().all(&tx).await.expect("found");
        assert_eq!(all.iter().map(|row| row.on_hand_change).sum::<i64>(), 4950);
        assert!(all.iter().all(|row| row.id > 0 && row.order_id.is_none()));
    })
    .await;
}

/// 19.99, 0.1 + 0.2 and 2^53 + 1 as prices, quantities and amounts: whole numbers all the way.
#[tokio::test]
async fn amounts_are_never_rounded() {
    use model::{facts::Price, measure::Quantity, money::Currency, money::UnitPrice};
    on_each_database(async |world| {
        let price = |sku: &str, text: &str| Price {
            sku: sku.into(),
            unit: "pcs".into(),
            currency: Currency::CNY,
            // One of them is a contract's, which has a table of its own.
            customer: if sku == "C" { "K1" } else { "" }.into(),
            group: "".into(),
            channel: "".into(),
            min_quantity: Quantity::parse("0.3").expect("a quantity"),
            unit_price: UnitPrice::parse(text).expect("a price"),
            valid_from: chrono::NaiveDate::from_ymd_opt(2026, 2, 28),
            valid_to: None,
        };
        let sum = Quantity::parse("0.1").expect("a tenth").plus(Quantity::parse("0.2").expect("two"));
        assert_eq!(sum.decimal(), "0.3");
        let prices = [price("A", "19.99"), price("B", "0.3"), price("C", "9007199254.740993")];
        assert_eq!(prices[2].unit_price.0, (1 << 53) + 1);
        let tx = world.begin().await;
        tributary::store::master::put_prices(&tx, &prices).await.expect("stored");
        tx.commit().await.expect("committed");
        let skus = ["A".into(), "B".into(), "C".into()];
        let found = tributary::store::master::prices(world.store.read(), &skus).await.expect("read");
        for price in prices {
            assert_eq!(*found[&price.sku], vec![price]);
        }
    })
    .await;
}
