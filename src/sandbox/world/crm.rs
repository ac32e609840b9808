//! The CRM: customers under the reference of whoever puts them, and a summary of each order.

use super::{Kind, RECORDS_MAX, Reply, World};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

impl World {
    pub(in crate::sandbox) fn put_customer(&self, id: &str, body: &[u8]) -> Reply {
        let Ok(customer) = serde_json::from_slice::<Value>(body) else { return Reply::refused(422, "not_json") };
        let customers = &mut self.lock().state.customers;
        if customers.len() >= RECORDS_MAX && !customers.contains_key(id) {
            return Reply::refused(422, "sandbox_full");
        }
        customers.insert(id.to_owned(), customer);
        Reply { status: 200, body: json!({ "id": id, "number": customer_number(id), "status": "active" }) }
    }

    pub(in crate::sandbox) fn customer(&self, id: &str) -> Reply {
        match self.lock().state.customers.get(id) {
            Some(customer) => Reply { status: 200, body: customer.clone() },
            None => Reply::refused(404, "unknown"),
        }
    }

    /// Takes an order's summary in; one about a customer nobody has put is refused.
    pub(in crate::sandbox) fn post_summary(&self, key: &str, body: &[u8]) -> Reply {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(id) = told.get("id").and_then(Value::as_str) else { return Reply::refused(422, "not_json") };
        if let Some(customer) = told.get("customer").and_then(Value::as_str)
            && !self.lock().state.customers.contains_key(customer)
        {
            return Reply::refused(422, "unknown_customer");
        }
        self.put(Kind::Summary, id, key, body)
    }
}

/// The same number for the same customer, in every sandbox.
fn customer_number(id: &str) -> String {
    let hash = Sha256::digest(id.as_bytes());
    format!("C-{}", hex::encode(&hash[..4]))
}
