//! The carrier's booking service. It minds no keys, it only counts what was done under each: told twice to book, it books
//! twice.

use super::{RECORDS_MAX, Reply, World, parcel_number};
use quick_xml::{Reader, events::Event};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A booking as the carrier has it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Booking {
    pub number: String,
    pub tracking: String,
    /// `booked` or `cancelled`.
    pub status: String,
    /// How often it was booked: a 2 is a second van.
    pub times: u32,
    /// What was told, by the names of the elements; of several of one name the last.
    pub told: BTreeMap<String, String>,
}

impl World {
    pub(in crate::sandbox) fn book(&self, key: &str, body: &[u8]) -> Reply {
        let Some(told) = elements(body) else { return refused(422, "not_xml") };
        let Some(reference) = told.get("reference").filter(|text| !text.is_empty()).cloned() else {
            return refused(422, "reference_missing");
        };
        let state = &mut self.lock().state;
        let bookings = &mut state.bookings;
        if bookings.len() >= RECORDS_MAX && !bookings.contains_key(&reference) {
            return refused(422, "sandbox_full");
        }
        let number = format!("BK-{}", 1001 + bookings.len());
        let booking = bookings.entry(reference.clone()).or_insert_with(|| Booking { number, ..Booking::default() });
        booking.tracking = parcel_number(&reference);
        "booked".clone_into(&mut booking.status);
        booking.times += 1;
        booking.told = told;
        if !key.is_empty() {
            *state.effects.entry(key.to_owned()).or_default() += 1;
        }
        answer(201, &reference, booking)
    }

    pub(in crate::sandbox) fn booking(&self, reference: &str) -> Reply {
        match self.lock().state.bookings.get(reference) {
            Some(booking) => answer(200, reference, booking),
            None => refused(404, "unknown_booking"),
        }
    }

    pub(in crate::sandbox) fn cancel_booking(&self, key: &str, reference: &str) -> Reply {
        let state = &mut self.lock().state;
        match state.bookings.get_mut(reference) {
            Some(booking) => {
                if !key.is_empty() {
                    *state.effects.entry(key.to_owned()).or_default() += 1;
                }
                "cancelled".clone_into(&mut booking.status);
                answer(200, reference, booking)
            }
            None => refused(404, "unknown_booking"),
        }
    }

    pub(in crate::sandbox) fn label(&self, reference: &str) -> Reply {
        match self.lock().state.bookings.get(reference).filter(|booking| booking.status == "booked") {
            Some(booking) => Reply { status: 200, body: Value::String(pdf(&booking.tracking)) },
            None => refused(404, "unknown_booking"),
        }
    }
}

fn answer(status: u16, reference: &str, booking: &Booking) -> Reply {
    let Booking { number, tracking, status: standing, .. } = booking;
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><booking><reference>{}</reference><number>{number}</number>\
         <status>{standing}</status><tracking>{tracking}</tracking></booking>",
        quick_xml::escape::escape(reference),
    );
    Reply { status, body: Value::String(xml) }
}

fn refused(status: u16, code: &str) -> Reply {
    Reply { status, body: Value::String(format!("<error><code>{code}</code></error>")) }
}

/// The texts of a document's elements; `None` when it is not well-formed.
fn elements(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut reader = Reader::from_str(std::str::from_utf8(body).ok()?);
    let (mut open, mut told): (Vec<(String, String)>, BTreeMap<String, String>) = Default::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => open.push((AsRef::<str>::as_ref(&start.name()).to_owned(), String::new())),
            Event::End(_) => {
                let (name, text) = open.pop()?;
                told.insert(name, text);
            }
            Event::Text(text) => {
                if let Some((_, value)) = open.last_mut() {
                    value.push_str(&text.xml10_content());
                }
            }
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(letter) => open.last_mut()?.1.push(letter),
                None => {
                    let known = quick_xml::escape::resolve_predefined_entity(&reference.xml10_content())?;
                    open.last_mut()?.1.push_str(known);
                }
            },
            Event::Empty(_) | Event::CData(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::DocType(_) => return None,
            Event::Eof => return open.is_empty().then_some(told),
        }
    }
}

/// A label of one page with the parcel's number on it.
fn pdf(tracking: &str) -> String {
    let text = format!("BT /F1 24 Tf 20 60 Td ({tracking}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut table = String::new();
    for (number, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", pdf.len()));
        pdf.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let (start, size) = (pdf.len(), objects.len() + 1);
    pdf.push_str(&format!("xref\n0 {size}\n0000000000 65535 f \n{table}"));
    pdf.push_str(&format!("trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    pdf
}
