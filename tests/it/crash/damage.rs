//! Damage done to a sound database, to see that it is found.

use sea_orm::ConnectionTrait;
use tributary::{
    store::{Lane, Store},
    verify::{Violation, examine},
};

/// A statement that does damage, and a code by which it is found.
pub(super) const ALL: [(&str, &str); 18] = [
    (
        "DELETE FROM document_keys WHERE document_id = (SELECT id FROM documents ORDER BY id LIMIT 1)",
        "document_key_missing",
    ),
    (
        "DELETE FROM document_bytes WHERE document_id = (SELECT id FROM documents ORDER BY id LIMIT 1)",
        "document_size_differs",
    ),
    ("UPDATE documents SET sha256 = (SELECT sha256 FROM documents ORDER BY id DESC LIMIT 1)", "document_hash_differs"),
    ("UPDATE document_bytes SET codec = 'magic'", "document_bytes_unreadable"),
    ("DELETE FROM journal WHERE seq = 3", "journal_gap"),
    ("UPDATE journal_counter SET last = last + 1", "journal_counter_differs"),
    ("DELETE FROM orders WHERE id = (SELECT id FROM orders ORDER BY id LIMIT 1)", "events_without_order"),
    ("UPDATE orders SET status = 'delivered'", "order_status_differs"),
    ("DELETE FROM order_keys WHERE external_id = '1'", "order_key_missing"),
    ("UPDATE order_lines SET ordered = ordered + 1, open = open + 1", "order_differs_from_history"),
    ("DELETE FROM order_lines", "order_unreadable"),
    ("UPDATE stock SET on_hand = on_hand + 1", "stock_on_hand_unexplained"),
    ("DELETE FROM stock WHERE sku = 'LT-PN-0002'", "ledger_without_level"),
    ("DELETE FROM stock_ledger WHERE kind = 'reserve'", "stock_reserved_unexplained"),
    ("DELETE FROM reservations WHERE sku = 'LT-TL-0001'", "reservations_differ"),
    ("UPDATE fulfilments SET state = 'cancelled'", "fulfilments_differ"),
    ("UPDATE deliveries SET number = number + 7", "delivery_gap"),
    ("UPDATE deliveries SET kind = 'order_cancelled'", "delivery_without_event"),
];

/// What is found after `damage`, which is then undone.
pub(super) async fn found(store: &Store, damage: &str) -> Vec<Violation> {
    let tx = store.begin(Lane::Work).await.expect("begins");
    let done = tx.execute_unprepared(damage).await.expect("does damage");
    assert!(done.rows_affected() > 0, "{damage}");
    let report = examine(&tx).await.expect("examines");
    tx.rollback().await.expect("is undone");
    report.violations
}
