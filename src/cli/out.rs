//! What is printed for whoever ran the command.

use std::io::Write as _;

/// Prints a line. A reader that has gone away (`| head`) has seen enough, and there is nobody to be told.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
