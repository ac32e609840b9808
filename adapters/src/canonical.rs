//! Orders in our own shape, as `POST /v1/orders` takes them: the mapping `canonical-order` reads them, and what it would
//! pass over in silence (a field nobody knows, a text where an object belongs) is a reject.

use crate::{
    decode,
    mapping::{ChannelDefaults, Mapping},
    node::{Node, Scalar},
};
use model::{
    port::inbound::{Document, Read, Summary},
    said::{Args, Location, Reject, WAS_MAX},
};
use std::ops::ControlFlow;

/// Name of the mapping, and its text.
pub const NAME: &str = "canonical-order";
pub const MAPPING: &str = include_str!("../../mappings/canonical-order.toml");

/// Unknown fields told of one document.
const SLIPS_MAX: usize = 100;

/// What a place in the document may hold.
enum Shape {
    /// A text, number or yes/no; the mapping says which.
    Value,
    Object(&'static [(&'static str, Shape)]),
    List(&'static Shape),
}

use Shape::{List, Object, Value};

const PARTY: Shape = Object(&[
    ("address", Value),
    ("city", Value),
    ("company", Value),
    ("country", Value),
    ("district", Value),
    ("email", Value),
    ("name", Value),
    ("note", Value),
    ("phone", Value),
    ("postcode", Value),
    ("region", Value),
    ("second_phone", Value),
    ("street", Value),
    ("tax_number", Value),
]);

const CHARGES: Shape = List(&Object(&[("amount", Value), ("label", Value)]));

const ITEM: Shape = Object(&[
    ("discount", Value),
    ("key", Value),
    ("quantity", Value),
    ("ships", Value),
    ("sku", Value),
    ("specification", List(&Object(&[("name", Value), ("unit", Value), ("value", Value)]))),
    ("tax", Value),
    ("title", Value),
    ("total", Value),
    ("unit", Value),
    ("unit_price", Value),
]);

const ORDER: Shape = Object(&[
    ("attributes", List(&Object(&[("name", Value), ("value", Value)]))),
    ("bill_to", PARTY),
    ("buyer", PARTY),
    ("charges", Object(&[("discount", CHARGES), ("other", CHARGES), ("shipping", CHARGES), ("tax", CHARGES)])),
    ("currency", Value),
    ("customer", Value),
    ("desk", Value),
    ("external_id", Value),
    ("items", List(&ITEM)),
    ("kind", Value),
    ("number", Value),
    ("payment", Object(&[("due", Value), ("label", Value), ("method", Value), ("state", Value)])),
    ("placed_at", Value),
    ("reference", Value),
    ("ship_to", PARTY),
    ("subtotal", Value),
    ("taxes_included", Value),
    ("total", Value),
    ("updated_at", Value),
    ("wished", Value),
]);

/// Reads a document of canonical orders with the mapping of that name. An order with a field nobody knows is rejected.
pub fn parse(
    doc: &Document<'_>,
    mapping: &Mapping,
    defaults: &ChannelDefaults,
    sink: &mut dyn FnMut(Read) -> ControlFlow<()>,
) -> Summary {
    let Ok(root) = decode::json(doc.bytes) else { return mapping.read_document(doc, defaults, sink) };
    let slips = slips(&root);
    let spoilt: Vec<String> = slips.iter().map(|(record, _)| format!("{record}/")).collect();
    for (_, reject) in slips {
        if sink(Read::Reject(reject)).is_break() {
            return Summary::default();
        }
    }
    let summary = mapping.read_tree(&root, doc.received_at, defaults, &mut |read| match &read {
        Read::Said(said) if said.lineage.get("external_id").is_some_and(|at| is_in(at, &spoilt)) => {
            ControlFlow::Continue(())
        }
        Read::Said(_) | Read::Reject(_) => sink(read),
    });
    Summary { encoding: "utf-8".to_owned(), ..summary }
}

fn is_in(pointer: &str, records: &[String]) -> bool {
    records.iter().any(|record| pointer.starts_with(record.as_str()))
}

/// Every slip with the pointer of its record.
fn slips(root: &Node<'_>) -> Vec<(String, Reject)> {
    let (base, node) = match root.get("orders") {
        Some(orders) => ("/orders", orders),
        None => ("", root),
    };
    let records: Vec<(String, &Node<'_>)> = match node {
        Node::List(list) => list.iter().enumerate().map(|(n, record)| (format!("{base}/{n}"), record)).collect(),
        Node::Map(_) | Node::Scalar(_) => vec![(base.to_owned(), node)],
    };
    let mut found = Vec::new();
    if let (Node::Map(entries), "/orders") = (root, base) {
        for (name, _) in entries.iter().filter(|(name, _)| name != "orders") {
            found.push((base.to_owned(), slip("unknown_field", &format!("/{name}"), name, "")));
        }
    }
    for (pointer, record) in records {
        // A record that is none is the mapping's to tell.
        if !matches!(record, Node::Map(_)) {
            continue;
        }
        let key = match record.get("external_id") {
            Some(Node::Scalar(Scalar::Text(text) | Scalar::Number(text))) => text.trim(),
            _ => "",
        };
        let mut here = Vec::new();
        compare(record, &ORDER, &pointer, "", &mut here);
        found.extend(here.into_iter().map(|reject| (pointer.clone(), Reject { order_key: key.to_owned(), ..reject })));
        if found.len() >= SLIPS_MAX {
            break;
        }
    }
    found.truncate(SLIPS_MAX);
    found
}

/// What of `node` is not of this shape.
fn compare(node: &Node<'_>, shape: &Shape, pointer: &str, field: &str, found: &mut Vec<Reject>) {
    if found.len() >= SLIPS_MAX || matches!(node, Node::Scalar(Scalar::Null)) {
        return;
    }
    match (shape, node) {
        // Values of the wrong kind are the converters' to tell.
        (Value, _) => {}
        (Object(known), Node::Map(entries)) => {
            for (name, below) in entries {
                let at = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                let field = if field.is_empty() { name.to_string() } else { format!("{field}.{name}") };
                match known.iter().find(|(known, _)| known == name) {
                    Some((_, shape)) => compare(below, shape, &at, &field, found),
                    None => found.push(slip("unknown_field", &at, &field, text(below))),
                }
            }
        }
        (List(shape), Node::List(list)) => {
            for (n, below) in list.iter().enumerate() {
                compare(below, shape, &format!("{pointer}/{n}"), field, found);
            }
        }
        // The mapping says so itself of the items.
        (List(_), _) if field == "items" => {}
        (List(_), _) => found.push(slip("not_a_list", pointer, field, text(node))),
        (Object(_), _) => found.push(slip("not_a_record", pointer, field, text(node))),
    }
}

fn text<'n>(node: &'n Node<'_>) -> &'n str {
    match node {
        Node::Scalar(Scalar::Text(text) | Scalar::Number(text)) => text,
        Node::Scalar(_) | Node::List(_) | Node::Map(_) => "",
    }
}

fn slip(code: &str, pointer: &str, field: &str, was: &str) -> Reject {
    Reject {
        order_key: String::new(),
        location: Location { pointer: Some(pointer.to_owned()), ..Location::default() },
        field: field.chars().take(WAS_MAX).collect(),
        code: code.to_owned(),
        was: was.chars().take(WAS_MAX).collect(),
        args: Args::new(),
    }
}
