//! Paths into a tree: `shipping_address.name`, `line_items[*].sku`, `names[0]`, `['odd.key']`; `/id` starts at the record.

use crate::node::Node;
use std::fmt::Write;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Key(String),
    Index(usize),
    /// Every entry of a list.
    Each,
}

/// A parsed path; without steps it is the place itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Path {
    pub(super) steps: Vec<Step>,
    /// Starts at the record, wherever the field stands.
    pub(super) from_record: bool,
    /// Of XML, where one element and a list of one look the same: a step into a list goes into its first entry, and what
    /// is no list is a list of one.
    pub(super) loose: bool,
}

impl Path {
    /// # Errors
    /// What is wrong with the path, in a word for the fault's arguments.
    pub(super) fn parse(source: &str) -> Result<Self, &'static str> {
        let (from_record, mut rest) = match source.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, source),
        };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = step(rest, steps.is_empty())?;
            steps.push(step);
            rest = after;
        }
        Ok(Self { steps, from_record, loose: false })
    }

    pub(super) fn has_each(&self) -> bool {
        self.steps.contains(&Step::Each)
    }

    /// The node at the path; `None` when something on the way is not there. `[*]` leads nowhere here.
    pub(super) fn find<'n, 'a>(&self, from: &'n Node<'a>) -> Option<&'n Node<'a>> {
        self.steps.iter().try_fold(from, |node, step| match (step, node) {
            (Step::Key(key), Node::Map(_)) => node.get(key),
            (Step::Key(key), Node::List(list)) if self.loose => list.first()?.get(key),
            (Step::Index(index), Node::List(list)) => list.get(*index),
            (Step::Index(0), _) if self.loose => Some(node),
            (Step::Key(_) | Step::Index(_) | Step::Each, _) => None,
        })
    }

    /// The node at the path as one value.
    pub(super) fn one<'n, 'a>(&self, from: &'n Node<'a>) -> Option<&'n Node<'a>> {
        match self.find(from)? {
            Node::List(list) if self.loose => list.first(),
            node => Some(node),
        }
    }

    /// The node at the path as a list; `Err` when it is none.
    pub(super) fn list<'n, 'a>(&self, from: &'n Node<'a>) -> Option<Result<&'n [Node<'a>], &'n Node<'a>>> {
        Some(match self.find(from)? {
            Node::List(list) => Ok(list),
            one if self.loose => Ok(std::slice::from_ref(one)),
            other => Err(other),
        })
    }

    /// Every node at the path, `[*]` taking each entry. False when a list or key on the way is not there.
    pub(super) fn each<'n, 'a>(&self, from: &'n Node<'a>, found: &mut Vec<&'n Node<'a>>) -> bool {
        walk(&self.steps, self.loose, from, found)
    }

    /// The path as the tail of a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.steps {
            match step {
                Step::Key(key) => push_key(&mut pointer, key),
                Step::Index(index) => push_index(&mut pointer, *index),
                Step::Each => pointer.push_str("/*"),
            }
        }
        pointer
    }
}

fn walk<'n, 'a>(steps: &[Step], loose: bool, node: &'n Node<'a>, found: &mut Vec<&'n Node<'a>>) -> bool {
    match (steps.split_first(), node) {
        (None, _) => {
            found.push(node);
            true
        }
        (Some((Step::Each, rest)), Node::List(list)) => {
            for entry in list {
                walk(rest, loose, entry, found);
            }
            true
        }
        (Some((Step::Each | Step::Index(0), rest)), Node::Map(_) | Node::Scalar(_)) if loose => {
            walk(rest, loose, node, found)
        }
        (Some((Step::Key(key), rest)), Node::Map(_)) => {
            node.get(key).is_some_and(|next| walk(rest, loose, next, found))
        }
        (Some((Step::Key(_), _)), Node::List(list)) if loose => {
            list.first().is_some_and(|first| walk(steps, loose, first, found))
        }
        (Some((Step::Index(index), rest)), Node::List(list)) => {
            list.get(*index).is_some_and(|next| walk(rest, loose, next, found))
        }
        (Some((Step::Each | Step::Key(_) | Step::Index(_), _)), _) => false,
    }
}

/// Adds a key to a JSON pointer (RFC 6901).
pub(super) fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    if key.contains(['~', '/']) {
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    } else {
        pointer.push_str(key);
    }
}

pub(super) fn push_index(pointer: &mut String, index: usize) {
    // Writing into a String cannot fail.
    let _ = write!(pointer, "/{index}");
}

fn step(rest: &str, first: bool) -> Result<(Step, &str), &'static str> {
    if let Some(inner) = rest.strip_prefix('[') {
        return bracket(inner);
    }
    let name = match (first, rest.strip_prefix('.')) {
        (true, None) => rest,
        (false, Some(name)) => name,
        (true, Some(_)) | (false, None) => return Err("misplaced_dot"),
    };
    let end = name.find(['.', '[']).unwrap_or(name.len());
    match name.split_at(end) {
        ("", _) => Err("empty_step"),
        (key, _) if key.contains([']', '\'']) => Err("misplaced_bracket"),
        (key, after) => Ok((Step::Key(key.to_owned()), after)),
    }
}

fn bracket(inner: &str) -> Result<(Step, &str), &'static str> {
    if let Some(quoted) = inner.strip_prefix('\'') {
        let (key, after) = quoted.split_once("']").ok_or("open_bracket")?;
        return Ok((Step::Key(key.to_owned()), after));
    }
    let (index, after) = inner.split_once(']').ok_or("open_bracket")?;
    match index {
        "*" => Ok((Step::Each, after)),
        digits => digits.parse().map(|n| (Step::Index(n), after)).map_err(|_| "bad_index"),
    }
}
