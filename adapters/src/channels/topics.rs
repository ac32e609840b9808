//! One door, several kinds of document: which mapping reads what, by the topic the sender names.

use super::{Sink, header, ignored, reject};
use crate::{
    decode,
    mapping::{ChannelDefaults, Mapping},
    node::{Node, Scalar},
};
use model::{
    port::inbound::{Document, Read, Summary},
    said::{Location, Reject},
};
use std::{borrow::Cow, collections::BTreeMap};

/// Where a channel's documents name their topic, and the mapping of each.
#[derive(Clone, Debug)]
pub struct Topics {
    pub at: Place,
    pub mappings: BTreeMap<String, Mapping>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A header's name, lower case.
    Header(String),
    /// A JSON pointer into the body.
    Pointer(String),
}

impl Topics {
    /// The topic that the request's headers name; empty when the body does, or nobody.
    pub fn of_headers<'h>(&self, headers: &'h [(String, String)]) -> &'h str {
        match &self.at {
            Place::Header(name) => header(headers, name).unwrap_or_default(),
            Place::Pointer(_) => "",
        }
    }

    /// The mapping of the document's topic; `None` when there is none.
    pub fn mapping(&self, doc: &Document<'_>) -> Option<&Mapping> {
        self.mappings.get(self.topic(doc)?.as_ref())
    }

    /// Reads a document with the mapping of its topic. A topic without a mapping is of no interest; a document without a
    /// topic is a reject.
    pub fn read(&self, doc: &Document<'_>, defaults: &ChannelDefaults, sink: Sink<'_>) -> Summary {
        let read = match self.topic(doc) {
            Some(topic) => match self.mappings.get(topic.as_ref()) {
                Some(mapping) => return mapping.read_document(doc, defaults, sink),
                None => Read::Said(ignored("unknown_topic")),
            },
            None => Read::Reject(self.without_topic(doc)),
        };
        // Nobody wants more after the only thing read.
        let _ = sink(read);
        Summary { encoding: "utf-8".to_owned(), records: 1, ..Summary::default() }
    }

    fn topic<'d>(&self, doc: &Document<'d>) -> Option<Cow<'d, str>> {
        let found = match &self.at {
            Place::Header(_) => Cow::Borrowed(doc.topic),
            Place::Pointer(pointer) => match pointed(&decode::json(doc.bytes).ok()?, pointer)? {
                Node::Scalar(Scalar::Text(text)) => Cow::Owned(text.to_string()),
                Node::Scalar(_) | Node::List(_) | Node::Map(_) => return None,
            },
        };
        Some(found).filter(|topic| !topic.is_empty())
    }

    fn without_topic(&self, doc: &Document<'_>) -> Reject {
        let missing = Reject { field: "topic".to_owned(), ..reject("missing_field") };
        let Place::Pointer(pointer) = &self.at else { return missing };
        let at = |pointer: &str| Location { pointer: Some(pointer.to_owned()), ..Location::default() };
        match decode::json(doc.bytes) {
            Ok(_) => Reject { location: at(pointer), ..missing },
            Err(fault) => Reject { location: at(&fault.place), was: fault.was, args: fault.args, ..reject(fault.code) },
        }
    }
}

/// The node at a JSON pointer (RFC 6901).
fn pointed<'n, 'a>(root: &'n Node<'a>, pointer: &str) -> Option<&'n Node<'a>> {
    pointer.split('/').skip(1).try_fold(root, |node, step| match node {
        Node::Map(_) => node.get(&step.replace("~1", "/").replace("~0", "~")),
        Node::List(list) => list.get(step.parse::<usize>().ok()?),
        Node::Scalar(_) => None,
    })
}
