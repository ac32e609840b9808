//! Tables on a terminal, where a Chinese character takes two columns.

/// Columns of a terminal that `text` takes.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// East Asian wide and full-width characters, as terminals draw them.
const fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd)
}

/// `text` with spaces up to `columns`.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Lines of a table: the head, then the rows, each column as wide as its widest cell.
pub fn lines(head: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let cells = |row: &[String]| row.iter().map(|cell| width(cell)).collect::<Vec<_>>();
    let mut widths: Vec<usize> = head.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (known, found) in widths.iter_mut().zip(cells(row)) {
            *known = (*known).max(found);
        }
    }
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, columns)| padded(cell, *columns)).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let head = line(head.to_vec());
    std::iter::once(head).chain(rows.iter().map(|row| line(row.iter().map(String::as_str).collect()))).collect()
}
