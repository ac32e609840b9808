//! What reached people's mailboxes and phones, as they would read it.

use super::house::House;
use crate::sandbox::Mail;
use base64::{Engine as _, engine::general_purpose::STANDARD};

impl House {
    /// The subjects of the mails to this address, oldest first.
    pub(super) fn mails_to(&self, address: &str) -> Vec<String> {
        let to_it = |mail: &&Mail| mail.to.iter().any(|to| to == address);
        self.sandbox.state().mails.iter().filter(to_it).map(subject).collect()
    }

    /// The text messages to the number that ends like this, oldest first.
    pub(super) fn texts_to(&self, number: &str) -> Vec<String> {
        let texts = self.sandbox.state().texts;
        texts.into_iter().filter(|text| text.to.ends_with(number)).map(|text| text.text).collect()
    }
}

/// A mail's subject, decoded (RFC 2047, base64 as our mails have it).
fn subject(mail: &Mail) -> String {
    let mut lines = mail.content.lines().skip_while(|line| !line.starts_with("Subject:"));
    let first = lines.next().and_then(|line| line.strip_prefix("Subject:")).unwrap_or_default().to_owned();
    let whole = lines.take_while(|line| line.starts_with([' ', '\t'])).fold(first, |whole, line| whole + line);
    let (mut bytes, mut encoded_before) = (Vec::new(), true);
    for word in whole.split_whitespace() {
        let inside = word.strip_prefix("=?utf-8?b?").and_then(|rest| rest.strip_suffix("?="));
        let decoded = inside.and_then(|text| STANDARD.decode(text).ok());
        // The blank between two encoded words is none.
        let one_word = encoded_before && decoded.is_some();
        if !bytes.is_empty() && !one_word {
            bytes.push(b' ');
        }
        encoded_before = decoded.is_some();
        bytes.extend(decoded.unwrap_or_else(|| word.as_bytes().to_vec()));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
