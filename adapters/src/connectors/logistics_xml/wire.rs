//! The booking service's XML, both ways. What people wrote is escaped by the writer, and characters that no XML can carry
//! are left out; an answer with a document type is not read.

use crate::connectors::rest::Record;
use base64::{Engine, engine::general_purpose::STANDARD};
use model::{
    party::Party,
    port::outbound::{FulfilmentView, Message},
};
use quick_xml::{
    Reader, Writer,
    events::{BytesDecl, BytesText, Event},
};
use std::io;

/// Elements inside each other in an answer.
const DEPTH_MAX: usize = 16;

type Xml = Writer<Vec<u8>>;

/// The request for a booking.
pub(super) fn request(message: &Message, fulfilment: &FulfilmentView) -> Option<Vec<u8>> {
    let order = &message.order;
    document("booking", |xml| {
        text(xml, "reference", &fulfilment.id)?;
        text(xml, "order", &order.number)?;
        text(xml, "warehouse", &fulfilment.warehouse)?;
        text(xml, "carrier", &fulfilment.carrier)?;
        text(xml, "service", &fulfilment.service)?;
        if let Some(party) = order.ship_to.as_ref().or(order.buyer.as_ref()) {
            xml.create_element("consignee").write_inner_content(|xml| consignee(xml, party))?;
        }
        xml.create_element("items").write_inner_content(|xml| items(xml, message, fulfilment))?;
        Ok(())
    })
}

/// The request to cancel one.
pub(super) fn cancellation(reference: &str) -> Option<Vec<u8>> {
    document("cancellation", |xml| text(xml, "reference", reference))
}

fn document(root: &str, content: impl FnOnce(&mut Xml) -> io::Result<()>) -> Option<Vec<u8>> {
    let mut xml = Writer::new(Vec::new());
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None))).ok()?;
    xml.create_element(root).write_inner_content(content).ok()?;
    Some(xml.into_inner())
}

fn text(xml: &mut Xml, name: &str, value: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&sayable(value)))?;
    Ok(())
}

/// Without the characters that XML 1.0 cannot carry, escaped or not.
fn sayable(value: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    value.chars().filter(allowed).collect()
}

fn consignee(xml: &mut Xml, party: &Party) -> io::Result<()> {
    text(xml, "name", &party.name)?;
    text(xml, "company", &party.company)?;
    for phone in &party.phones {
        text(xml, "phone", phone)?;
    }
    for email in &party.emails {
        text(xml, "email", email)?;
    }
    if let Some(address) = &party.address {
        xml.create_element("address").write_inner_content(|xml| {
            text(xml, "country", &address.country)?;
            text(xml, "region", &address.region)?;
            text(xml, "city", &address.city)?;
            text(xml, "district", &address.district)?;
            text(xml, "street", &address.street)?;
            text(xml, "postcode", &address.postcode)
        })?;
    }
    text(xml, "note", &party.note)
}

fn items(xml: &mut Xml, message: &Message, fulfilment: &FulfilmentView) -> io::Result<()> {
    for (number, quantity) in &fulfilment.lines {
        let line = message.order.lines.iter().find(|line| line.line == *number);
        xml.create_element("item").write_inner_content(|xml| {
            text(xml, "line", &number.to_string())?;
            text(xml, "sku", line.map_or("", |line| &line.sku))?;
            text(xml, "title", line.map_or("", |line| &line.title))?;
            text(xml, "quantity", quantity)?;
            text(xml, "unit", line.map_or("", |line| &line.unit))
        })?;
    }
    Ok(())
}

/// What the service says of a booking.
#[derive(Debug, Default)]
pub(super) struct Booking {
    pub(super) record: Record,
    pub(super) tracking: String,
    /// Media type and bytes, when the label came with it.
    pub(super) label: Option<(String, Vec<u8>)>,
}

impl Booking {
    /// `None` for anything but a whole `<booking>`.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut booking = Self::default();
        for (path, value) in elements(std::str::from_utf8(body).ok()?)? {
            match path.strip_prefix("booking")? {
                "/reference" => booking.record.id = Some(value),
                "/number" => booking.record.number = value,
                "/status" => booking.record.status = value,
                "/tracking" => booking.tracking = value,
                "/label" if !value.is_empty() => {
                    let bare: String = value.split_ascii_whitespace().collect();
                    booking.label = Some((String::new(), STANDARD.decode(bare).ok()?));
                }
                _ => {}
            }
        }
        Some(booking)
    }
}

/// A path, and the text at it.
type Element = (String, String);

/// Every element of a document by its path, with its text; `None` when it is not well-formed, has a document type or uses
/// entities of its own.
fn elements(source: &str) -> Option<Vec<Element>> {
    let mut reader = Reader::from_str(source);
    let mut open: Vec<Element> = Vec::new();
    let mut found: Vec<Element> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() == DEPTH_MAX || (open.is_empty() && !found.is_empty()) {
                    return None;
                }
                let name = start.local_name();
                let name = AsRef::<str>::as_ref(&name);
                let path = open.last().map_or_else(|| name.to_owned(), |(above, _)| format!("{above}/{name}"));
                open.push((path, String::new()));
            }
            Event::Empty(_) | Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::End(_) => {
                let (path, text) = open.pop()?;
                found.push((path, text.trim().to_owned()));
            }
            Event::Text(text) => match open.last_mut() {
                Some((_, value)) => value.push_str(&text.xml10_content()),
                None if text.trim().is_empty() => {}
                None => return None,
            },
            Event::CData(text) => open.last_mut()?.1.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let value = &mut open.last_mut()?.1;
                match reference.resolve_char_ref().ok()? {
                    Some(letter) => value.push(letter),
                    None => value.push_str(quick_xml::escape::resolve_predefined_entity(&reference.xml10_content())?),
                }
            }
            Event::DocType(_) => return None,
            Event::Eof => return (open.is_empty() && !found.is_empty()).then_some(found),
        }
    }
}
