//! Reads one field from a record, whatever the record is: the same words mean the same in a tree and in a row.

use super::{
    contact,
    convert::{self, Convert, Converter, Setting, Value, fail},
    fields::Kind,
    scalar,
    spec::{Atom, Fallback, Field, JoinPart, Source},
    text,
};
use crate::node::Scalar;
use model::{
    measure::Quantity,
    money::UnitPrice,
    said::{Args, WAS_MAX, args},
};
use std::borrow::Cow;

/// Texts one `join` may give, in bytes; fields have tighter limits of their own.
const JOIN_MAX: usize = 16_384;

/// What stands at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look<'v, 'a> {
    Nothing,
    Scalar(&'v Scalar<'a>),
    /// A list or an object, where a value is wanted.
    Branch,
}

/// A record being read.
pub(super) trait View<'a> {
    fn look<'v>(&'v self, atom: &'v Atom) -> Look<'v, 'a>;

    /// Every value at the place; false when the place is not there at all.
    fn each<'v>(&'v self, atom: &'v Atom, found: &mut Vec<Look<'v, 'a>>) -> bool;

    /// Texts that mean "nothing".
    fn empty(&self) -> &[String];
}

/// A value, and which of the field's sources gave it.
pub(super) type Found<'v> = (Value<'v>, usize);

/// A value that could not be read.
#[derive(Clone, Debug)]
pub(super) struct Bad {
    pub(super) code: &'static str,
    pub(super) was: String,
    pub(super) args: Args,
    /// The field's source it came from; `None` when nothing was there.
    pub(super) source: Option<usize>,
    /// The fault is not with the source but with what stands here beside it.
    pub(super) beside: Option<Box<Source>>,
}

/// Nothing to read: no text, only blanks, or a text that means nothing.
pub(super) fn is_blank(scalar: &Scalar<'_>, empty: &[String]) -> bool {
    match scalar {
        Scalar::Null => true,
        Scalar::Text(written) => text::is_invisible(written) || (!empty.is_empty() && text::is_one_of(written, empty)),
        Scalar::Number(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Date(_) | Scalar::Error(_) => false,
    }
}

/// The value of the first source that gives something; `None` when none does. The fallback is [`settle`]'s affair.
pub(super) fn find<'v, 'a: 'v>(
    field: &'v Field,
    view: &'v impl View<'a>,
    setting: &Setting<'_>,
) -> Result<Option<Found<'v>>, Bad> {
    for (n, source) in field.sources.iter().enumerate() {
        let bad = |(fail, was): (convert::Fail, String)| Bad {
            code: fail.code,
            was: text::cut(&was, WAS_MAX).to_owned(),
            args: fail.args,
            source: Some(n),
            beside: None,
        };
        let value = match source {
            Source::One(atom) => match view.look(atom) {
                Look::Nothing => None,
                Look::Scalar(scalar) if is_blank(scalar, view.empty()) => None,
                Look::Scalar(scalar) => field.value(scalar, setting).map_err(bad)?,
                Look::Branch => return Err(bad((fail("not_a_value"), String::new()))),
            },
            Source::Join { parts, with } => match joined(parts, with, view).map_err(bad)? {
                Some(text) => owned(field, text, setting).map_err(bad)?,
                None => None,
            },
            Source::Sum(atom) => summed(field, atom, view, setting).map_err(bad)?,
        };
        let value = match value {
            Some(value) => beside(field, value, view, setting)
                .map_err(|(unread, atom)| Bad { beside: Some(Box::new(Source::One(atom.clone()))), ..bad(unread) })?,
            None => None,
        };
        if let Some(value) = value {
            return Ok(Some((value, n)));
        }
    }
    Ok(None)
}

/// What stands beside a value: its currency, which must be the order's, and the number of units a price is for. A price
/// for none is no price.
fn beside<'v, 'f, 'a: 'v>(
    field: &'f Field,
    value: Value<'v>,
    view: &'v impl View<'a>,
    setting: &Setting<'_>,
) -> Result<Option<Value<'v>>, (Unread, &'f Atom)>
where
    'f: 'v,
{
    let filled = |atom: &'f Atom| match view.look(atom) {
        Look::Scalar(scalar) if !is_blank(scalar, view.empty()) => Some((scalar, atom)),
        Look::Scalar(_) | Look::Nothing | Look::Branch => None,
    };
    if let Some((scalar, atom)) = field.beside.as_ref().and_then(filled)
        && contact::currency(&scalar::plain(scalar)) != Some(setting.currency)
    {
        let differs = args([("currency", setting.currency.to_string())]);
        return Err(((convert::Fail { code: "currency_differs", args: differs }, shown(scalar)), atom));
    }
    let (Some((scalar, atom)), Value::Price(price)) = (field.per.as_ref().and_then(filled), &value) else {
        return Ok(Some(value));
    };
    let unread = |fail| ((fail, shown(scalar)), atom);
    let quantity = Convert { mark: field.convert.mark, ..Convert::new(Kind::Quantity, Converter::Quantity) };
    match quantity.read(scalar, setting).map_err(unread)? {
        Value::Quantity(units) if !units.is_zero() => for_one(*price, units)
            .map(|price| Some(Value::Price(price)))
            .ok_or_else(|| unread(fail("number_too_large"))),
        _ => Ok(None),
    }
}

/// The price of one of `units`, to the nearest millionth, halves away from zero.
fn for_one(price: UnitPrice, units: Quantity) -> Option<UnitPrice> {
    let (price, units) = (i128::from(price.0) * 1_000_000, i128::from(units.0));
    let half = if price < 0 { -units / 2 } else { units / 2 };
    i64::try_from((price + half) / units).ok().map(UnitPrice)
}

/// What a field is when nothing was found.
pub(super) fn settle(field: &Field, setting: &Setting<'_>) -> Result<Option<Value<'static>>, Bad> {
    let text = match &field.fallback {
        Fallback::Missing => {
            let bad = Bad { code: "missing_field", was: String::new(), args: Args::new(), source: None, beside: None };
            return Err(bad);
        }
        Fallback::Empty => return Ok(None),
        Fallback::Default(text) | Fallback::Const(text) => text,
    };
    // Checked by the lint; only an amount may still not fit the order's currency.
    literal(&field.convert, text, setting).map(Some).map_err(|fail| Bad {
        code: fail.code,
        was: text.clone(),
        args: fail.args,
        source: None,
        beside: None,
    })
}

fn literal(convert: &Convert, text: &str, setting: &Setting<'_>) -> Result<Value<'static>, convert::Fail> {
    convert.read(&Scalar::Text(Cow::Borrowed(text)), setting).map(Value::into_owned)
}

type Unread = (convert::Fail, String);

impl Field {
    /// One scalar through split, table and converter; `None` when the part taken is empty.
    fn value<'v>(&'v self, scalar: &'v Scalar<'_>, setting: &Setting<'_>) -> Result<Option<Value<'v>>, Unread> {
        if self.split.is_none() && self.table.is_none() {
            return self.convert.read(scalar, setting).map(Some).map_err(|fail| (fail, shown(scalar)));
        }
        if let Scalar::Error(error) = scalar {
            return Err((fail("error_cell"), error.to_string()));
        }
        let whole = scalar::plain(scalar);
        let part = self.split.as_ref().map_or(whole.as_ref(), |split| split.part(&whole));
        if part.is_empty() {
            return Ok(None);
        }
        let unread = |fail| (fail, shown(scalar));
        let Some(table) = &self.table else {
            return literal(&self.convert, part, setting).map(Some).map_err(unread);
        };
        let word = table.get(part).or(self.otherwise.as_deref());
        let word = word.ok_or_else(|| (fail("not_in_table"), part.to_owned()))?;
        literal(&self.convert, word, setting).map(Some).map_err(unread)
    }
}

fn owned(field: &Field, text: String, setting: &Setting<'_>) -> Result<Option<Value<'static>>, Unread> {
    let scalar = Scalar::Text(Cow::Owned(text));
    field.value(&scalar, setting).map(|value| value.map(Value::into_owned))
}

/// What was there, as the reject shows it.
pub(super) fn shown(scalar: &Scalar<'_>) -> String {
    match scalar {
        Scalar::Text(text) => text::cut(text, WAS_MAX).to_owned(),
        Scalar::Float(value) => value.to_string(),
        Scalar::Null | Scalar::Number(_) | Scalar::Bool(_) | Scalar::Date(_) | Scalar::Error(_) => {
            scalar::plain(scalar).into_owned()
        }
    }
}

/// The texts of all parts; `None` when one that must be there is not, or all are empty.
pub(super) fn joined<'a>(parts: &[JoinPart], with: &str, view: &impl View<'a>) -> Result<Option<String>, Unread> {
    let mut text = String::new();
    for part in parts {
        let before = text.len();
        for atom in &part.atoms {
            if let Atom::Path(path) = atom
                && path.has_each()
            {
                let mut looks = Vec::new();
                view.each(atom, &mut looks);
                for look in looks {
                    add_piece(&mut text, with, look, view.empty())?;
                }
            } else {
                add_piece(&mut text, with, view.look(atom), view.empty())?;
            }
            if text.len() > before {
                break;
            }
        }
        if text.len() == before && !part.optional {
            return Ok(None);
        }
    }
    Ok((!text.is_empty()).then_some(text))
}

/// Adds a value to a joined text, unless it is blank.
fn add_piece(text: &mut String, with: &str, look: Look<'_, '_>, empty: &[String]) -> Result<(), Unread> {
    let Look::Scalar(scalar) = look else { return Ok(()) };
    if is_blank(scalar, empty) {
        return Ok(());
    }
    if let Scalar::Error(error) = scalar {
        return Err((fail("error_cell"), error.to_string()));
    }
    let piece = scalar::id(scalar).map_err(|fail| (fail, shown(scalar)))?;
    if !text.is_empty() {
        text.push_str(with);
    }
    text.push_str(&piece);
    if text.len() > JOIN_MAX {
        let too_long = convert::Fail { code: "too_long", args: args([("max", JOIN_MAX.to_string())]) };
        return Err((too_long, std::mem::take(text)));
    }
    Ok(())
}

/// The sum of a list's amounts; `None` when the list is not there. An empty list is a sum of zero.
fn summed<'v, 'a: 'v>(
    field: &Field,
    atom: &'v Atom,
    view: &'v impl View<'a>,
    setting: &Setting<'_>,
) -> Result<Option<Value<'static>>, Unread> {
    let mut looks = Vec::new();
    if !view.each(atom, &mut looks) {
        return Ok(None);
    }
    let mut total = 0_i64;
    for look in looks {
        let Look::Scalar(scalar) = look else { continue };
        if is_blank(scalar, view.empty()) {
            continue;
        }
        let unread = |fail| (fail, shown(scalar));
        if let Value::Minor(minor) = field.convert.read(scalar, setting).map_err(unread)? {
            total = total.checked_add(minor).ok_or_else(|| (fail("number_too_large"), shown(scalar)))?;
        }
    }
    Ok(Some(Value::Minor(total)))
}
