//! Tree documents: finds the records, reads each.

use super::{
    Mapping,
    apply::{self, Bad, Look, View, find},
    convert::{Setting, Value},
    draft::{Assembly, Line},
    fields::{OrderField, Part, Target},
    lineage::Lineage,
    path::{self, Path},
    spec::{Atom, Field, Says, Source, Spec},
};
use crate::node::{Node, Scalar, TEXT};
use model::{
    money::Currency,
    port::inbound::Read,
    said::{Args, Item, Location, Reject, args},
};
use std::ops::ControlFlow;

/// Rejects one order gives.
pub(super) const BAD_MAX: usize = 100;
/// Lines an order may have.
pub(super) const LINES_MAX: usize = 20_000;

/// A record, or an entry of a list in it.
#[derive(Debug)]
struct TreeView<'n, 'a> {
    record: &'n Node<'a>,
    here: &'n Node<'a>,
    received: &'n Scalar<'static>,
    empty: &'n [String],
}

impl<'n, 'a> TreeView<'n, 'a> {
    fn from(&self, path: &Path) -> &'n Node<'a> {
        if path.from_record { self.record } else { self.here }
    }

    fn entry(&self, here: &'n Node<'a>) -> Self {
        Self { here, ..*self }
    }
}

impl<'a> View<'a> for TreeView<'_, 'a> {
    fn look<'v>(&'v self, atom: &'v Atom) -> Look<'v, 'a> {
        match atom {
            Atom::Path(path) => path.one(self.from(path)).map_or(Look::Nothing, look),
            Atom::Received => Look::Scalar(self.received),
            Atom::Column(_) | Atom::Block(_) => Look::Nothing,
        }
    }

    fn each<'v>(&'v self, atom: &'v Atom, found: &mut Vec<Look<'v, 'a>>) -> bool {
        let Atom::Path(path) = atom else { return false };
        let mut nodes = Vec::new();
        let there = path.each(self.from(path), &mut nodes);
        found.extend(nodes.into_iter().map(look));
        there
    }

    fn empty(&self) -> &[String] {
        self.empty
    }
}

fn look<'v, 'a>(node: &'v Node<'a>) -> Look<'v, 'a> {
    match node {
        Node::Scalar(scalar) => Look::Scalar(scalar),
        // An XML element with attributes, where its text is wanted.
        Node::Map(_) => match node.get(TEXT) {
            Some(Node::Scalar(scalar)) => Look::Scalar(scalar),
            Some(_) | None => Look::Branch,
        },
        Node::List(_) => Look::Branch,
    }
}

/// The records of a tree, each with its pointer.
pub(super) fn records<'n, 'a>(paths: &[Path], root: &'n Node<'a>) -> Option<Vec<(String, &'n Node<'a>)>> {
    let (pointer, node) = paths.iter().find_map(|path| path.find(root).map(|node| (path.pointer(), node)))?;
    Some(match node {
        Node::List(list) => list
            .iter()
            .enumerate()
            .map(|(n, node)| {
                let mut pointer = pointer.clone();
                path::push_index(&mut pointer, n);
                (pointer, node)
            })
            .collect(),
        Node::Map(_) | Node::Scalar(_) => vec![(pointer, node)],
    })
}

/// Reads one record.
pub(super) struct Reader<'r> {
    pub(super) mapping: &'r Mapping,
    pub(super) setting: Setting<'r>,
    /// The currency of the channel, when it has one.
    pub(super) currency: Option<Currency>,
    pub(super) received: &'r Scalar<'static>,
}

/// What went wrong in a record, and what is known of it meanwhile.
#[derive(Debug, Default)]
struct Notes {
    key: String,
    rejects: Vec<Reject>,
    lineage: Lineage,
}

impl Reader<'_> {
    pub(super) fn record(
        &self,
        pointer: &str,
        record: &Node<'_>,
        sink: &mut dyn FnMut(Read) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let spec: &Spec = &self.mapping.spec;
        let mut notes = Notes::default();
        if !matches!(record, Node::Map(_)) {
            notes.push(pointer.to_owned(), "", "not_a_record", String::new(), Args::new());
            return sink(Read::Reject(notes.rejects.remove(0)));
        }
        let view = TreeView { record, here: record, received: self.received, empty: &spec.empty };
        let (assembly, setting) = self.order(spec, pointer, &view, &mut notes);
        let items =
            if spec.items.is_empty() { Vec::new() } else { self.lines(spec, pointer, &view, &setting, &mut notes) };
        let Some(assembly) = assembly.filter(|_| notes.rejects.is_empty()) else {
            return notes
                .rejects
                .into_iter()
                .try_for_each(|reject| sink(Read::Reject(Reject { order_key: notes.key.clone(), ..reject })));
        };
        sink(Read::Said(assembly.said(items, setting.country, notes.lineage.into_map())))
    }

    /// The order's own fields. Without a currency its amounts cannot be read, so there is no order then.
    fn order<'s>(
        &'s self,
        spec: &'s Spec,
        pointer: &str,
        view: &TreeView<'_, '_>,
        notes: &mut Notes,
    ) -> (Option<Assembly<'s>>, Setting<'s>) {
        let mut setting = self.setting;
        let stated = spec.order.iter().find(|field| field.target == Target::Order(OrderField::Currency));
        let stated = stated.and_then(|field| read(field, view, &setting, pointer, notes));
        match (stated, self.currency) {
            (Some(Value::Currency(currency)), _) | (_, Some(currency)) => setting = setting.with(currency),
            // What is no order has no amounts.
            (_, None) if notes.rejects.is_empty() && spec.says == Says::Order => {
                notes.push(pointer.to_owned(), "currency", "missing_field", String::new(), Args::new());
            }
            (_, None) => {}
        }
        let mut assembly = Assembly::new(spec, setting.currency);
        for field in spec.order.iter().filter(|field| field.target != Target::Order(OrderField::Currency)) {
            let Some(value) = read(field, view, &setting, pointer, notes) else { continue };
            if let (Target::Order(OrderField::ExternalId), Value::Text(id)) = (field.target, &value) {
                notes.key = id.clone().into_owned();
            }
            assembly.set(field, value);
        }
        for (n, group) in spec.groups.iter().enumerate().filter(|(_, group)| !group.what.of_item()) {
            let Some((path, fields)) = &group.each else { continue };
            for values in entries(path, fields, view, &setting, pointer, notes) {
                assembly.add_entry(n, values);
            }
        }
        (Some(assembly), setting)
    }

    fn lines(
        &self,
        spec: &Spec,
        pointer: &str,
        view: &TreeView<'_, '_>,
        setting: &Setting<'_>,
        notes: &mut Notes,
    ) -> Vec<Item> {
        let at = format!("{pointer}{}", spec.items_at.pointer());
        let list = match spec.items_at.list(view.record) {
            Some(Ok(list)) if !list.is_empty() => list,
            Some(Ok(_)) | None => {
                notes.push(at, "items", "no_items", String::new(), Args::new());
                return Vec::new();
            }
            Some(Err(_)) => {
                notes.push(at, "items", "not_a_list", String::new(), Args::new());
                return Vec::new();
            }
        };
        if list.len() > LINES_MAX {
            notes.push(at, "items", "too_many_items", list.len().to_string(), args([("max", LINES_MAX.to_string())]));
            return Vec::new();
        }
        let mut items = Vec::with_capacity(list.len());
        for (n, node) in list.iter().enumerate() {
            let mut here = at.clone();
            path::push_index(&mut here, n);
            let view = view.entry(node);
            let mut line = Line::new();
            for field in &spec.items {
                if let Some(value) = read_line(field, &view, setting, (&here, pointer, n), notes) {
                    line.set(field, value);
                }
            }
            for group in spec.groups.iter().filter(|group| group.what.of_item()) {
                let Some((path, fields)) = &group.each else { continue };
                for values in entries(path, fields, &view, setting, &here, notes) {
                    line.add_entry(values);
                }
            }
            items.push(line.item(spec, n + 1));
        }
        items
    }
}

/// A field of the record, its fallback included; what is wrong with it goes into the notes.
fn read<'v, 'a: 'v>(
    field: &'v Field,
    view: &'v TreeView<'_, 'a>,
    setting: &Setting<'_>,
    pointer: &str,
    notes: &mut Notes,
) -> Option<Value<'v>> {
    let found = value(field, view, setting, (pointer, pointer), notes)?;
    if let Some(source) = found.1 {
        notes.lineage.add(&field.name, || source_pointer(&field.sources[source], pointer, pointer));
    }
    Some(found.0)
}

/// A field of the n-th line: `(the line's pointer, the record's, n)`.
fn read_line<'v, 'a: 'v>(
    field: &'v Field,
    view: &'v TreeView<'_, 'a>,
    setting: &Setting<'_>,
    (here, record, n): (&str, &str, usize),
    notes: &mut Notes,
) -> Option<Value<'v>> {
    let found = value(field, view, setting, (here, record), notes)?;
    if let Some(source) = found.1 {
        let any = here.rsplit_once('/').map_or(here, |(list, _)| list);
        notes.lineage.add_line(
            &field.name,
            n,
            source,
            || source_pointer(&field.sources[source], &format!("{any}/*"), record),
            || source_pointer(&field.sources[source], here, record),
        );
    }
    Some(found.0)
}

type Given<'v> = (Value<'v>, Option<usize>);

fn value<'v, 'a: 'v>(
    field: &'v Field,
    view: &'v TreeView<'_, 'a>,
    setting: &Setting<'_>,
    (here, record): (&str, &str),
    notes: &mut Notes,
) -> Option<Given<'v>> {
    let outcome = match find(field, view, setting) {
        Ok(Some((value, source))) => return Some((value, Some(source))),
        Ok(None) => apply::settle(field, setting),
        Err(bad) => Err(bad),
    };
    match outcome {
        Ok(value) => value.map(|value| (value, None)),
        Err(bad) => {
            notes.bad(field, bad, here, record);
            None
        }
    }
}

/// The values of every entry of a list; none when the list is not there.
fn entries<'v, 'n: 'v, 'a: 'n>(
    path: &Path,
    fields: &'v [Field],
    view: &TreeView<'n, 'a>,
    setting: &Setting<'_>,
    pointer: &str,
    notes: &mut Notes,
) -> Vec<Vec<(Part, Value<'static>)>> {
    let Some(Ok(list)) = path.list(view.from(path)) else { return Vec::new() };
    let mut found = Vec::with_capacity(list.len().min(LINES_MAX));
    for (n, node) in list.iter().enumerate().take(LINES_MAX) {
        let mut here = format!("{pointer}{}", path.pointer());
        path::push_index(&mut here, n);
        let view = view.entry(node);
        if fields.iter().any(|field| is_free_branch(field, &view)) {
            continue;
        }
        let mut values = Vec::with_capacity(fields.len());
        for field in fields {
            let Target::Group(_, part) = field.target else { continue };
            let Some((value, source)) = value(field, &view, setting, (&here, pointer), notes) else { continue };
            if let Some(source) = source
                && part != Part::Name
                && part != Part::Unit
            {
                notes.lineage.add(&field.name, || source_pointer(&field.sources[source], &here, pointer));
            }
            values.push((part, value.into_owned()));
        }
        found.push(values);
    }
    found
}

/// The value of an attribute or specification is a list or an object: notes of somebody's program, and no free fact.
fn is_free_branch(field: &Field, view: &TreeView<'_, '_>) -> bool {
    let branch = |source: &Source| matches!(source, Source::One(atom) if matches!(view.look(atom), Look::Branch));
    matches!(field.target, Target::Group(_, Part::Value)) && field.sources.iter().any(branch)
}

/// The JSON pointer of a source; of a join its parts.
fn source_pointer(source: &Source, here: &str, record: &str) -> String {
    let atom = |atom: &Atom| match atom {
        Atom::Path(path) => format!("{}{}", if path.from_record { record } else { here }, path.pointer()),
        Atom::Received => "@received".to_owned(),
        Atom::Column(_) | Atom::Block(_) => String::new(),
    };
    match source {
        Source::One(one) | Source::Sum(one) => atom(one),
        Source::Join { parts, .. } => {
            parts.iter().flat_map(|part| part.atoms.first()).map(atom).collect::<Vec<_>>().join(" + ")
        }
    }
}

impl Notes {
    fn push(&mut self, pointer: String, field: &str, code: &str, was: String, args: Args) {
        let location = Location { pointer: Some(pointer), ..Location::default() };
        // One place may feed several fields; it is mended once.
        let known = self.rejects.iter().any(|known| known.code == code && known.location == location);
        if known || self.rejects.len() >= BAD_MAX {
            return;
        }
        self.rejects.push(Reject {
            order_key: String::new(),
            location,
            field: field.to_owned(),
            code: code.to_owned(),
            was,
            args,
        });
    }

    /// A field that could not be read, or is not there: then the place is its first source's.
    fn bad(&mut self, field: &Field, bad: Bad, here: &str, record: &str) {
        let source = bad.beside.as_deref().or_else(|| field.sources.get(bad.source.unwrap_or(0)));
        let pointer = source.map_or_else(|| here.to_owned(), |source| source_pointer(source, here, record));
        self.push(pointer, &field.name, bad.code, bad.was, bad.args);
    }
}
