//! Just enough of Rust's lexical grammar to tell code from comments and strings.

/// What [`blanked`] puts out of sight; newlines always stay, so that line numbers hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Blank {
    Comments,
    CommentsAndStrings,
}

/// `source` with each blanked character replaced by a space.
pub(super) fn blanked(source: &str, what: Blank) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let (end, blank) = match token_end(&chars, at) {
            Some((end, true)) => (end, true),
            Some((end, false)) => (end, what == Blank::CommentsAndStrings),
            None => (at + 1, false),
        };
        for &c in &chars[at..end] {
            out.push(if blank && c != '\n' { ' ' } else { c });
        }
        at = end;
    }
    out
}

/// Where the comment (true) or literal (false) that begins at `at` ends.
fn token_end(chars: &[char], at: usize) -> Option<(usize, bool)> {
    let next = chars.get(at + 1).copied();
    let within_name = at > 0 && is_name(chars[at - 1]);
    match chars[at] {
        '/' if next == Some('/') => Some((until(chars, at, |c| c == '\n'), true)),
        '/' if next == Some('*') => Some((block_comment_end(chars, at), true)),
        '"' => Some((quoted_end(chars, at + 1, '"'), false)),
        'r' if !within_name => raw_string_end(chars, at + 1).map(|end| (end, false)),
        'b' | 'c' if !within_name && next == Some('r') => raw_string_end(chars, at + 2).map(|end| (end, false)),
        // 'x' and '\n' are characters, 'static is a lifetime.
        '\'' if next == Some('\\') => Some((quoted_end(chars, at + 1, '\''), false)),
        '\'' if chars.get(at + 2) == Some(&'\'') => Some((at + 3, false)),
        _ => None,
    }
}

pub(super) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn until(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    chars[from..].iter().position(|&c| stop(c)).map_or(chars.len(), |n| from + n)
}

fn block_comment_end(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0, from);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn quoted_end(chars: &[char], from: usize, quote: char) -> usize {
    let mut at = from;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// `from` is behind the `r`.
fn raw_string_end(chars: &[char], from: usize) -> Option<usize> {
    let open = until(chars, from, |c| c != '#');
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let hashes = open - from;
    let closes =
        |at: usize| chars[at] == '"' && chars[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
    Some((open + 1..chars.len()).find(|&at| closes(at)).map_or(chars.len(), |at| at + 1 + hashes))
}

/// The line, from 1, in which byte `at` lies.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Bytes at which `word` stands alone: no letter, digit or underscore touches it.
pub(super) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

#[test]
fn comments_and_strings_are_blanked() {
    let cases = [
        ("a // b\nc", "a     \nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e", "a                   e"),
        (r#"x("fn { \" }") y"#, r#"x("fn { \" }") y"#, r#"x(           ) y"#),
        ("r#\"a\"b\"# z", "r#\"a\"b\"# z", "         z"),
        ("br\"\\\" z", "br\"\\\" z", "      z"),
        ("'\"' 'a f::<'a>()", "'\"' 'a f::<'a>()", "    'a f::<'a>()"),
        (r"'\'' x", r"'\'' x", "     x"),
        ("\"// no comment\" // one", "\"// no comment\"       ", "                      "),
        ("for r in rows", "for r in rows", "for r in rows"),
    ];
    for (source, no_comments, code) in cases {
        assert_eq!(blanked(source, Blank::Comments), no_comments, "{source}");
        assert_eq!(blanked(source, Blank::CommentsAndStrings), code, "{source}");
    }
}

#[test]
fn words_stand_alone() {
    assert_eq!(words("fn often fn_x xfn fn", "fn").collect::<Vec<_>>(), [0, 18]);
    assert_eq!(line_of("a\nb\nc", 4), 3);
}
