//! Places as people look for them: A1 addresses, row ranges.

/// A column's letters: 0 is `A`, 26 is `AA`.
pub(super) fn letters(column: usize) -> String {
    let mut found = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        found.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    found.iter().rev().collect()
}

/// Appends a number; cheaper than formatting, and this runs for every value of every row.
pub(super) fn push_number(text: &mut String, number: u32) {
    let mut digits = [0_u8; 10];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    text.push_str(std::str::from_utf8(&digits[at..]).unwrap_or_default());
}

/// Row numbers in short: `5-7, 9`. At most `max` ranges, then `...`.
pub(super) fn ranges(rows: impl IntoIterator<Item = u32>, max: usize) -> String {
    let mut text = String::new();
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for row in rows {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == row => *last = row,
            Some(_) | None => spans.push((row, row)),
        }
        if spans.len() > max {
            break;
        }
    }
    for (n, (first, last)) in spans.iter().enumerate() {
        if n > 0 {
            text.push_str(", ");
        }
        if n == max {
            text.push_str("...");
            break;
        }
        push_number(&mut text, *first);
        if last > first {
            text.push('-');
            push_number(&mut text, *last);
        }
    }
    text
}
