//! Form bodies (`application/x-www-form-urlencoded`), as bytes: some signatures cover a decoded field, so decoding must
//! not guess an encoding.

use std::borrow::Cow;

/// Fields of one form.
pub const FIELDS_MAX: usize = 32;

/// Why a body is no usable form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormFault {
    /// More than [`FIELDS_MAX`].
    TooManyFields,
    /// The same name twice: sender and receiver could each look at another one.
    Twice,
    /// A `%` without two hex digits behind it.
    Escape,
}

impl FormFault {
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooManyFields => "form_too_many_fields",
            Self::Twice => "form_field_twice",
            Self::Escape => "form_escape_malformed",
        }
    }
}

/// A decoded form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Form<'a> {
    fields: Vec<Field<'a>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Field<'a> {
    name: Cow<'a, [u8]>,
    value: Cow<'a, [u8]>,
}

impl Form<'_> {
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|field| &*field.name == name.as_bytes()).map(|field| &*field.value)
    }
}

/// Decodes a form body.
///
/// # Errors
/// Too many fields, one twice, or a broken escape.
pub fn read(body: &[u8]) -> Result<Form<'_>, FormFault> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    for pair in body.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() == FIELDS_MAX {
            return Err(FormFault::TooManyFields);
        }
        let middle = pair.iter().position(|&b| b == b'=');
        let (name, value) = middle.map_or((pair, &pair[..0]), |at| (&pair[..at], &pair[at + 1..]));
        let name = decode(name)?;
        if fields.iter().any(|field| field.name == name) {
            return Err(FormFault::Twice);
        }
        fields.push(Field { name, value: decode(value)? });
    }
    Ok(Form { fields })
}

/// Encodes fields as a form body.
pub fn write(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        if !body.is_empty() {
            body.push(b'&');
        }
        encode(name.as_bytes(), &mut body);
        body.push(b'=');
        encode(value, &mut body);
    }
    body
}

fn decode(text: &[u8]) -> Result<Cow<'_, [u8]>, FormFault> {
    if !text.iter().any(|b| matches!(b, b'%' | b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, behind) = rest.split_at_checked(2).ok_or(FormFault::Escape)?;
                let mut byte = [0];
                hex::decode_to_slice(digits, &mut byte).map_err(|_| FormFault::Escape)?;
                bytes.push(byte[0]);
                rest = behind;
            }
            other => bytes.push(other),
        }
    }
    Ok(Cow::Owned(bytes))
}

fn encode(text: &[u8], body: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in text {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => body.push(byte),
            b' ' => body.push(b'+'),
            _ => body.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
}
